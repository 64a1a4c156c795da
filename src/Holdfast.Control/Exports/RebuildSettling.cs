using Holdfast.Control.Catalog;
using Holdfast.Control.Tasks;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Manifests;

namespace Holdfast.Control.Exports;

/// <summary>Brings the rows of an export in line with the repository as it is found, and ends what was going on when the catalog was
/// lost.</summary>
internal sealed class RebuildSettling(CatalogTransaction tx, DateTimeOffset now)
{
    private const string LostReason =
        "The catalog was lost before this ended, and made anew from the repository. Order it again if it is wanted.";
    private const string BackupsSql = "SELECT id AS Id, status AS Status, available_at AS AvailableAt, name AS Name FROM backup";
    private const string MapSql = "UPDATE backup SET root = @root, levels = @levels, unsettled = 1 WHERE id = @id";
    private const string MadeSql = """
        UPDATE backup SET status = 2, available_at = @available, updated_at = @now, volume_bytes = @bytes, parent_id = @parent,
          bytes_read = @read, bytes_new = @fresh, bytes_stored = @stored, consistency = @consistency, root = @root, levels = @levels,
          unsettled = 1
        WHERE id = @id
        """;
    private const string DamagedSql =
        "UPDATE backup SET verdict_at = @now, verdict_by = 3, verdict_ok = 0, verdict_reason = @reason, unsettled = 1 WHERE id = @id";
    private const string EndSql =
        "UPDATE backup SET status = @status, updated_at = @now, fail_code = @code, fail_reason = @reason WHERE id = @id";
    private const string RemoveSql = "DELETE FROM backup WHERE id = @id";

    /// <summary>Which of the open jobs and tasks did what they were to do, after the export was made.</summary>
    private static readonly string[] OpenSql =
    [
        """
        UPDATE task SET status = 3, finished_at = @now,
          backup_id = coalesce(backup_id, (SELECT j.backup_id FROM job j WHERE j.id = task.job_id))
        WHERE status IN (1, 2) AND EXISTS (SELECT 1 FROM backup b WHERE b.status IN (2, 3)
          AND b.id = coalesce(task.backup_id, (SELECT j.backup_id FROM job j WHERE j.id = task.job_id)))
        """,
        "UPDATE task SET status = 4, finished_at = @now, code = @code, message = @reason WHERE status IN (1, 2)",
        """
        UPDATE job SET state = 3, finished_at = @now, begin_at = coalesce(begin_at, @now), lease_owner = NULL, lease_until = NULL
        WHERE state IN (1, 2) AND kind = 1 AND EXISTS (SELECT 1 FROM backup b WHERE b.id = job.backup_id AND b.status IN (2, 3))
        """,
        """
        UPDATE job SET state = 4, finished_at = @now, error_code = @code, fail_reason = @reason, lease_owner = NULL, lease_until = NULL
        WHERE state IN (1, 2)
        """,
        // A volume that was being written to is neither what it was nor what it was to become.
        "UPDATE volume SET status = CASE status WHEN 4 THEN 5 ELSE 1 END, updated_at = @now WHERE status IN (3, 4)",
        """
        INSERT INTO task_counter (policy_id, status, tasks)
        SELECT p.policy_id, s.status, (SELECT count(*) FROM task t WHERE t.policy_id = p.policy_id AND t.status = s.status)
        FROM (SELECT DISTINCT policy_id FROM task) p
        CROSS JOIN (SELECT 1 AS status UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6) s
        """,
        """
        INSERT INTO volume_number (volume_id, last_number) SELECT volume_id, max(number) FROM backup WHERE 1 = 1 GROUP BY volume_id
        ON CONFLICT (volume_id) DO UPDATE SET last_number =
          CASE WHEN volume_number.last_number < excluded.last_number THEN excluded.last_number ELSE volume_number.last_number END
        """,
    ];

