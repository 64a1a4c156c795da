using System.Text.Json.Serialization;
using Holdfast.Server.Http;

namespace Holdfast.Server.OpenStack;

/// <summary>A volume, member for member as Cinder shows it at the microversion that was asked for.</summary>
internal sealed record VolumeAnswer
{
    public required string Id { get; init; }

    public required string Status { get; init; }

    /// <summary>GiB.</summary>
    public required int Size { get; init; }

    public required string AvailabilityZone { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? UpdatedAt { get; init; }

    public string? Name { get; init; }

    public string? Description { get; init; }

    public required string VolumeType { get; init; }

    public string? SnapshotId { get; init; }

    public string? SourceVolid { get; init; }

    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    public required IReadOnlyList<LinkAnswer> Links { get; init; }

    public required string UserId { get; init; }

    /// <summary>A text, not a boolean.</summary>
    public string Bootable { get; init; } = "false";

    public bool Encrypted { get; init; }

    public string? ReplicationStatus { get; init; }

    public string? ConsistencygroupId { get; init; }

    public bool Multiattach { get; init; }

    /// <summary>Nothing here attaches volumes: always empty.</summary>
    public IReadOnlyList<string> Attachments { get; init; } = [];

    /// <summary>For admins.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Maybe<string> MigrationStatus { get; init; }

    /// <summary>From 3.13 on.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Maybe<string> GroupId { get; init; }

    /// <summary>From 3.21 on, for admins.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Maybe<string> ProviderId { get; init; }

    /// <summary>The metadata under the cloud's name, on its paths alone.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    /// <summary>In answers to GET, for admins.</summary>
    [JsonPropertyName("os-vol-host-attr:host")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Host { get; init; }

    /// <summary>In answers to GET.</summary>
    [JsonPropertyName("os-vol-tenant-attr:tenant_id")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TenantId { get; init; }

    /// <summary>In answers to GET, for admins.</summary>
    [JsonPropertyName("os-vol-mig-status-attr:migstat")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Maybe<string> Migstat { get; init; }

    /// <summary>In answers to GET, for admins.</summary>
    [JsonPropertyName("os-vol-mig-status-attr:name_id")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Maybe<string> NameId { get; init; }

    /// <summary>Where its device is on the service's machine: for admins, who name devices by it; others get null.</summary>
    [JsonPropertyName("holdfast:source")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Maybe<string> Source { get; init; }

    [JsonPropertyName("holdfast:size_bytes")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? SizeBytes { get; init; }

    [JsonPropertyName("holdfast:managed")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Managed { get; init; }

    [JsonPropertyName("holdfast:identity")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Maybe<IdentityAnswer> Identity { get; init; }

    [JsonPropertyName("holdfast:last_proof")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Maybe<ProofAnswer> LastProof { get; init; }
}

/// <summary>When a drill last proved that the volume can be restored, and from which backup.</summary>
internal sealed record ProofAnswer(DateTimeOffset At, string? BackupId);

/// <summary>What identifies a volume's device. All but kind and size may be null.</summary>
internal sealed record IdentityAnswer
{
    public required string Kind { get; init; }

    public string? Wwn { get; init; }

    public string? Serial { get; init; }

    public string? PartitionUuid { get; init; }

    public string? FileSystemUuid { get; init; }

    public string? FileSystem { get; init; }

    public long? Inode { get; init; }

    public string? BackingFile { get; init; }

    /// <summary>Bytes.</summary>
    public required long Size { get; init; }
}

internal sealed record VolumeEnvelope(VolumeAnswer Volume);

internal sealed record SummaryAnswer(string Id, string? Name, IReadOnlyList<LinkAnswer> Links);

internal sealed record VolumeListAnswer(IReadOnlyList<VolumeAnswer> Volumes)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<LinkAnswer>? VolumesLinks { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Count { get; init; }
}

internal sealed record VolumeSummariesAnswer(IReadOnlyList<SummaryAnswer> Volumes)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<LinkAnswer>? VolumesLinks { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Count { get; init; }
}

/// <param name="TotalSize">GiB.</param>
internal sealed record VolumeTotalsAnswer(long TotalCount, long TotalSize)
{
    /// <summary>From 3.36 on: each key with all values that any volume has of it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Metadata { get; init; }
}

internal sealed record VolumeTotalsEnvelope([property: JsonPropertyName("volume-summary")] VolumeTotalsAnswer Totals);

internal sealed record MetadataAnswer(IReadOnlyDictionary<string, string> Metadata);

internal sealed record MetadataItemAnswer(IReadOnlyDictionary<string, string> Meta);
