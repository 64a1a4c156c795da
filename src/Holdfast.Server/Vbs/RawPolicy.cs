using System.Text.Json;
using Holdfast.Server.Http;

namespace Holdfast.Server.Vbs;

/// <summary>The members of a policy's body as they were sent: each of the type that it must have, and looked at no further.</summary>
internal sealed record RawPolicy
{
    public string? Name { get; private init; }

    public string? TimeZone { get; private init; }

    public IReadOnlyList<RawTag> Tags { get; private init; } = [];

    /// <summary>Whether there is a schedule with anything in it.</summary>
    public bool HasSchedule { get; private init; }

    public string? StartTime { get; private init; }

    public string? Status { get; private init; }

    public string? KeepFirst { get; private init; }

    public double? Frequency { get; private init; }

    public IReadOnlyList<string>? Weekdays { get; private init; }

    public double? RetentionCount { get; private init; }

    public double? RetentionDays { get; private init; }

    /// <summary>Refuses any member of a wrong type, also one that would lose to the other of its pair.</summary>
    /// <param name="withTags">A change has none: its tags are passed over, whatever they are.</param>
    public static RawPolicy Read(JsonElement body, bool withTags)
    {
        var raw = new RawPolicy
        {
            Name = body.TextMember("backup_policy_name"),
            TimeZone = body.TextMember("time_zone"),
            Tags = withTags ? TagReading.Read(body.ArrayMember("tags")) : [],
        };
        return body.ObjectMember("scheduled_policy") is { } schedule ? raw.WithSchedule(schedule) : raw;
    }

    private RawPolicy WithSchedule(JsonElement schedule) =>
        this with
        {
            HasSchedule = schedule.EnumerateObject().Any(),
            StartTime = schedule.TextMember("start_time"),
            Status = schedule.TextMember("status"),
            KeepFirst = schedule.TextMember("remain_first_backup_of_curMonth"),
            Frequency = schedule.NumberMember("frequency"),
            Weekdays = schedule.ArrayMember("week_frequency")?.Select(TextOf).ToList(),
            RetentionCount = schedule.NumberMember("rentention_num"),
            RetentionDays = schedule.NumberMember("rentention_day"),
        };

    private static string TextOf(JsonElement element) =>
        element.ValueKind == JsonValueKind.String
            ? RequestBody.TextOf(element, "week_frequency")
            : throw VbsErrors.Malformed("'week_frequency' is not an array of strings");
}
