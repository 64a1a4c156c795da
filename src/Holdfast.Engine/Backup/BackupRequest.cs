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

    /// <summary>The rising number of the backup among its volume's, from the catalog; null where there is none: then the engine takes the
    /// next.</summary>
    public long? Number { get; init; }

    /// <summary>What a lost catalog is rebuilt from: name, project, policy, … Kept in the manifest as they are.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
}

/// <summary>How far a backup is. Bytes of the volume.</summary>
public readonly record struct BackupProgress(long BytesDone, long BytesTotal, long BytesStored);
