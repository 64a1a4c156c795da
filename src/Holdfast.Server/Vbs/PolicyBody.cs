using System.Text.Json;
using System.Text.RegularExpressions;
using Holdfast.Control.Policies;
using Holdfast.Server.Http;

namespace Holdfast.Server.Vbs;

/// <summary>Reads the body that makes or changes a policy, and refuses the first thing that is wrong with it: types, what is missing,
/// '&lt;' and '&gt;', the rules of single members in the order of the table of codes, the limit of tags.</summary>
internal static partial class PolicyBody
{
    private const int MaxNameLength = 64;

    /// <summary>The whole policy: what is mandatory must be there.</summary>
    public static PolicyDraft ReadDraft(JsonElement body)
    {
        var raw = RawPolicy.Read(body, withTags: true);
        RefuseMissing(body, raw);
        RefuseAngleBrackets(body);
        var (change, tags) = Check(raw, mayBeDefault: false);
        return new PolicyDraft
        {
            Name = change.Name!, // or it was refused as missing; so are the next two
            Enabled = change.Enabled!.Value, // as above
            Schedule = new Schedule
            {
                StartTime = change.StartTime!, // as above
                Frequency = change.Frequency,
                Weekdays = change.Weekdays,
                TimeZone = change.TimeZone,
            },
            Retention = new RetentionRule
            {
                Count = change.RetentionCount,
                Days = change.RetentionDays,
                KeepFirstOfMonth = change.KeepFirstOfMonth ?? false,
            },
            Tags = tags.Count <= PolicyTags.Most ? tags : throw VbsErrors.TooManyTags(PolicyTags.Most),
        };
    }

    /// <summary>Any part of a policy; what is absent stays as it is.</summary>
    public static PolicyChange ReadChange(JsonElement body, bool isDefault)
    {
        var raw = RawPolicy.Read(body, withTags: false);
        RefuseAngleBrackets(body);
        return Check(raw, isDefault).Change;
    }

    private static void RefuseMissing(JsonElement body, RawPolicy raw)
    {
        if (string.IsNullOrEmpty(raw.Name) && body.EnumerateObject().Any())
        {
            throw VbsErrors.NameLength();
        }

        if (!raw.HasSchedule)
        {
            throw VbsErrors.EmptyObject("scheduled_policy");
        }

        if (raw.StartTime is null)
        {
            throw VbsErrors.StartTime("is missing");
        }

        if (raw.Status is null)
        {
            throw VbsErrors.Status("");
        }

        if (raw is { Frequency: null, Weekdays: null })
        {
            throw VbsErrors.Interval("give 'frequency' or 'week_frequency'");
        }

        if (raw is { RetentionCount: null, RetentionDays: null })
        {
            throw VbsErrors.Retention("give 'rentention_num' or 'rentention_day'");
        }

        TagReading.RefuseMissing(raw.Tags, VbsErrors.Tag);
    }

    private static (PolicyChange Change, Dictionary<string, string> Tags) Check(RawPolicy raw, bool mayBeDefault)
    {
        var change = CheckSchedule(raw, new PolicyChange { Name = CheckName(raw.Name, mayBeDefault) });
        var tags = TagReading.Check(raw.Tags, VbsErrors.Tag);
        return (change with { TimeZone = CheckTimeZone(raw.TimeZone) }, tags);
    }

    private static PolicyChange CheckSchedule(RawPolicy raw, PolicyChange change) =>
        change with
        {
            StartTime = CheckStartTime(raw.StartTime),
            Enabled = raw.Status switch
            {
                null => null,
                "ON" => true,
                "OFF" => false,
                var other => throw VbsErrors.Status(other),
            },
            KeepFirstOfMonth = raw.KeepFirst switch
            {
                null => null,
                "Y" => true,
                "N" => false,
                var other => throw VbsErrors.KeepFirst(other),
            },

            // Of a pair the first wins; the second was looked at for its type only.
            Frequency = Whole(raw.Frequency, 1, 30, VbsErrors.Interval, "'frequency' is a whole number of days from 1 to 30"),
            Weekdays = raw is { Frequency: null, Weekdays: { } days } ? CheckWeekdays(days) : null,
            RetentionCount = Whole(raw.RetentionCount, 2, 99, VbsErrors.Retention, "'rentention_num' is a whole number from 2 to 99"),
            RetentionDays = raw is { RetentionCount: null, RetentionDays: { } kept }
                ? Whole(Math.Floor(kept), 2, 99_999, VbsErrors.Retention, "'rentention_day' is a number of days from 2 to 99999")
                : null,
        };

    private static string? CheckName(string? name, bool mayBeDefault)
    {
        if (name is null)
        {
            return null;
        }

        if (name.Length == 0 || name.EnumerateRunes().Count() > MaxNameLength)
        {
            throw VbsErrors.NameLength();
        }

        if (!NamePattern().IsMatch(name))
        {
            throw VbsErrors.Name("is made of letters, digits, '_' and '-'");
        }

        return name.StartsWith("default", StringComparison.OrdinalIgnoreCase) && !(mayBeDefault && name == "defaultPolicy")
            ? throw VbsErrors.Name("must not begin with 'default'")
            : name;
    }

    private static string? CheckStartTime(string? text) =>
        text is null || Schedule.TryParseStartTime(text, out _)
            ? text
            : throw VbsErrors.StartTime($"is 1 to 24 different full hours in UTC like 22:00,00:00, without blanks, not '{text}'");

    private static string? CheckTimeZone(string? text) =>
        text is null || Schedule.TryParseTimeZone(text, out _) ? text : throw VbsErrors.TimeZone(text);

    private static int? Whole(double? value, int least, int most, Func<string, ApiException> refuse, string what) =>
        value switch
        {
            null => null,
            { } number when number >= least && number <= most && number == Math.Floor(number) => (int)number,
            _ => throw refuse(what),
        };

    private static List<DayOfWeek> CheckWeekdays(IReadOnlyList<string> texts)
    {
        var days = new List<DayOfWeek>();
        foreach (var text in texts)
        {
            if (!Schedule.TryParseWeekday(text, out var day) || days.Contains(day))
            {
                throw VbsErrors.Interval($"'week_frequency' holds different ones of SUN MON TUE WED THU FRI SAT, not '{text}'");
            }

            days.Add(day);
        }

        return days.Count > 0 ? days : throw VbsErrors.Interval("'week_frequency' is empty");
    }

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

    [GeneratedRegex(@"\A[A-Za-z0-9_-]+\z")]
    private static partial Regex NamePattern();
}
