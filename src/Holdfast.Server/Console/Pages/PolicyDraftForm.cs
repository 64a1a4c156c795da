using System.Globalization;
using System.Text.Json.Nodes;
using Holdfast.Control.Policies;
using Holdfast.Server.Console.Words;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Console.Pages;

/// <summary>A policy as somebody fills it in: what the fields hold, and what that means.</summary>
public sealed record PolicyDraftForm
{
    public string Name { get; init; } = "";

    /// <summary>Full hours in UTC.</summary>
    public IReadOnlySet<int> Hours { get; init; } = new HashSet<int> { 22 };

    public bool ByWeekday { get; init; }

    public string Frequency { get; init; } = "1";

    public IReadOnlySet<DayOfWeek> Weekdays { get; init; } = new HashSet<DayOfWeek>();

    public string TimeZone { get; init; } = "UTC+00:00";

    public bool ByDays { get; init; }

    public string Count { get; init; } = "14";

    public string Days { get; init; } = "30";

    public bool KeepFirstOfMonth { get; init; }

    public bool Enabled { get; init; } = true;

    public static PolicyDraftForm Of(Policy policy) =>
        new()
        {
            Name = policy.Name,
            Hours = Schedule.TryParseStartTime(policy.Schedule.StartTime, out var hours) ? hours.ToHashSet() : [],
            ByWeekday = policy.Schedule.Weekdays is not null,
            Frequency = Text(policy.Schedule.Frequency ?? 1),
            Weekdays = (policy.Schedule.Weekdays ?? []).ToHashSet(),
            TimeZone = policy.Schedule.TimeZone ?? "UTC+00:00",
            ByDays = policy.Retention.Days is not null,
            Count = Text(policy.Retention.Count ?? 14),
            Days = Text(policy.Retention.Days ?? 30),
            KeepFirstOfMonth = policy.Retention.KeepFirstOfMonth,
            Enabled = policy.Enabled,
        };

    internal static PolicyDraftForm Of(IFormCollection form) =>
        new()
        {
            Name = form["name"].ToString(),
            Hours = form["hour"].Select(hour => Number(hour)).OfType<int>().Where(hour => hour < 24).ToHashSet(),
            ByWeekday = form["days"] == "week",
            Frequency = form["frequency"].ToString(),
            Weekdays = form["weekday"]
                .Select(day => Schedule.TryParseWeekday(day ?? "", out var parsed) ? parsed : (DayOfWeek?)null)
                .OfType<DayOfWeek>()
                .ToHashSet(),
            TimeZone = form["time_zone"].ToString().Trim(),
            ByDays = form["keep"] == "days",
            Count = form["count"].ToString(),
            Days = form["keep_days"].ToString(),
            KeepFirstOfMonth = form["first"] == "Y",
            Enabled = form["enabled"] == "ON",
        };

    /// <summary>Null where the fields make no schedule; then the words say why.</summary>
    public (Schedule? Schedule, string? Trouble) ReadSchedule()
    {
        var schedule = new Schedule
        {
            StartTime = StartTime,
            Frequency = ByWeekday ? null : Number(Frequency) ?? 0,
            Weekdays = ByWeekday ? [.. ScheduleWords.Week.Where(Weekdays.Contains)] : null,
            TimeZone = TimeZone.Length == 0 ? null : TimeZone,
        };
        try
        {
            schedule.ThrowIfInvalid();
            return (schedule, null);
        }
        catch (ArgumentException e)
        {
            return (null, Hours.Count == 0 ? "Choose at least one hour." : e.Message);
        }
    }

    public (RetentionRule? Rule, string? Trouble) ReadRetention()
    {
        var rule = new RetentionRule
        {
            Count = ByDays ? null : Number(Count) ?? 0,
            Days = ByDays ? Number(Days) ?? 0 : null,
            KeepFirstOfMonth = KeepFirstOfMonth,
        };
        try
        {
            rule.ThrowIfInvalid();
            return (rule, null);
        }
        catch (ArgumentException e)
        {
            return (null, e.Message);
        }
    }

    /// <summary>As the API takes it; what makes no sense is sent as it is, and refused there in its own words.</summary>
    internal JsonObject ToJson()
    {
        var schedule = new JsonObject
        {
            ["start_time"] = StartTime,
            ["remain_first_backup_of_curMonth"] = KeepFirstOfMonth ? "Y" : "N",
            ["status"] = Enabled ? "ON" : "OFF",
        };
        if (ByWeekday)
        {
            schedule["week_frequency"] = new JsonArray([
                .. ScheduleWords.Week.Where(Weekdays.Contains).Select(day => (JsonNode)Schedule.NameOf(day)),
            ]);
        }
        else
        {
            schedule["frequency"] = Number(Frequency) ?? 0;
        }

        schedule[ByDays ? "rentention_day" : "rentention_num"] = Number(ByDays ? Days : Count) ?? 0;
        var policy = new JsonObject { ["backup_policy_name"] = Name, ["scheduled_policy"] = schedule };
        if (TimeZone.Length > 0)
        {
            policy["time_zone"] = TimeZone;
        }

        return policy;
    }

    private string StartTime => string.Join(',', Hours.Order().Select(hour => $"{hour:00}:00"));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static int? Number(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
