using System.Globalization;
using Holdfast.Control.Policies;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Retention;

/// <summary>A backup that retention decides on: made by the policy, of the volume, and available.</summary>
public sealed record RetentionCandidate(BackupId Id, string? Name, DateTimeOffset CreatedAt);

/// <summary>What becomes of a backup, and why, in plain words, e.g. "one of the newest 7" or "older than 30 days".</summary>
public sealed record RetentionDecision(BackupId Backup, string? Name, DateTimeOffset CreatedAt, bool Keep, string Reason);

/// <summary>What a policy's retention says of one volume's backups. Pure: printing it is the dry run.</summary>
public static class RetentionPlan
{
    /// <summary>Decides on every backup of the list, oldest first.</summary>
    /// <param name="offset">Of the policy's time zone: the calendar by which a month begins.</param>
    /// <param name="backups">In any order.</param>
    public static IReadOnlyList<RetentionDecision> Make(
        RetentionRule retention,
        TimeSpan offset,
        IEnumerable<RetentionCandidate> backups,
        DateTimeOffset now
    )
    {
        // Ids of equal times compare as they are written, as everywhere in the catalog.
        var oldestFirst = backups.OrderBy(b => b.CreatedAt).ThenBy(b => b.Id.ToString(), StringComparer.Ordinal).ToList();
        var first = retention.KeepFirstOfMonth ? oldestFirst.Find(b => IsInMonthOf(now, b, offset)) : null;
        return (retention.Count, retention.Days) switch
        {
            ({ } count, _) => ByCount(oldestFirst, count, first, offset),
            (_, { } days) => ByAge(oldestFirst, days, first, offset, now),
            _ => throw new ArgumentException("A retention has a count or a number of days.", nameof(retention)),
        };
    }

    /// <summary>The oldest go until <paramref name="count"/> are left. The protected one counts, but does not go.</summary>
    private static List<RetentionDecision> ByCount(
        List<RetentionCandidate> oldestFirst,
        int count,
        RetentionCandidate? first,
        TimeSpan offset
    )
    {
        var excess = oldestFirst.Count - count;
        var decisions = new List<RetentionDecision>(oldestFirst.Count);
        for (var i = 0; i < oldestFirst.Count; i++)
        {
            var backup = oldestFirst[i];
            var isFirst = backup == first;
            var isNewest = i == oldestFirst.Count - 1;
            if (excess > 0 && !isFirst && !isNewest)
            {
                excess--;
                decisions.Add(
                    Drop(
                        backup,
                        first is null || i < oldestFirst.Count - count
                            ? $"not one of the newest {count}"
                            : $"the {FirstOf(first, offset)} takes its place among {count}"
                    )
                );
                continue;
            }

            decisions.Add(Keep(backup, i >= oldestFirst.Count - count ? $"one of the newest {count}" : FirstOf(backup, offset)));
        }

        return decisions;
    }

    /// <summary>What is older goes, but for the protected one, and for the newest: a volume that is not backed up any more keeps its last
    /// backup.</summary>
    private static List<RetentionDecision> ByAge(
        List<RetentionCandidate> oldestFirst,
        int days,
        RetentionCandidate? first,
        TimeSpan offset,
        DateTimeOffset now
    ) =>
        [
            .. oldestFirst.Select(
                (backup, i) =>
                    (backup, i == oldestFirst.Count - 1) switch
                    {
                        (var b, _) when now - b.CreatedAt <= TimeSpan.FromDays(days) => Keep(b, $"not older than {days} days"),
                        (var b, _) when b == first => Keep(b, FirstOf(b, offset)),
                        (var b, true) => Keep(b, "the newest"),
                        (var b, _) => Drop(b, $"older than {days} days"),
                    }
            ),
        ];

    private static bool IsInMonthOf(DateTimeOffset now, RetentionCandidate backup, TimeSpan offset)
    {
        var (today, day) = (now.ToOffset(offset), backup.CreatedAt.ToOffset(offset));
        return (today.Year, today.Month) == (day.Year, day.Month);
    }

    private static string FirstOf(RetentionCandidate backup, TimeSpan offset) =>
        $"first of {backup.CreatedAt.ToOffset(offset).ToString("MMMM yyyy", CultureInfo.InvariantCulture)}";

    private static RetentionDecision Keep(RetentionCandidate backup, string reason) =>
        new(backup.Id, backup.Name, backup.CreatedAt, Keep: true, reason);

    private static RetentionDecision Drop(RetentionCandidate backup, string reason) =>
        new(backup.Id, backup.Name, backup.CreatedAt, Keep: false, reason);
}
