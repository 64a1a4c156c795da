using Holdfast.Control.Catalog;

namespace Holdfast.Control.Audit;

/// <summary>What was found when the audit log was gone through.</summary>
/// <param name="Events">How many there are.</param>
/// <param name="FirstBroken">Number of the first event that is not as it was written, or not where it was; null where all are.</param>
/// <param name="Why">What is wrong with it; null where nothing is.</param>
/// <param name="Head">The last event as the log has it.</param>
/// <param name="Compared">What the newest export of the catalog says was the last event when it was made, and was compared; null where
/// there was none to compare.</param>
public sealed record AuditVerdict(long Events, long? FirstBroken, string? Why, AuditHead Head, AuditHead? Compared)
{
    public bool IsSound => FirstBroken is null;
}

/// <summary>Goes through the audit log from its first event: numbers without a gap, each hash that of its row, each row's predecessor the
/// one before it, the last one the head.</summary>
public sealed class AuditVerification(CatalogDatabase database)
{
    private const string PageSql =
        $"SELECT {AuditStore.Columns} FROM audit_event a WHERE a.number > @after ORDER BY a.number LIMIT 500";
    private const string CountSql = "SELECT count(*) FROM audit_event";

    /// <param name="exported">The last event as it stands in the newest export of the catalog; null for none.</param>
    public async Task<AuditVerdict> RunAsync(AuditHead? exported, CancellationToken cancel)
    {
        // One moment: events that are added meanwhile are not looked at.
        await using var tx = await database.BeginReadingAsync(cancel);
        var head = await AuditStore.FindHeadAsync(tx, cancel);
        var last = new AuditHead(0, AuditRow.NoHash);
        var (broken, why) = ((long?)null, (string?)null);
        long after = long.MinValue;
        while (broken is null)
        {
            var rows = await tx.QueryAsync<AuditStore.Row>(PageSql, new { after }, cancel);
            if (rows.Count == 0)
            {
                break;
            }

            foreach (var row in rows.Select(row => row.ToRow()))
            {
                (broken, why) = FindFault(row, last, exported);
                if (broken is not null)
                {
                    break;
                }

                (last, after) = (new AuditHead(row.Number, row.Hash), row.Number);
            }
        }

        if (broken is null)
        {
            (broken, why) = FindFaultAtEnd(last, head, exported);
        }

        return new AuditVerdict(await tx.FindAsync<long>(CountSql, null, cancel), broken, why, head ?? last, exported);
    }

    private static (long? Broken, string? Why) FindFault(AuditRow row, AuditHead last, AuditHead? exported) =>
        row.Number != last.Number + 1
            ? row.Number <= last.Number || row.Number < 1
                ? (row.Number, $"Event {row.Number} was inserted.")
                : (last.Number + 1, $"Event {last.Number + 1} is missing; the next that is there is {row.Number}.")
        : row.Previous != last.Hash
            ? (row.Number, $"Event {row.Number} does not follow what stands before it: it was moved or inserted, or what is before it was.")
        : AuditRow.HashOf(row.Number, row.At, row.Event, row.Previous) != row.Hash ? (row.Number, $"Event {row.Number} was changed.")
        : exported is not null && exported.Number == row.Number && exported.Hash != row.Hash
            ? (row.Number, $"Event {row.Number} is not the one that the newest export of the catalog knows: the log was written anew.")
        : (null, null);

    private static (long? Broken, string? Why) FindFaultAtEnd(AuditHead last, AuditHead? head, AuditHead? exported) =>
        head is null ? (last.Number + 1, "The head of the log is missing.")
        : head != last
            ? (last.Number + 1, $"The log ends with event {last.Number}, and its head says that event {head.Number} is the last, with "
                + "another hash or number: events at its end were removed or changed.")
        : exported is not null && exported.Number > last.Number
            ? (last.Number + 1, $"The log ends with event {last.Number}, and the newest export of the catalog knows event "
                + $"{exported.Number}: events at its end were removed.")
        : (null, null);
}
