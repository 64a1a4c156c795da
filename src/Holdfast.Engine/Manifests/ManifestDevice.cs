using System.Text.Json.Serialization;
using Holdfast.Engine.Devices;

namespace Holdfast.Engine.Manifests;

/// <summary>A device's identity as a manifest writes it. Spec: docs/format/repository-v1.md, section 8.</summary>
internal sealed record ManifestDevice
{
    private const string FileKind = "file";
    private const string BlockDeviceKind = "block-device";

    [JsonPropertyName("kind")]
    public required string Kind { get; init; }

    [JsonPropertyName("wwn")]
    public string? Wwn { get; init; }

    [JsonPropertyName("serial")]
    public string? Serial { get; init; }

    [JsonPropertyName("partition_uuid")]
    public string? PartitionUuid { get; init; }

    [JsonPropertyName("file_system_uuid")]
    public string? FileSystemUuid { get; init; }

    [JsonPropertyName("file_system")]
    public string? FileSystem { get; init; }

    [JsonPropertyName("inode")]
    public long? Inode { get; init; }

    /// <summary>Only of a loop device.</summary>
    [JsonPropertyName("backing_file")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? BackingFile { get; init; }

    [JsonPropertyName("size")]
    public required long Size { get; init; }

    public static ManifestDevice? From(DeviceIdentity? identity) =>
        identity is null
            ? null
            : new ManifestDevice
            {
                Kind = identity.Kind == DeviceKind.File ? FileKind : BlockDeviceKind,
                Wwn = identity.Wwn,
                Serial = identity.Serial,
                PartitionUuid = identity.PartitionUuid,
                FileSystemUuid = identity.FileSystemUuid,
                FileSystem = identity.FileSystem,
                Inode = identity.Inode,
                BackingFile = identity.BackingFile,
                Size = identity.Size,
            };

    /// <summary>Null where the kind is one that this version does not know: an identity only serves to compare.</summary>
    public DeviceIdentity? ToIdentity() =>
        Kind is not (FileKind or BlockDeviceKind)
            ? null
            : new DeviceIdentity
            {
                Kind = Kind == FileKind ? DeviceKind.File : DeviceKind.BlockDevice,
                Wwn = Wwn,
                Serial = Serial,
                PartitionUuid = PartitionUuid,
                FileSystemUuid = FileSystemUuid,
                FileSystem = FileSystem,
                Inode = Inode,
                BackingFile = BackingFile,
                Size = Size,
            };
}
