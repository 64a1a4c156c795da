using System.Globalization;
using System.Text.RegularExpressions;

namespace Holdfast.Control.Policies;

/// <summary>
/// When a policy is due: full hours in UTC, on days that are active by the calendar of a fixed offset. Pure. An interval of N days is
/// anchored to the month: the days 1, 1+N, 1+2N, … and again from the first of the next month (the product's rule, whatever day the policy
/// was made).
/// </summary>
public sealed partial record Schedule
{
    /// <summary>The hours as they were given, e.g. <c>22:00,00:00</c>; kept because clients compare the text.</summary>
    public required string StartTime { get; init; }

    /// <summary>Interval in days, 1 to 30; null when <see cref="Weekdays"/> is in force.</summary>
    public int? Frequency { get; init; }

    /// <summary>Days of the week in the order given; null when <see cref="Frequency"/> is in force.</summary>
    public IReadOnlyList<DayOfWeek>? Weekdays { get; init; }

    /// <summary>The time zone as it was given, e.g. <c>UTC+08:00</c>; null for UTC.</summary>
    public string? TimeZone { get; init; }

    /// <summary>What is added to UTC for the local calendar.</summary>
    public TimeSpan Offset =>
        TimeZone is null ? TimeSpan.Zero
        : TryParseTimeZone(TimeZone, out var offset) ? offset
        : throw new ArgumentException($"'{TimeZone}' is no time zone of a schedule.");

    /// <summary>The first instant strictly after another at which the policy is due.</summary>
    public DateTimeOffset NextAfter(DateTimeOffset instant) => InstantsAfter(instant).First();

    /// <summary>All instants after one and up to another, that one included, in order.</summary>
    public IEnumerable<DateTimeOffset> Slots(DateTimeOffset after, DateTimeOffset upTo) =>
        InstantsAfter(after).TakeWhile(slot => slot <= upTo);

    /// <summary>Whether both are due at the same instants, however they are spelled: hours and weekdays are sets, and no time zone is
    /// UTC.</summary>
    public bool HasSlotsOf(Schedule other) =>
        Hours().SetEquals(other.Hours())
        && Offset == other.Offset
        && Frequency == other.Frequency
        && (Weekdays ?? []).ToHashSet().SetEquals(other.Weekdays ?? []);

    /// <summary>Refuses what can never be due, or is due by two rules at once.</summary>
    /// <exception cref="ArgumentException">No hours, no such time zone, not exactly one of interval and weekdays, or an interval outside 1
    /// to 30.</exception>
    public void ThrowIfInvalid()
    {
        if (!TryParseStartTime(StartTime, out _))
        {
            throw new ArgumentException($"'{StartTime}' is no start time of a schedule.");
        }

        if (TimeZone is not null && !TryParseTimeZone(TimeZone, out _))
        {
            throw new ArgumentException($"'{TimeZone}' is no time zone of a schedule.");
        }

        if (
            (Frequency is null) == (Weekdays is null)
            || Frequency is < 1 or > 30
            || Weekdays?.Count == 0
            || Weekdays?.Distinct().Count() != Weekdays?.Count
        )
        {
            throw new ArgumentException("A schedule has either an interval of 1 to 30 days or weekdays, at least one and none twice.");
        }
    }

    /// <summary>Full hours <c>HH:00</c>, 1 to 24 of them, comma-separated, none twice. No blanks.</summary>
    public static bool TryParseStartTime(string text, out IReadOnlyList<int> hours)
    {
        hours = [];
        if (!StartTimePattern().IsMatch(text))
        {
            return false;
        }

        hours = [.. text.Split(',').Select(time => int.Parse(time.AsSpan(0, 2), NumberStyles.None))];
        return hours.Distinct().Count() == hours.Count;
    }

    /// <summary><c>UTC+HH:mm</c> or <c>UTC-HH:mm</c>, from -12:00 to +14:00.</summary>
    public static bool TryParseTimeZone(string text, out TimeSpan offset)
    {
        offset = default;
        if (!TimeZonePattern().IsMatch(text))
        {
            return false;
        }

        offset = new TimeSpan(int.Parse(text.AsSpan(4, 2), NumberStyles.None), int.Parse(text.AsSpan(7, 2), NumberStyles.None), 0);
        offset = text[3] == '-' ? -offset : offset;
        return offset >= TimeSpan.FromHours(-12) && offset <= TimeSpan.FromHours(14);
    }

    /// <summary><c>SUN MON TUE WED THU FRI SAT</c>.</summary>
    public static bool TryParseWeekday(string text, out DayOfWeek day)
    {
        var index = Array.IndexOf(WeekdayNames, text);
        day = (DayOfWeek)Math.Max(0, index);
        return index >= 0;
    }

    public static string NameOf(DayOfWeek day) => WeekdayNames[(int)day];

    private static readonly string[] WeekdayNames = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

    private IEnumerable<DateTimeOffset> InstantsAfter(DateTimeOffset instant)
    {
        ThrowIfInvalid(); // a schedule without an active day would be looked through for ever
        var offset = Offset;
        var times = Hours().Select(hour => LocalTimeOf(hour, offset)).Order().ToList();
        for (var date = DateOnly.FromDateTime((instant + offset).UtcDateTime); ; date = date.AddDays(1))
        {
            if (!IsActive(date))
            {
                continue;
            }

            foreach (var time in times)
            {
                var due = new DateTimeOffset(date.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero) + time - offset;
                if (due > instant)
                {
                    yield return due;
                }
            }
        }
    }

    private HashSet<int> Hours() => TryParseStartTime(StartTime, out var hours) ? [.. hours] : [];

    private static TimeSpan LocalTimeOf(int utcHour, TimeSpan offset)
    {
        var ticks = (TimeSpan.FromHours(utcHour) + offset).Ticks % TimeSpan.TicksPerDay;
        return TimeSpan.FromTicks(ticks < 0 ? ticks + TimeSpan.TicksPerDay : ticks);
    }

    private bool IsActive(DateOnly date) =>
        Frequency is { } days ? (date.Day - 1) % days == 0 : Weekdays?.Contains(date.DayOfWeek) ?? false;

    [GeneratedRegex(@"\A([01][0-9]|2[0-3]):00(,([01][0-9]|2[0-3]):00){0,23}\z")]
    private static partial Regex StartTimePattern();

    [GeneratedRegex(@"\AUTC[+-](0[0-9]|1[0-4]):[0-5][0-9]\z")]
    private static partial Regex TimeZonePattern();
}
