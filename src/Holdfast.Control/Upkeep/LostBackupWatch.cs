using Holdfast.Control.Backups;
using Holdfast.Control.Catalog;
using Holdfast.Control.Loops;
using Holdfast.Engine;
using Holdfast.Engine.Basics;
using Microsoft.Extensions.Logging;

namespace Holdfast.Control.Upkeep;

/// <summary>
/// Looks, when the service starts and each half hour, whether the repository holds the manifests of all backups that the catalog has. Those
/// that it does not hold count as damaged from then on, and as before when they are there again: an older copy of the repository that
/// was mounted by mistake, and the newest one after it, tell nobody.
/// </summary>
internal sealed class LostBackupWatch(
    LostBackups lostBackups,
    BackupStore backups,
    CatalogDatabase database,
    Repository repository,
    TimeProvider clock,
    ILogger<LostBackupWatch> log
) : LoopService(clock, log)
{
    private const string DamagedSql = "SELECT id AS Id, verdict_by AS VerdictBy FROM backup WHERE verdict_ok = 0";

    private const string TakeBackSql = """
        UPDATE backup SET verdict_at = NULL, verdict_by = NULL, verdict_ok = NULL, verdict_reason = NULL WHERE id = @id AND verdict_by = 5
        """;

    protected override TimeSpan Interval => TimeSpan.FromMinutes(30);

    public override async Task<bool> RunOnceAsync(DateTimeOffset now, CancellationToken cancel)
    {
        // A place that is empty has lost nothing: it is not the repository.
        await repository.ThrowIfGoneAsync(cancel);
        HashSet<BackupId> there = [.. await repository.ListIdsAsync(cancel)];
        var damaged = (await database.ReadAllAsync<Row>(DamagedSql, null, cancel)).ToLookup(
            row => (VerdictBy)row.VerdictBy,
            row => BackupId.Parse(row.Id, null)
        );
        var lost = await lostBackups.FindAsync(there.Concat(damaged.SelectMany(ids => ids)).ToHashSet(), cancel);
        var back = damaged[VerdictBy.Presence].Where(there.Contains).ToList();
        if (lost.Count + back.Count == 0)
        {
            return false;
        }

        await using (var tx = await database.BeginAsync(cancel))
        {
            foreach (var one in lost)
            {
                await backups.SetVerdictAsync(tx, one.Id, VerdictBy.Presence, LostBackups.Verdict, cancel);
            }

            foreach (var id in back)
            {
                await tx.ExecuteAsync(TakeBackSql, new { id = id.ToString() }, cancel);
            }

            await tx.CommitAsync(cancel);
        }

        if (lost.Count > 0)
        {
            UpkeepLog.BackupsLost(log, lost.Count, lost[^1].Id, lost[^1].Volume);
        }

        if (back.Count > 0)
        {
            UpkeepLog.BackupsBack(log, back.Count, back[^1]);
        }

        return false;
    }

    private sealed class Row
    {
        public string Id { get; set; } = "";

        public int VerdictBy { get; set; }
    }
}
