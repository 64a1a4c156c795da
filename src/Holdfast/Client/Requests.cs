using System.Text.Json.Serialization;

namespace Holdfast.Client;

/// <summary>A policy as it is made or changed. What is null is not sent: the service leaves it as it is, or takes its default.</summary>
internal sealed record PolicyRequest
{
    [JsonPropertyName("backup_policy_name")]
    public string? Name { get; init; }

    [JsonPropertyName("scheduled_policy")]
    public ScheduleRequest? Schedule { get; init; }

    public string? TimeZone { get; init; }

    public IReadOnlyList<TagRequest>? Tags { get; init; }
}

/// <summary>When a policy fires and what it keeps, under the names that the contract has for it.</summary>
internal sealed record ScheduleRequest
{
    public static readonly ScheduleRequest None = new();

    /// <summary>Full hours in UTC, like <c>06:00,18:00</c>.</summary>
    public string? StartTime { get; init; }

    /// <summary>In days.</summary>
    public int? Frequency { get; init; }

    /// <summary><c>MON</c> to <c>SUN</c>.</summary>
    public IReadOnlyList<string>? WeekFrequency { get; init; }

    [JsonPropertyName("rentention_num")]
    public int? KeepCount { get; init; }

    [JsonPropertyName("rentention_day")]
    public int? KeepDays { get; init; }

    /// <summary><c>Y</c> or <c>N</c>.</summary>
    [JsonPropertyName("remain_first_backup_of_curMonth")]
    public string? KeepFirstOfMonth { get; init; }

    /// <summary><c>ON</c> or <c>OFF</c>.</summary>
    public string? Status { get; init; }
}

/// <summary>A tag; one that is taken away has no value.</summary>
internal sealed record TagRequest(string Key, string? Value = null);

/// <param name="Action"><c>create</c> or <c>delete</c>.</param>
internal sealed record TagsRequest(string Action, IReadOnlyList<TagRequest> Tags);

/// <summary>A question for policies by their tags and name.</summary>
internal sealed record PoliciesRequest
{
    /// <summary><c>filter</c> or <c>count</c>.</summary>
    public required string Action { get; init; }

    public int? Limit { get; init; }

    public int? Offset { get; init; }

    public IReadOnlyList<TagCondition>? Tags { get; init; }

    public IReadOnlyList<TagCondition>? TagsAny { get; init; }

    public IReadOnlyList<TagCondition>? NotTags { get; init; }

    public IReadOnlyList<TagCondition>? NotTagsAny { get; init; }

    public IReadOnlyList<TagRequest>? Matches { get; init; }
}

/// <summary>A tag by its key and, where there are any, one of the values.</summary>
internal sealed record TagCondition(string Key, IReadOnlyList<string> Values);

/// <param name="BackupPolicyId">Null where the address names the policy.</param>
internal sealed record ResourcesRequest(IReadOnlyList<ResourceRequest> Resources, string? BackupPolicyId);

internal sealed record ResourceRequest(string ResourceId)
{
    public string ResourceType { get; } = "volume";
}

internal sealed record BackupRequest(BackupMembers Backup);

internal sealed record BackupMembers
{
    public string? VolumeId { get; init; }

    public string? Name { get; init; }

    public string? Description { get; init; }

    public IReadOnlyList<TagRequest>? Tags { get; init; }

    public BackupExtension? ExtendParam { get; init; }
}

/// <param name="FullBackup"><c>true</c> or <c>false</c>, as a text.</param>
internal sealed record BackupExtension([property: JsonPropertyName("FullBackup")] string FullBackup);

internal sealed record RestoreOverRequest(RestoreOverMembers Restore);

internal sealed record RestoreOverMembers(string VolumeId);

internal sealed record RestoreRequest(string Target, bool Overwrite);

internal sealed record VolumeRequest(VolumeMembers Volume);

internal sealed record VolumeMembers
{
    public string? Name { get; init; }

    public string? Description { get; init; }

    /// <summary>In GiB.</summary>
    public int? Size { get; init; }

    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    public string? BackupId { get; init; }

    /// <summary>Of a volume that is there already: the one host there is.</summary>
    public string? Host { get; init; }

    /// <summary>Of a volume that is there already: where.</summary>
    public VolumeReference? Ref { get; init; }

    [JsonPropertyName("holdfast:accept_device")]
    public bool? AcceptDevice { get; init; }
}

internal sealed record VolumeReference([property: JsonPropertyName("source-name")] string SourceName);

/// <summary>The service forgets a volume, whose bytes stay.</summary>
internal sealed record UnmanageRequest
{
    [JsonPropertyName("os-unmanage")]
    public NoMembers Unmanage { get; } = new();
}

internal sealed record NoMembers;

/// <summary>A volume becomes larger.</summary>
internal sealed record ExtendRequest([property: JsonPropertyName("os-extend")] ExtendMembers Extend);

/// <param name="NewSize">In GiB.</param>
internal sealed record ExtendMembers(int NewSize);

/// <summary>A volume or a backup is said to be in a state.</summary>
internal sealed record StatusRequest([property: JsonPropertyName("os-reset_status")] StatusMembers Reset);

internal sealed record StatusMembers(string Status);

/// <summary>What another service knows of a backup, as its export answered it.</summary>
internal sealed record RecordRequest([property: JsonPropertyName("backup-record")] RecordMembers Record);

internal sealed record RecordMembers(string BackupService, string BackupUrl);

internal sealed record ShareRequest(ShareMembers Shared);

internal sealed record ShareMembers(string BackupId, IReadOnlyList<string> ToProjectIds);

internal sealed record QuotaRequest(QuotaMembers QuotaSet);

/// <summary>-1 is no bound; null leaves a bound as it is.</summary>
internal sealed record QuotaMembers
{
    public long? Backups { get; init; }

    public long? BackupGigabytes { get; init; }

    public long? Volumes { get; init; }

    /// <summary>GiB of the volumes.</summary>
    public long? Gigabytes { get; init; }
}

/// <summary>Bytes a second; null leaves what is set, and so it does with the hours, of which an empty text is the whole day.</summary>
internal sealed record LimitsRequest(
    long? ReadBytesPerSecond,
    long? StoreWriteBytesPerSecond,
    long? StoreReadBytesPerSecond,
    string? Hours
);
