using Holdfast.Engine.Basics;

namespace Holdfast.Engine.Backup;

/// <summary>What to call a backup and what to compare it with.</summary>
public sealed record BackupRequest
{
    public required BackupId Id { get; init; }

    /// <summary>The volume's id in the catalog, or the source's path where there is no catalog. Parents are looked for among backups of the
    /// same volume.</summary>
    public required string Volume { get; init; }

    /// <summary>A restore point of the same volume to compare with, or null to compare with none.</summary>
    public BackupId? Parent { get; init; }

    /// <summary>Whether a device that says, by its content stamp, that nothing changed since the parent may be believed. Default
    /// true.</summary>
    public bool TrustContentStamp { get; init; } = true;

    /// <summary>
    /// Whether what the repository already holds of this volume is read and verified before it is counted on; what does not verify is
    /// stored anew. Default false.
    /// </summary>
    public bool VerifyStored { get; init; }

    /// <summary>How a consistent view was taken: <c>none</c> (crash consistent at best).</summary>
    public string Consistency { get; init; } = "none";

    /// <summary>What a lost catalog is rebuilt from: name, project, policy, … Kept in the manifest as they are.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
}

/// <summary>How far a backup is. Bytes of the volume.</summary>
public readonly record struct BackupProgress(long BytesDone, long BytesTotal, long BytesStored);

/// <summary>What a backup did. Bytes; chunks of the repository's chunk size.</summary>
public sealed record BackupFigures
{
    /// <summary>Bytes of the device that were read (holes and an unchanged device are not).</summary>
    public required long BytesRead { get; init; }

    /// <summary>Plain bytes of chunks that no earlier backup had.</summary>
    public required long BytesNew { get; init; }

    /// <summary>Bytes that were added to the repository, map and index included.</summary>
    public required long BytesStored { get; init; }

    public required long ChunksTotal { get; init; }

    public required long ChunksZero { get; init; }

    public required long ChunksNew { get; init; }

    /// <summary>Chunks that differ from the parent's at the same place (all that are not zero where there is no parent).</summary>
    public required long ChunksChanged { get; init; }
}

/// <summary>A restore point as its manifest tells it. Spec: docs/format/repository-v1.md, section 8.</summary>
public sealed record Manifest
{
    public required BackupId Id { get; init; }

    public required string Volume { get; init; }

    /// <summary>Name of the device that was read.</summary>
    public required string Source { get; init; }

    /// <summary>Size of the volume in bytes.</summary>
    public required long VolumeSize { get; init; }

    public required int ChunkSize { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required DateTimeOffset FinishedAt { get; init; }

    public required string Consistency { get; init; }

    public BackupId? Parent { get; init; }

    public required BackupFigures Figures { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>Hex id of the map's root; all zeros for a volume of zeros.</summary>
    public required string Root { get; init; }

    /// <summary>Levels of the map's tree above the chunks.</summary>
    public required int Levels { get; init; }

    /// <summary>What the device said of its content at the time of the backup, or null.</summary>
    public string? ContentStamp { get; init; }
}
