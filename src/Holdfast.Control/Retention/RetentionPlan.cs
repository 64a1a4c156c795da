using System.Globalization;
using Holdfast.Control.Backups;
using Holdfast.Control.Policies;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Retention;

/// <summary>A backup that retention decides on: made by the policy, of the volume, and available.</summary>
/// <param name="Number">Its place among the volume's backups: what was made later has a higher one.</param>
/// <param name="CreatedAt">What the clock said, right or wrong.</param>
public sealed record RetentionCandidate(BackupId Id, long Number, string? Name, DateTimeOffset CreatedAt)
{
    public static RetentionCandidate Of(Backup backup) => new(backup.Id, backup.Number, backup.Name, backup.CreatedAt);
}

/// <summary>What becomes of a backup, and why, in plain words, e.g. "one of the newest 7" or "older than 30 days".</summary>
public sealed record RetentionDecision(BackupId Backup, string? Name, DateTimeOffset CreatedAt, bool Keep, string Reason);

/// <summary>
/// What a policy's retention says of one volume's backups. Pure: printing it is the dry run. Which came later is told by their numbers, not
/// by a clock: one that was wrong for a day must not make good backups look old, nor one look new for years. The newest is never dropped.
/// </summary>
public static class RetentionPlan
{
    /// <summary>Decides on every backup of the list, in the order of their numbers.</summary>
    /// <param name="offset">Of the policy's time zone: the calendar by which a month begins.</param>
    /// <param name="backups">In any order.</param>
    public static IReadOnlyList<RetentionDecision> Make(
        RetentionRule retention,
        TimeSpan offset,
        IEnumerable<RetentionCandidate> backups,
        DateTimeOffset now
    )
    {
        var oldestFirst = backups.OrderBy(b => b.Number).ToList();
        var times = TimesOf(oldestFirst, now);
        var first = retention.KeepFirstOfMonth ? oldestFirst.Find(b => IsInMonthOf(now, times[b.Id], offset)) : null;
        var month = first is null ? "" : FirstOf(times[first.Id], offset);
        return (retention.Count, retention.Days) switch
        {
            ({ } count, _) => ByCount(oldestFirst, count, first, month),
            (_, { } days) => ByAge(oldestFirst, days, first, month, times, now),
            _ => throw new ArgumentException("A retention has a count or a number of days.", nameof(retention)),
        };
    }

    /// <summary>
    /// When each was made, as far as it can be known. A time that has not come yet is wrong: that backup was made before the next one whose
    /// time may be right, or by now. A time before that of an earlier backup is wrong, or the earlier one's is: the later of both is taken,
    /// so that nothing is dropped too soon.
    /// </summary>
    private static Dictionary<BackupId, DateTimeOffset> TimesOf(List<RetentionCandidate> oldestFirst, DateTimeOffset now)
    {
        var times = new Dictionary<BackupId, DateTimeOffset>(oldestFirst.Count);
        var latest = DateTimeOffset.MinValue;
        foreach (var backup in oldestFirst.Where(backup => backup.CreatedAt <= now))
        {
            latest = backup.CreatedAt > latest ? backup.CreatedAt : latest;
            times[backup.Id] = latest;
        }

        var next = now;
        foreach (var backup in Enumerable.Reverse(oldestFirst))
        {
            next = times.TryGetValue(backup.Id, out var known) ? known : next;
            times[backup.Id] = next;
        }

        return times;
    }

    /// <summary>The oldest go until <paramref name="count"/> are left. The protected one counts, but does not go.</summary>
    private static List<RetentionDecision> ByCount(
        List<RetentionCandidate> oldestFirst,
        int count,
        RetentionCandidate? first,
        string month
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
                            : $"the {month} takes its place among {count}"
                    )
                );
                continue;
            }

            decisions.Add(Keep(backup, i >= oldestFirst.Count - count ? $"one of the newest {count}" : month));
        }

        return decisions;
    }

    /// <summary>What is older goes, but for the protected one, and for the newest: a volume that is not backed up any more keeps its last
    /// backup.</summary>
    private static List<RetentionDecision> ByAge(
        List<RetentionCandidate> oldestFirst,
        int days,
        RetentionCandidate? first,
        string month,
        Dictionary<BackupId, DateTimeOffset> times,
        DateTimeOffset now
    ) =>
        [
            .. oldestFirst.Select(
                (backup, i) =>
                    (backup, i == oldestFirst.Count - 1) switch
                    {
                        (var b, _) when now - times[b.Id] <= TimeSpan.FromDays(days) => Keep(b, $"not older than {days} days"),
                        (var b, _) when b == first => Keep(b, month),
                        (var b, true) => Keep(b, "the newest"),
                        (var b, _) => Drop(b, $"older than {days} days"),
                    }
            ),
        ];

    private static bool IsInMonthOf(DateTimeOffset now, DateTimeOffset made, TimeSpan offset)
    {
        var (today, day) = (now.ToOffset(offset), made.ToOffset(offset));
        return (today.Year, today.Month) == (day.Year, day.Month);
    }

    private static string FirstOf(DateTimeOffset made, TimeSpan offset) =>
        $"first of {made.ToOffset(offset).ToString("MMMM yyyy", CultureInfo.InvariantCulture)}";

    private static RetentionDecision Keep(RetentionCandidate backup, string reason) =>
        new(backup.Id, backup.Name, backup.CreatedAt, Keep: true, reason);

    private static RetentionDecision Drop(RetentionCandidate backup, string reason) =>
        new(backup.Id, backup.Name, backup.CreatedAt, Keep: false, reason);
}
