using Holdfast.Control.Catalog;

namespace Holdfast.Control.Policies;

/// <summary>Which of a policy's backups of a volume are kept. Exactly one of <see cref="Count"/> and <see cref="Days"/> is in
/// force.</summary>
public sealed record RetentionRule
{
    /// <summary>How many are kept, 2 to 99.</summary>
    public int? Count { get; init; }

    /// <summary>How many days each is kept, 2 to 99,999.</summary>
    public int? Days { get; init; }

    /// <summary>Whether the first backup of the current month is kept for the month.</summary>
    public bool KeepFirstOfMonth { get; init; }

    /// <summary>Refuses what keeps nothing, or by two rules at once.</summary>
    /// <exception cref="ArgumentException">Not exactly one of count and days, or one that is out of its range.</exception>
    public void ThrowIfInvalid()
    {
        if ((Count is null) == (Days is null) || Count is < 2 or > 99 || Days is < 2 or > 99_999)
        {
            throw new ArgumentException("A retention has either a count of 2 to 99 or 2 to 99,999 days.");
        }
    }
}

/// <summary>A schedule and a retention for some volumes of a project.</summary>
public sealed record Policy
{
    public required PolicyId Id { get; init; }

    public required ProjectId Project { get; init; }

    public required string Name { get; init; }

    /// <summary>The one every project has without making it: it keeps its name and is not removed.</summary>
    public bool IsDefault { get; init; }

    /// <summary>Whether it fires and expires backups by itself.</summary>
    public required bool Enabled { get; init; }

    public required Schedule Schedule { get; init; }

    public required RetentionRule Retention { get; init; }

    /// <summary>When it fires next; null exactly while it is disabled.</summary>
    public DateTimeOffset? NextFireAt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>How many volumes are associated with it.</summary>
    public int VolumeCount { get; init; }

    /// <summary>Copied to each backup it makes.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>The last guard before the catalog; what callers may ask for is the API's to check, with its own words.</summary>
    /// <exception cref="ArgumentException">A name, tag, schedule or retention that no policy can have.</exception>
    internal void ThrowIfInvalid()
    {
        if (
            Name.Length is 0 or > 64
            || !CatalogText.CanHold(Name)
            || Tags.Any(tag => !CatalogText.CanHold(tag.Key) || !CatalogText.CanHold(tag.Value))
        )
        {
            throw new ArgumentException("A policy's name has 1 to 64 characters; it and the tags are text.");
        }

        Schedule.ThrowIfInvalid();
        Retention.ThrowIfInvalid();
    }
}

/// <summary>A policy to be made.</summary>
public sealed record PolicyDraft
{
    public required string Name { get; init; }

    public required bool Enabled { get; init; }

    public required Schedule Schedule { get; init; }

    public required RetentionRule Retention { get; init; }

    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();
}

/// <summary>What is to change of a policy; null stays as it is. A frequency replaces weekdays and the other way round, and so do the two
/// kinds of retention.</summary>
public sealed record PolicyChange
{
    public string? Name { get; init; }

    public bool? Enabled { get; init; }

    public string? StartTime { get; init; }

    public int? Frequency { get; init; }

    public IReadOnlyList<DayOfWeek>? Weekdays { get; init; }

    public string? TimeZone { get; init; }

    public int? RetentionCount { get; init; }

    public int? RetentionDays { get; init; }

    public bool? KeepFirstOfMonth { get; init; }

    internal Schedule ApplyTo(Schedule schedule) =>
        schedule with
        {
            StartTime = StartTime ?? schedule.StartTime,
            TimeZone = TimeZone ?? schedule.TimeZone,
            Frequency = Frequency ?? (Weekdays is null ? schedule.Frequency : null),
            Weekdays = Frequency is not null ? null : Weekdays ?? schedule.Weekdays,
        };

    internal RetentionRule ApplyTo(RetentionRule retention) =>
        new()
        {
            Count = RetentionCount ?? (RetentionDays is null ? retention.Count : null),
            Days = RetentionCount is not null ? null : RetentionDays ?? retention.Days,
            KeepFirstOfMonth = KeepFirstOfMonth ?? retention.KeepFirstOfMonth,
        };
}
