using System.CommandLine;
using Holdfast.Client;
using Holdfast.Running;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Policies;

/// <summary>Schedule and retention as <c>policy create</c> and <c>policy update</c> take them. Bounds are the service's to check.</summary>
internal sealed class PolicyScheduleOptions
{
    private readonly Option<string?> _startTime = new("--start-time")
    {
        HelpName = "HH:00[,HH:00…]",
        Description = "Full hours in UTC at which the policy fires, like 22:00 or 06:00,18:00.",
    };
    private readonly Option<int?> _frequency = CommonOptions.Number<int>(
        "--frequency",
        "DAYS",
        "Fire every so many days, counted from the first of the month."
    );
    private readonly Option<string?> _week = new("--week")
    {
        HelpName = "DAY[,DAY…]",
        Description = "Fire on these weekdays: MON,TUE,WED,THU,FRI,SAT,SUN.",
    };
    private readonly Option<int?> _keepCount = CommonOptions.Number<int>("--keep-count", "N", "Keep the newest N backups of each volume.");
    private readonly Option<int?> _keepDays = CommonOptions.Number<int>("--keep-days", "DAYS", "Keep backups for so many days.");
    private readonly Option<bool?> _keepFirst = new("--keep-first-of-month")
    {
        Description = "Keep the first backup of the current month in any case.",
    };
    private readonly Option<string?> _timeZone = new("--time-zone")
    {
        HelpName = "UTC±HH:MM",
        Description = "Where days and weekdays begin, like UTC+02:00 (UTC).",
    };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _startTime, _frequency, _week, _keepCount, _keepDays, _keepFirst, _timeZone })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>What was given; <see cref="ScheduleRequest.None"/> where nothing was.</summary>
    public ScheduleRequest ReadSchedule(ParseResult parse)
    {
        Exclusive(parse, _frequency, _week);
        Exclusive(parse, _keepCount, _keepDays);
        return new ScheduleRequest
        {
            StartTime = parse.GetValue(_startTime),
            Frequency = parse.GetValue(_frequency),
            WeekFrequency = parse.GetValue(_week) is { } week
                ? [.. week.Split(',', StringSplitOptions.TrimEntries).Select(day => day.ToUpperInvariant())]
                : null,
            KeepCount = parse.GetValue(_keepCount),
            KeepDays = parse.GetValue(_keepDays),
            KeepFirstOfMonth = parse.GetValue(_keepFirst) is { } keep ? (keep ? "Y" : "N") : null,
        };
    }

    public string? ReadTimeZone(ParseResult parse) => parse.GetValue(_timeZone);

    private static void Exclusive(ParseResult parse, Option one, Option other)
    {
        if (parse.GetResult(one) is { Implicit: false } && parse.GetResult(other) is { Implicit: false })
        {
            throw new UsageException($"{one.Name} and {other.Name} exclude each other; give one of them.");
        }
    }
}
