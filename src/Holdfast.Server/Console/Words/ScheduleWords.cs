using Holdfast.Control;
using Holdfast.Control.Policies;

namespace Holdfast.Server.Console.Words;

/// <summary>What a schedule and a retention mean, as a sentence.</summary>
public static class ScheduleWords
{
    public const int Firings = 10;

    /// <summary>The days as a week has them here, Monday first.</summary>
    public static IReadOnlyList<DayOfWeek> Week { get; } =
        [.. Enum.GetValues<DayOfWeek>().Skip(1), DayOfWeek.Sunday];

    public static string Of(Schedule schedule)
    {
        var hours = Schedule.TryParseStartTime(schedule.StartTime, out var parsed) ? parsed.Order().ToList() : [];
        var zone = schedule.Offset == TimeSpan.Zero ? "" : $" Days are counted in {schedule.TimeZone}.";
        var times = Join([.. hours.Select(hour => $"{hour:00}:00")]);
        return $"{DaysOf(schedule)} at {times} UTC.{zone}";
    }

    public static string Of(RetentionRule retention) =>
        (
            retention.Count is { } count
                ? $"The newest {count} backups of each volume are kept"
                : $"Each backup is kept for {Figures.Number(retention.Days ?? 0)} days, and the newest in any case"
        ) + (retention.KeepFirstOfMonth ? "; so is the first of the current month." : ".");

    /// <summary>The next instants at which it is due.</summary>
    public static IReadOnlyList<DateTimeOffset> Next(Schedule schedule, DateTimeOffset after)
    {
        var next = new List<DateTimeOffset>(Firings);
        while (next.Count < Firings)
        {
            next.Add(after = schedule.NextAfter(after));
        }

        return next;
    }

    private static string DaysOf(Schedule schedule)
    {
        if (schedule.Weekdays is { } days)
        {
            return days.Distinct().Count() == 7
                ? "Every day"
                : $"Every {Join([.. Week.Where(days.Contains).Select(day => day.ToString())])}";
        }

        var step = schedule.Frequency ?? 1;
        var dates = Enumerable.Range(0, 31).Select(i => 1 + (i * step)).TakeWhile(date => date <= 31).ToList();
        return step == 1 ? "Every day"
            : dates.Count == 1 ? "On the 1st of each month"
            : $"Every {step} days, counted anew each month (on the {Join([.. dates.Select(date => Ordinals.Of(date))])})";
    }

    private static string Join(IReadOnlyList<string> words) =>
        words.Count <= 1 ? string.Concat(words) : $"{string.Join(", ", words.SkipLast(1))} and {words[^1]}";
}
