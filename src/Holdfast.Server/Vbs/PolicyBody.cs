using System.Text.Json;
using System.Text.RegularExpressions;
using Holdfast.Control.Policies;
using Holdfast.Server.Errors;
using Holdfast.Server.Http;

namespace Holdfast.Server.Vbs;

/// <summary>Reads the body that makes or changes a policy, and refuses the first thing that is wrong with it, in the order of the contract's table.</summary>
internal static partial class PolicyBody
{
    private const int MaxNameLength = 64;

    /// <summary>The whole policy: what is mandatory must be there.</summary>
    public static PolicyDraft ReadDraft(JsonElement body)
    {
        if (body.EnumerateObject().Any() is false)
        {
            throw VbsErrors.EmptyObject("backup_policy_name");
        }

        var change = ReadChange(body);
        var schedule = body.ObjectMember("scheduled_policy");
        if (schedule is null || !schedule.Value.EnumerateObject().Any())
        {
            throw VbsErrors.EmptyObject("scheduled_policy");
        }

        return new PolicyDraft
        {
            Name = change.Name ?? throw VbsErrors.NameLength(),
            Enabled = (change.StartTime is null ? throw VbsErrors.StartTime("is missing") : change.Enabled) ?? throw VbsErrors.Status(""),
            Schedule = new Schedule
            {
                StartTime = change.StartTime,
                Frequency = change.Frequency,
                Weekdays = change.Frequency is null ? change.Weekdays ?? throw VbsErrors.Interval("give 'frequency' or 'week_frequency'") : null,
                TimeZone = change.TimeZone,
            },
            Retention = new Retention
            {
                Count = change.RetentionCount,
                Days = change.RetentionCount is null ? change.RetentionDays ?? throw VbsErrors.Retention("give 'rentention_num' or 'rentention_day'") : null,
                KeepFirstOfMonth = change.KeepFirstOfMonth ?? false,
            },
            Tags = TagReading.ReadAll(body.ArrayMember("tags") ?? [], PolicyTags.Most, VbsErrors.Tag, VbsErrors.TooManyTags),
        };
    }

    /// <summary>Any part of a policy; what is absent stays as it is.</summary>
    public static PolicyChange ReadChange(JsonElement body)
    {
        RefuseAngleBrackets(body);
        var schedule = body.ObjectMember("scheduled_policy") ?? default;
        var inSchedule = schedule.ValueKind == JsonValueKind.Object;
        var change = new PolicyChange { Name = ReadName(body.TextMember("backup_policy_name")), TimeZone = ReadTimeZone(body.TextMember("time_zone")) };
        return inSchedule ? ReadSchedule(schedule, change) : change;
    }

    private static PolicyChange ReadSchedule(JsonElement schedule, PolicyChange change)
    {
        var startTime = ReadStartTime(schedule.TextMember("start_time"));
        var enabled = schedule.TextMember("status") switch
        {
            null => (bool?)null,
            "ON" => true,
            "OFF" => false,
            var other => throw VbsErrors.Status(other),
        };
        var keepFirst = schedule.TextMember("remain_first_backup_of_curMonth") switch
        {
            null => (bool?)null,
            "Y" => true,
            "N" => false,
            var other => throw VbsErrors.KeepFirst(other),
        };

        // Of a pair the first wins; the second is looked at for its type only.
        var (frequencyGiven, weekGiven) = (schedule.NumberMember("frequency"), schedule.ArrayMember("week_frequency"));
        var (countGiven, daysGiven) = (schedule.NumberMember("rentention_num"), schedule.NumberMember("rentention_day"));
        return change with
        {
            StartTime = startTime,
            Enabled = enabled,
            KeepFirstOfMonth = keepFirst,
            Frequency = Whole(frequencyGiven, 1, 30, VbsErrors.Interval, "'frequency' is a whole number of days from 1 to 30"),
            Weekdays = frequencyGiven is null && weekGiven is not null ? ReadWeekdays(weekGiven) : CheckTexts(weekGiven),
            RetentionCount = Whole(countGiven, 2, 99, VbsErrors.Retention, "'rentention_num' is a whole number from 2 to 99"),
            RetentionDays = countGiven is null ? Whole(daysGiven is { } days ? Math.Floor(days) : null, 2, 99_999, VbsErrors.Retention, "'rentention_day' is a number of days from 2 to 99999") : null,
        };
    }

    private static string? ReadName(string? name)
    {
        if (name is null)
        {
            return null;
        }

        if (name.Length is 0 or > MaxNameLength)
        {
            throw VbsErrors.NameLength();
        }

        if (!NamePattern().IsMatch(name))
        {
            throw VbsErrors.Name("is made of letters, digits, '_' and '-'");
        }

        return name.StartsWith("default", StringComparison.OrdinalIgnoreCase) && name != "defaultPolicy" ? throw VbsErrors.Name("must not begin with 'default'") : name;
    }

    private static string? ReadStartTime(string? text) => text is null || Schedule.TryParseStartTime(text, out _)
        ? text
        : throw VbsErrors.StartTime($"is 1 to 24 different full hours in UTC like 22:00,00:00, without blanks, not '{text}'");

    private static string? ReadTimeZone(string? text) => text is null || Schedule.TryParseTimeZone(text, out _) ? text : throw VbsErrors.TimeZone(text);

    private static int? Whole(double? value, int least, int most, Func<string, ApiException> refuse, string what) => value switch
    {
        null => null,
        { } number when number >= least && number <= most && number == Math.Floor(number) => (int)number,
        _ => throw refuse(what),
    };

    private static List<DayOfWeek> ReadWeekdays(IReadOnlyList<JsonElement> elements)
    {
        CheckTexts(elements);
        var days = new List<DayOfWeek>();
        foreach (var element in elements)
        {
            var text = RequestBody.TextOf(element, "week_frequency");
            if (!Schedule.TryParseWeekday(text, out var day) || days.Contains(day))
            {
                throw VbsErrors.Interval($"'week_frequency' holds different ones of SUN MON TUE WED THU FRI SAT, not '{text}'");
            }

            days.Add(day);
        }

        return days.Count > 0 ? days : throw VbsErrors.Interval("'week_frequency' is empty");
    }

    private static List<DayOfWeek>? CheckTexts(IReadOnlyList<JsonElement>? elements) => elements?.All(e => e.ValueKind == JsonValueKind.String) ?? true
        ? null
        : throw VbsErrors.Malformed("'week_frequency' is not an array of strings");

    /// <summary>No text of a request may hold them, wherever it is.</summary>
    private static void RefuseAngleBrackets(JsonElement json, string name = "body")
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.String when RequestBody.TextOf(json, name).AsSpan().IndexOfAny('<', '>') >= 0:
                throw VbsErrors.AngleBrackets(name);
            case JsonValueKind.Object:
                foreach (var member in json.EnumerateObject())
                {
                    RefuseAngleBrackets(member.Value, RequestBody.NameOf(member));
                }

                break;
            case JsonValueKind.Array:
                foreach (var element in json.EnumerateArray())
                {
                    RefuseAngleBrackets(element, name);
                }

                break;
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9_-]{1,64}\z")]
    private static partial Regex NamePattern();
}
