namespace Holdfast.Control.Policies;

/// <summary>A row of <c>policy</c>. Not read straight into the record: schedule and retention are made of its columns.</summary>
internal sealed class PolicyRow
{
    public const string Columns = """
        p.id AS Id, p.project_id AS ProjectId, p.name AS Name, p.is_default AS IsDefault, p.enabled AS Enabled,
        p.start_time AS StartTime, p.frequency AS Frequency, p.week_frequency AS WeekFrequency, p.retention_count AS RetentionCount,
        p.retention_days AS RetentionDays, p.keep_first_of_month AS KeepFirstOfMonth,
        p.time_zone AS TimeZone, p.next_fire_at AS NextFireAt, p.created_at AS CreatedAt, p.updated_at AS UpdatedAt
        """;

    public string Id { get; set; } = "";

    public string ProjectId { get; set; } = "";

    public string Name { get; set; } = "";

    public int IsDefault { get; set; }

    public int Enabled { get; set; }

    public string StartTime { get; set; } = "";

    public int? Frequency { get; set; }

    public string? WeekFrequency { get; set; }

    public int? RetentionCount { get; set; }

    public int? RetentionDays { get; set; }

    public int KeepFirstOfMonth { get; set; }

    public string? TimeZone { get; set; }

    public long? NextFireAt { get; set; }

    public long CreatedAt { get; set; }

    public long UpdatedAt { get; set; }

    public static object ParametersOf(Policy policy) =>
        new
        {
            id = policy.Id.ToString(),
            project = policy.Project.Value,
            name = policy.Name,
            isDefault = policy.IsDefault ? 1 : 0,
            enabled = policy.Enabled ? 1 : 0,
            startTime = policy.Schedule.StartTime,
            frequency = policy.Schedule.Frequency,
            weekFrequency = policy.Schedule.Weekdays is { } days ? string.Join(',', days.Select(Schedule.NameOf)) : null,
            retentionCount = policy.Retention.Count,
            retentionDays = policy.Retention.Days,
            keepFirst = policy.Retention.KeepFirstOfMonth ? 1 : 0,
            timeZone = policy.Schedule.TimeZone,
            nextFireAt = policy.NextFireAt?.ToUnixTimeMilliseconds(),
            created = policy.CreatedAt.ToUnixTimeMilliseconds(),
            updated = policy.UpdatedAt.ToUnixTimeMilliseconds(),
        };

    public Policy ToPolicy(int volumes, IReadOnlyDictionary<string, string> tags) =>
        new()
        {
            Id = PolicyId.Parse(Id, null),
            Project = new ProjectId(ProjectId),
            Name = Name,
            IsDefault = IsDefault != 0,
            Enabled = Enabled != 0,
            Schedule = new Schedule
            {
                StartTime = StartTime,
                Frequency = Frequency,
                Weekdays = WeekFrequency is null ? null : [.. WeekFrequency.Split(',').Select(ParseDay)],
                TimeZone = TimeZone,
            },
            Retention = new RetentionRule
            {
                Count = RetentionCount,
                Days = RetentionDays,
                KeepFirstOfMonth = KeepFirstOfMonth != 0,
            },
            NextFireAt = NextFireAt is { } next ? DateTimeOffset.FromUnixTimeMilliseconds(next) : null,
            CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(CreatedAt),
            UpdatedAt = DateTimeOffset.FromUnixTimeMilliseconds(UpdatedAt),
            VolumeCount = volumes,
            Tags = tags,
        };

    private static DayOfWeek ParseDay(string name) =>
        Schedule.TryParseWeekday(name, out var day)
            ? day
            : throw new InvalidOperationException($"The catalog holds '{name}' as a weekday.");
}
