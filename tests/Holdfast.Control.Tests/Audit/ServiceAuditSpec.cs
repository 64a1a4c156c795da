using Holdfast.Control.Audit;
using Holdfast.Control.Backups;
using Holdfast.Control.Jobs;
using Holdfast.Control.Tests.Backups;
using Holdfast.Control.Tests.Tasks;

namespace Holdfast.Control.Tests.Audit;

/// <summary>What the service destroys by itself is in the audit log, together with what it did.</summary>
public abstract class ServiceAuditSpec : FlowSpec
{
    [Fact]
    public async Task Prune_and_the_end_of_deleted_backups_are_remembered()
    {
        World.UpkeepOptions.KeepDeletedDays = 1;
        await World.Service.CreateAsync(Project, new() { Volume = Volume.Id }, Cancel);
        await World.RunJobsAsync(Cancel);
        var backup = Assert.Single(await World.Backups.RestorePointsAsync(Volume.Id, Cancel)).Id;
        Assert.IsType<DeleteBackupOutcome.Queued>(await World.Service.DeleteAsync(Project, backup, Cancel));
        await World.RunJobsAsync(Cancel);
        Assert.Equal(1, await World.Removals.PurgeDueAsync(Bed.Now.AddDays(2), Cancel));
        await Bed.InTransactionAsync(tx => World.Jobs.QueueUpkeepAsync(tx, JobKind.Prune, "{}", Cancel));
        Assert.True(await World.UpkeepWorker.RunOnceAsync(Bed.Now, Cancel));

        var rows = await new AuditStore(Bed.Database, Bed.Clock).ListAsync(new AuditQuery { Limit = 10 }, Cancel);
        Assert.All(rows, row => Assert.Equal((AuditEvent.Service, (string?)null), (row.Event.ActorName, row.Event.ActorId)));
        Assert.Equal(["prune.end", "prune.begin", "deleted-backup.remove"], rows.Select(row => row.Event.Action));
        Assert.Equal(($"backup={backup}", (string?)Project.Value), (rows[2].Event.Target, rows[2].Event.Project));
        Assert.True((await new AuditVerification(Bed.Database).RunAsync(null, Cancel)).IsSound);
    }
}

public sealed class ServiceAuditOnSqlite(CatalogTemplates templates) : ServiceAuditSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class ServiceAuditOnPostgres(CatalogTemplates templates) : ServiceAuditSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
