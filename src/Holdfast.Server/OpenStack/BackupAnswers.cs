using System.Text.Json.Serialization;
using Holdfast.Server.Http;

namespace Holdfast.Server.OpenStack;

/// <summary>A backup, member for member as Cinder shows it at the microversion that was asked for; under <c>/v2</c> as contract section
/// 6.5 has it.</summary>
internal sealed record BackupAnswer
{
    public required string Id { get; init; }

    public required string Status { get; init; }

    /// <summary>GiB of the volume, rounded up.</summary>
    public required long Size { get; init; }

    /// <summary>Backups share what is stored, so none has objects of its own: always 0.</summary>
    public int ObjectCount { get; init; }

    public required string AvailabilityZone { get; init; }

    public string? Container { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? UpdatedAt { get; init; }

    public string? Name { get; init; }

    public string? Description { get; init; }

    public string? FailReason { get; init; }

    public required string VolumeId { get; init; }

    public required IReadOnlyList<LinkAnswer> Links { get; init; }

    public required bool IsIncremental { get; init; }

    /// <summary>Every backup can be deleted without any other: always false.</summary>
    public bool HasDependentBackups { get; init; }

    public string? SnapshotId { get; init; }

    public required DateTimeOffset DataTimestamp { get; init; }

    /// <summary>From 3.43 on.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    /// <summary>Under <c>/v2</c>: a JSON document as a text.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ServiceMetadata { get; init; }

    /// <summary>Under <c>/v2</c>.</summary>
    [JsonPropertyName("os-bak-tenant-attr:tenant_id")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TenantId { get; init; }

    /// <summary>From 3.18 on, for admins.</summary>
    [JsonPropertyName("os-backup-project-attr:project_id")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ProjectId { get; init; }

    [JsonPropertyName("holdfast:volume_bytes")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? VolumeBytes { get; init; }

    [JsonPropertyName("holdfast:bytes_read")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Maybe<long?> BytesRead { get; init; }

    [JsonPropertyName("holdfast:bytes_new")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Maybe<long?> BytesNew { get; init; }

    [JsonPropertyName("holdfast:bytes_stored")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Maybe<long?> BytesStored { get; init; }

    [JsonPropertyName("holdfast:policy_id")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Maybe<string> PolicyId { get; init; }

    [JsonPropertyName("holdfast:fail_code")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Maybe<string> FailCode { get; init; }

    [JsonPropertyName("holdfast:number")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Number { get; init; }

    [JsonPropertyName("holdfast:consistency")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Maybe<string> Consistency { get; init; }

    [JsonPropertyName("holdfast:last_verdict")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Maybe<VerdictAnswer> LastVerdict { get; init; }
}

/// <param name="By"><c>backup</c>, <c>restore</c>, <c>check</c> or <c>drill</c>.</param>
internal sealed record VerdictAnswer(DateTimeOffset At, string By, bool Ok, string? Reason);

internal sealed record BackupEnvelope(BackupAnswer Backup);

internal sealed record BackupSummaryEnvelope(SummaryAnswer Backup);

internal sealed record BackupListAnswer(IReadOnlyList<BackupAnswer> Backups)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<LinkAnswer>? BackupsLinks { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Count { get; init; }
}

internal sealed record BackupSummariesAnswer(IReadOnlyList<SummaryAnswer> Backups)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<LinkAnswer>? BackupsLinks { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Count { get; init; }
}

internal sealed record RestoreAnswer(string BackupId, string VolumeId, string? VolumeName);

internal sealed record RestoreEnvelope(RestoreAnswer Restore);
