using Holdfast.Control.Catalog;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Retention;

/// <summary>What the last evaluation of a policy's retention said of each backup, and why.</summary>
public sealed class RetentionRecords(CatalogDatabase database, TimeProvider clock)
{
    private const string SaveSql = """
        INSERT INTO retention_decision (backup_id, backup_name, policy_id, volume_id, kept, reason, decided_at)
        VALUES (@backup, @name, @policy, @volume, @kept, @reason, @now)
        ON CONFLICT (backup_id) DO UPDATE SET kept = excluded.kept, reason = excluded.reason, policy_id = excluded.policy_id, decided_at = excluded.decided_at
        WHERE retention_decision.kept <> excluded.kept OR retention_decision.reason <> excluded.reason OR retention_decision.policy_id <> excluded.policy_id
        """;

    private const string ForgetKeptSql = """
        DELETE FROM retention_decision WHERE policy_id = @policy AND volume_id = @volume AND kept = 1
          AND NOT EXISTS (SELECT 1 FROM backup b WHERE b.id = retention_decision.backup_id)
        """;

    private const string RemoveSql =
        "DELETE FROM retention_decision WHERE backup_id IN (SELECT backup_id FROM retention_decision WHERE kept = 0 AND decided_at < "
            + "@before ORDER BY decided_at LIMIT @most)";

    private const string ListSql =
        "SELECT backup_id AS BackupId, backup_name AS BackupName, volume_id AS VolumeId, kept AS Kept, reason AS Reason, decided_at AS "
            + "DecidedAt FROM retention_decision "
        + "WHERE policy_id = @policy ORDER BY decided_at DESC, backup_id DESC LIMIT @limit";

    /// <summary>The newest decisions of a policy, kept and dropped; newest first.</summary>
    public async Task<IReadOnlyList<RetentionRecord>> ListAsync(PolicyId policy, int limit, CancellationToken cancel) =>
        [.. (await database.ReadAllAsync<Row>(ListSql, new { policy = policy.ToString(), limit }, cancel)).Select(row => row.ToRecord())];

    internal async Task SaveAsync(
        CatalogTransaction tx,
        PolicyId policy,
        VolumeId volume,
        IEnumerable<RetentionDecision> decisions,
        CancellationToken cancel
    )
    {
        foreach (var decision in decisions)
        {
            await tx.ExecuteAsync(
                SaveSql,
                new
                {
                    backup = decision.Backup.ToString(),
                    name = decision.Name,
                    policy = policy.ToString(),
                    volume = volume.ToString(),
                    kept = decision.Keep ? 1 : 0,
                    reason = decision.Reason,
                    now = clock.GetUtcNow().ToUnixTimeMilliseconds(),
                },
                cancel
            );
        }

        await tx.ExecuteAsync(ForgetKeptSql, new { policy = policy.ToString(), volume = volume.ToString() }, cancel);
    }

    /// <summary>Removes old decisions on dropped backups, at most so many. Returns how many.</summary>
    internal async Task<int> RemoveDroppedAsync(DateTimeOffset before, int most, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        var removed = await tx.ExecuteAsync(RemoveSql, new { before = before.ToUnixTimeMilliseconds(), most }, cancel);
        await tx.CommitAsync(cancel);
        return removed;
    }

    private sealed class Row
    {
        public string BackupId { get; set; } = "";

        public string? BackupName { get; set; }

        public string VolumeId { get; set; } = "";

        public long Kept { get; set; }

        public string Reason { get; set; } = "";

        public long DecidedAt { get; set; }

        public RetentionRecord ToRecord() =>
            new(
                Engine.Basics.BackupId.Parse(BackupId, null),
                BackupName,
                Control.VolumeId.Parse(VolumeId, null),
                Kept == 1,
                Reason,
                DateTimeOffset.FromUnixTimeMilliseconds(DecidedAt)
            );
    }
}

/// <summary>A decision that was carried out.</summary>
public sealed record RetentionRecord(
    BackupId Backup,
    string? Name,
    VolumeId Volume,
    bool Kept,
    string Reason,
    DateTimeOffset DecidedAt
);