    /// <summary>Backups of the export: those whose manifest is there are what it says, the others go.</summary>
    /// <param name="manifests">Those that count.</param>
    /// <param name="damaged">Those that are there and cannot be read, with what is wrong.</param>
    /// <returns>The ids that the export has, and those restore points that it has and the repository does not.</returns>
    public async Task<(HashSet<string> Known, IReadOnlyList<LostBackup> Lost)> SettleBackupsAsync(
        IReadOnlyDictionary<BackupId, Manifest> manifests,
        IReadOnlyDictionary<BackupId, string> damaged,
        CancellationToken cancel
    )
    {
        var (known, lost) = (new HashSet<string>(), new List<LostBackup>());
        foreach (var row in await tx.QueryAsync<Row>(BackupsSql, null, cancel))
        {
            known.Add(row.Id);
            var id = BackupId.Parse(row.Id, null);
            if (manifests.TryGetValue(id, out var manifest))
            {
                await SettleMadeAsync(row, manifest, cancel);
            }
            else if (damaged.TryGetValue(id, out var reason))
            {
                await tx.ExecuteAsync(DamagedSql, new { id = row.Id, now = NowMs, reason }, cancel);
                await EndAsync(row, cancel);
            }
            else if (row.AvailableAt is null && row.Status is 1 or 5)
            {
                await EndAsync(row, cancel);
            }
            else
            {
                await tx.ExecuteAsync(RemoveSql, new { id = row.Id }, cancel);

                // Of one that was being deleted nobody misses anything.
                if (row.Status != 4)
                {
                    lost.Add(new LostBackup(row.Id, row.Name));
                }
            }
        }

        return (known, lost);
    }

    /// <summary>Jobs, tasks and volumes that were in the middle of something; counters and numbers.</summary>
    public async Task EndOpenAsync(CancellationToken cancel)
    {
        var ends = new
        {
            now = NowMs,
            code = TaskCodes.NotHandedOver,
            reason = LostReason,
        };
        foreach (var sql in OpenSql)
        {
            await tx.ExecuteAsync(sql, ends, cancel);
        }
    }

    private async Task SettleMadeAsync(Row row, Manifest manifest, CancellationToken cancel)
    {
        if (row.Status != 1)
        {
            await tx.ExecuteAsync(
                MapSql,
                new
                {
                    id = row.Id,
                    root = manifest.Root,
                    levels = manifest.Levels,
                },
                cancel
            );
            await EndAsync(row, cancel);
            return;
        }

        await tx.ExecuteAsync(
            MadeSql,
            new
            {
                id = row.Id,
                now = NowMs,
                available = manifest.FinishedAt.ToUnixTimeMilliseconds(),
                bytes = manifest.VolumeSize,
                parent = manifest.Parent?.ToString(),
                read = manifest.Figures.BytesRead,
                fresh = manifest.Figures.BytesNew,
                stored = manifest.Figures.BytesStored,
                consistency = manifest.Consistency,
                root = manifest.Root,
                levels = manifest.Levels,
            },
            cancel
        );
    }

    /// <summary>Ends what was going on with a backup: its making failed, or its deletion.</summary>
    private async Task EndAsync(Row row, CancellationToken cancel)
    {
        if (row.Status is 1 or 4)
        {
            var (status, code) = row.Status == 1 ? (5, TaskCodes.NotHandedOver) : (7, TaskCodes.DeleteFailed);
            await tx.ExecuteAsync(
                EndSql,
                new
                {
                    id = row.Id,
                    status,
                    code,
                    now = NowMs,
                    reason = LostReason,
                },
                cancel
            );
        }
    }

    private long NowMs => now.ToUnixTimeMilliseconds();

    private sealed class Row
    {
        public string Id { get; set; } = "";

        /// <summary>As it is stored: <see cref="Backups.BackupStatus"/>.</summary>
        public int Status { get; set; }

        public long? AvailableAt { get; set; }

        public string? Name { get; set; }
    }
}

/// <summary>A backup that an export tells of and whose manifest is gone.</summary>
public sealed record LostBackup(string Id, string? Name);
