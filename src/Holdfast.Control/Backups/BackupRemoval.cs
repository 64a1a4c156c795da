using Holdfast.Control.Audit;
using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Control.Quotas;
using Holdfast.Control.Sessions;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Backups;

/// <summary>
/// What becomes of deleted backups: kept for a while, brought back, or removed for good. One that is kept is shown to nobody, counts for no
/// quota, and is no parent; its manifest and its bytes stay.
/// </summary>
public sealed class BackupRemoval(CatalogDatabase database, BackupStore backups, JobStore jobs, QuotaStore quotas, TimeProvider clock)
{
    private const string KeepSql =
        "UPDATE backup SET status = 3, kept_until = @until, updated_at = @now WHERE id = @id AND status = 4 AND available_at IS NOT NULL";

    /// <summary>Not one whose import has not ended: its manifest may not be there.</summary>
    private const string DeletedSql = $"project_id = @project AND status = 3 AND NOT {ManifestDue.OfBackup}";
    private const string FindSql = $"SELECT {BackupRow.Columns} FROM backup WHERE id = @id AND {DeletedSql}";
    private const string ListSql = $"""
        SELECT {BackupRow.Columns} FROM backup WHERE {DeletedSql} ORDER BY kept_until, id LIMIT 1000
        """;
    private const string BringBackSql = """
        UPDATE backup SET status = 2, kept_until = NULL, policy_id = NULL, updated_at = @now WHERE id = @id AND status = 3
        """;
    private const string DueSql = "SELECT id FROM backup WHERE status = 3 AND kept_until <= @now ORDER BY kept_until LIMIT 100";
    private const string EndSql =
        "UPDATE backup SET status = 4, kept_until = NULL, updated_at = @now WHERE id = @id AND status = 3 RETURNING project_id";
    private const string UnsettledSql = "SELECT unsettled FROM backup WHERE id = @id";

    /// <summary>A project's deleted backups that can be brought back, at most 1,000, those that go first before the others.</summary>
    public async Task<IReadOnlyList<Backup>> ListAsync(ProjectId project, CancellationToken cancel) =>
        [.. (await database.ReadAllAsync<BackupRow>(ListSql, new { project = project.Value }, cancel)).Select(row => row.ToBackup())];

    /// <summary>Brings a deleted backup back. It is its policy's no more: retention, which may have deleted it, leaves it alone.</summary>
    public async Task<UndeleteOutcome> UndeleteAsync(ProjectId project, BackupId id, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        var keys = new { id = id.ToString(), project = project.Value };
        if (await tx.FindAsync<BackupRow>($"{FindSql} {tx.Dialect.RowLock}", keys, cancel) is not { } row)
        {
            return new UndeleteOutcome.NoSuchBackup();
        }

        var deleted = row.ToBackup();
        if (await quotas.FindBreachAsync(tx, project, deleted.Volume, deleted.VolumeBytes, QuotaRelief.None, cancel) is { } breach)
        {
            return new UndeleteOutcome.QuotaExceeded(breach);
        }

        await tx.ExecuteAsync(BringBackSql, new { id = id.ToString(), now = NowMs() }, cancel);
        await tx.CommitAsync(cancel);
        return await backups.FindAsync(project, id, cancel) is { } backup
            ? new UndeleteOutcome.BroughtBack(backup)
            : new UndeleteOutcome.NoSuchBackup();
    }

    /// <summary>Orders a deleted backup's removal for good, before its time. Null when the project has no such deleted backup.</summary>
    public async Task<JobId?> PurgeAsync(ProjectId project, BackupId id, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        return await tx.FindAsync<string>(FindSql, new { id = id.ToString(), project = project.Value }, cancel) is null
            ? null
            : await EndAsync(tx, id, byItself: false, cancel);
    }

    /// <summary>Orders the removal of those whose time is over, at most 100. Returns how many.</summary>
    internal async Task<int> PurgeDueAsync(DateTimeOffset now, CancellationToken cancel)
    {
        var purged = 0;
        foreach (var id in await database.ReadAllAsync<string>(DueSql, new { now = now.ToUnixTimeMilliseconds() }, cancel))
        {
            await using var tx = await database.BeginAsync(cancel);
            purged += await EndAsync(tx, BackupId.Parse(id, null), byItself: true, cancel) is null ? 0 : 1;
        }

        return purged;
    }

    /// <summary>In the transaction that ends the job of its deletion.</summary>
    internal Task KeepAsync(CatalogTransaction tx, BackupId id, DateTimeOffset until, CancellationToken cancel) =>
        tx.ExecuteAsync(
            KeepSql,
            new
            {
                id = id.ToString(),
                until = until.ToUnixTimeMilliseconds(),
                now = NowMs(),
            },
            cancel
        );

    /// <summary>Whether a request for the backup's manifest, of a worker that died or got no answer, may still arrive at the
    /// store.</summary>
    internal async Task<bool> IsUnsettledAsync(BackupId id, CancellationToken cancel) =>
        await database.ReadFirstAsync<long>(UnsettledSql, new { id = id.ToString() }, cancel) != 0;

    private async Task<JobId?> EndAsync(CatalogTransaction tx, BackupId id, bool byItself, CancellationToken cancel)
    {
        if (await tx.FindAsync<string>(EndSql, new { id = id.ToString(), now = NowMs() }, cancel) is not { } project)
        {
            return null;
        }

        var job = DeleteBackupArguments.Order(JobId.New(clock), new ProjectId(project), id, forGood: true);
        await jobs.EnqueueAsync(tx, job, cancel);
        if (byItself)
        {
            var told = AuditEvent.OfService("deleted-backup.remove", project, $"backup={id}", "Its time to be brought back is over.");
            await AuditStore.AddAsync(tx, told, clock.GetUtcNow(), cancel);
        }

        await tx.CommitAsync(cancel);
        jobs.Queued.Wake();
        return job.Id;
    }

    private long NowMs() => clock.GetUtcNow().ToUnixTimeMilliseconds();
}

/// <summary>What became of an order to bring a deleted backup back.</summary>
public abstract record UndeleteOutcome
{
    private UndeleteOutcome() { }

    public sealed record BroughtBack(Backup Backup) : UndeleteOutcome;

    /// <summary>The project has no deleted backup of that id, or its time is over.</summary>
    public sealed record NoSuchBackup : UndeleteOutcome;

    public sealed record QuotaExceeded(QuotaBreach Breach) : UndeleteOutcome;
}
