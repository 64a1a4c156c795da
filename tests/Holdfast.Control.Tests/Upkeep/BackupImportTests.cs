using Holdfast.Control.Backups;
using Holdfast.Control.Quotas;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Engine.Basics;
using Holdfast.Testing;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Tests.Upkeep;

/// <summary>Imports under another id that are cut short, and prune after them: at no moment is there a manifest that no row
/// knows.</summary>
public sealed class BackupImportTests(CatalogTemplates templates) : PruneBase
{
    [Theory]
    [InlineData(FaultMode.BeforeEffect)]
    [InlineData(FaultMode.AfterEffect)]
    public async Task Cut_short_at_the_manifest_it_stops_no_prune_and_the_same_order_ends_it(FaultMode mode)
    {
        var (made, copy) = (await Flow.BackUpAsync(Bytes(1)), BackupId.New(Bed.Clock));

        await DieAsync(made, copy, mode);

        Assert.Equal(mode == FaultMode.AfterEffect, Store.Keys.Contains($"manifests/{copy}"));
        await IsHiddenAsync(copy);
        await Flow.PruneToItsEndAsync();
        await Flow.DeleteAsync(await Flow.BackUpAsync(Bytes(2)));
        await Flow.PruneToItsEndAsync();
        Assert.IsType<ImportBackupOutcome.Imported>(await ImportAsync(World, made, copy));
        Assert.Empty(await Bed.QueryAsync<string>("SELECT backup_id FROM manifest_due"));
        World.UpkeepOptions.KeepDeletedDays = 0;
        await Flow.DeleteAsync(made);
        await IsCleanAsync();
        Assert.Equal(Bytes(1), await PruneFlow.RestoreAsync(World, copy));
        Assert.IsType<ImportBackupOutcome.AlreadyExists>(await ImportAsync(World, copy, copy));
    }

    [Theory]
    [InlineData(FaultMode.BeforeEffect)]
    [InlineData(FaultMode.AfterEffect)]
    public async Task Cut_short_and_never_ordered_again_it_goes_after_a_day(FaultMode mode)
    {
        var (made, copy) = (await Flow.BackUpAsync(Bytes(1)), BackupId.New(Bed.Clock));
        await DieAsync(made, copy, mode);
        World.UpkeepOptions.KeepDeletedDays = 0;
        await Flow.DeleteAsync(made);
        await Flow.PruneToItsEndAsync();

        Assert.Equal(0, await World.Removals.PurgeDueAsync(Bed.Now.AddHours(23), Cancel));
        Assert.Equal(1, await World.Removals.PurgeDueAsync(Bed.Now.AddHours(25), Cancel));
        await World.RunJobsAsync(Cancel);

        Assert.Empty(await Bed.QueryAsync<string>("SELECT id FROM backup"));
        Assert.DoesNotContain($"manifests/{copy}", Store.Keys);
        await IsCleanAsync();
        Assert.DoesNotContain(Store.Keys, key => key.StartsWith("data/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Another_process_ends_what_one_began_and_the_late_one_changes_nothing()
    {
        var (made, copy) = (await Flow.BackUpAsync(Bytes(1)), BackupId.New(Bed.Clock));
        ImportBackupOutcome? other = null;
        OnceAt("put", "manifests/", async () => other = await ImportAsync(World, made, copy));

        var late = await ImportAsync(World, made, copy);

        Assert.IsType<ImportBackupOutcome.Imported>(other);
        Assert.IsType<ImportBackupOutcome.AlreadyExists>(late);
        Assert.Equal(Bytes(1), await PruneFlow.RestoreAsync(World, copy));
        await Flow.PruneToItsEndAsync();
    }

    [Fact]
    public async Task Where_the_restore_point_goes_before_the_copy_is_committed_nothing_is_left()
    {
        var (made, copy) = (await Flow.BackUpAsync(Bytes(1)), BackupId.New(Bed.Clock));
        await DieAsync(made, copy, FaultMode.AfterEffect);
        World.UpkeepOptions.KeepDeletedDays = 0;
        await Flow.DeleteAsync(made);

        Assert.IsType<ImportBackupOutcome.NoSuchManifest>(await ImportAsync(World, made, copy));
        await Flow.PruneToItsEndAsync();
    }

    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));

    private async Task DieAsync(BackupId made, BackupId copy, FaultMode mode)
    {
        var faulty = new FaultyObjectStore(Store, 1, mode);
        await using var dying = await Backups.World.OpenAsync(Bed, faulty, Folder, Cancel);
        var death = await Assert.ThrowsAsync<HoldfastException>(() => ImportAsync(dying, made, copy));
        Assert.Equal(FailureKind.Unavailable, death.Kind);
    }

    private async Task IsHiddenAsync(BackupId copy)
    {
        Assert.Null(await World.Backups.FindAsync(Project, copy, Cancel));
        Assert.Empty(await World.Removals.ListAsync(Project, Cancel));
        Assert.IsType<UndeleteOutcome.NoSuchBackup>(await World.Removals.UndeleteAsync(Project, copy, Cancel));
    }

    private Task<ImportBackupOutcome> ImportAsync(Backups.World world, BackupId made, BackupId copy) =>
        new BackupImport(
            Bed.Database,
            world.Backups,
            new QuotaStore(Bed.Database, Options.Create(new QuotaOptions())),
            world.Repository,
            Bed.Clock
        ).ImportAsync(Project, new ImportOrder { Id = copy, Manifest = made }, Cancel);
}
