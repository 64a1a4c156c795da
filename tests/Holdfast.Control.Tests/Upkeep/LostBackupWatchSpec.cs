using Holdfast.Control.Backups;
using Holdfast.Control.Protection;
using Holdfast.Control.Tests.Backups;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Control.Upkeep;
using Holdfast.Engine.Basics;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Control.Tests.Upkeep;

/// <summary>A repository that is not the one that the catalog remembers: files of it lost, an older copy in its place.</summary>
public abstract class LostBackupWatchSpec : FlowSpec
{
    [Fact]
    public async Task What_the_repository_does_not_hold_is_damaged_until_it_holds_it_again()
    {
        var policy = await AddPolicyAsync();
        var first = await BackUpAsync(policy);
        var second = await BackUpAsync(policy);
        await LookAsync();
        Assert.Null((await FindAsync(first)).LastVerdict);
        Assert.Null((await FindAsync(second)).LastVerdict);

        var newest = Store[$"manifests/{second}"];
        Store.Lose($"manifests/{second}");
        await LookAsync();
        var verdict = (await FindAsync(second)).LastVerdict!;
        Assert.Equal((VerdictBy.Presence, LostBackups.Verdict), (verdict.By, verdict.Reason));
        Assert.Null((await FindAsync(first)).LastVerdict);
        Assert.Equal(first, await FindGoodAsync());

        // Known already: it is not found anew at each look.
        Bed.Clock.Advance(TimeSpan.FromHours(1));
        await LookAsync();
        Assert.Equal(verdict.At, (await FindAsync(second)).LastVerdict!.At);

        Store[$"manifests/{second}"] = newest;
        await LookAsync();
        Assert.Null((await FindAsync(second)).LastVerdict);
        Assert.Equal(second, await FindGoodAsync());
    }

    [Fact]
    public async Task Where_the_repository_is_away_nothing_is_said_of_its_backups()
    {
        var backup = await BackUpAsync(await AddPolicyAsync());
        foreach (var key in Store.Keys)
        {
            Store.Lose(key);
        }

        var away = await Assert.ThrowsAsync<HoldfastException>(LookAsync);
        Assert.Equal(FailureKind.RepositoryAway, away.Kind);
        Assert.Null((await FindAsync(backup)).LastVerdict);
    }

    [Fact]
    public async Task A_backup_that_is_being_removed_is_not_lost_and_what_else_was_found_of_one_stays()
    {
        var policy = await AddPolicyAsync();
        var (removed, damaged) = (await BackUpAsync(policy), await BackUpAsync(policy));
        Assert.IsType<DeleteBackupOutcome.Queued>(await World.Service.DeleteAsync(Project, removed, Cancel));
        await using (var tx = await Bed.Database.BeginAsync(Cancel))
        {
            await World.Backups.SetVerdictAsync(tx, damaged, VerdictBy.Drill, "bytes 0 to 4095", Cancel);
            await tx.CommitAsync(Cancel);
        }

        Store.Lose($"manifests/{removed}");
        var bytes = Store[$"manifests/{damaged}"];
        Store.Lose($"manifests/{damaged}");
        await LookAsync();
        Store[$"manifests/{damaged}"] = bytes;
        await LookAsync();

        Assert.Null((await FindAsync(removed)).LastVerdict);
        Assert.Equal(VerdictBy.Drill, (await FindAsync(damaged)).LastVerdict!.By);
    }

    private async Task LookAsync()
    {
        using var watch = new LostBackupWatch(
            new LostBackups(Bed.Database, World.Repository),
            World.Backups,
            Bed.Database,
            World.Repository,
            Bed.Clock,
            NullLogger<LostBackupWatch>.Instance
        );
        Assert.False(await watch.RunOnceAsync(Bed.Now, Cancel));
    }

    private async Task<Backup> FindAsync(BackupId id) => (await World.Backups.FindAsync(Project, id, Cancel))!;

    /// <summary>The newest good backup of the volume, as the overview tells it.</summary>
    private async Task<BackupId?> FindGoodAsync() =>
        (await new ProtectionStore(Bed.Database, Bed.Clock).FindAsync(Project, Volume.Id, Cancel))!.Newest?.Id;
}

public sealed class LostBackupWatchOnSqlite(CatalogTemplates templates) : LostBackupWatchSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class LostBackupWatchOnPostgres(CatalogTemplates templates) : LostBackupWatchSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
