using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Holdfast.Server.OpenStack;

/// <summary>What <c>backup_url</c> carries as base64: which restore point of which repository, and what its manifest does not say. No
/// secret: whoever has it needs the repository and its key.</summary>
internal sealed record BackupRecord
{
    /// <summary>The version that is written and read.</summary>
    public const int Known = 1;

    /// <summary>Every member there is.</summary>
    public static readonly string[] Members =
    [
        "version",
        "id",
        "manifest",
        "repository",
        "size",
        "volume_id",
        "name",
        "description",
        "container",
        "metadata",
        "volume_type",
        "availability_zone",
        "volume_metadata",
    ];

    public required int Version { get; init; }

    /// <summary>What the backup will be called where it is imported.</summary>
    public required string Id { get; init; }

    /// <summary>The restore point that is looked for.</summary>
    public required string Manifest { get; init; }

    public required string Repository { get; init; }

    /// <summary>GiB, rounded up. For whoever reads the record: an import takes it, as the volume, from the manifest.</summary>
    public required long Size { get; init; }

    public required string VolumeId { get; init; }

    public string? Name { get; init; }

    public string? Description { get; init; }

    public string? Container { get; init; }

    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    public string? VolumeType { get; init; }

    public string? AvailabilityZone { get; init; }

    public required IReadOnlyDictionary<string, string> VolumeMetadata { get; init; }
}

internal sealed record BackupRecordAnswer(string BackupService, string BackupUrl);

internal sealed record BackupRecordEnvelope([property: JsonPropertyName("backup-record")] BackupRecordAnswer BackupRecord);

/// <summary>How answers about lists, actions and records are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(BackupRecord))]
[JsonSerializable(typeof(BackupRecordEnvelope))]
[JsonSerializable(typeof(ExtensionListAnswer))]
[JsonSerializable(typeof(ExtensionEnvelope))]
[JsonSerializable(typeof(ResourceFiltersAnswer))]
[JsonSerializable(typeof(ImageListAnswer))]
[JsonSerializable(typeof(TagsAnswer))]
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class OpenStackListsJson : JsonSerializerContext;
