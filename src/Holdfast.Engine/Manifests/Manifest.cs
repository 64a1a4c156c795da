using Holdfast.Engine.Basics;
using Holdfast.Engine.Devices;
using Holdfast.Engine.Format;

namespace Holdfast.Engine.Manifests;

/// <summary>Words for what a backup is worth. They are on disk.</summary>
public static class Consistency
{
    /// <summary>Nothing was written to the volume while it was read.</summary>
    public const string AtRest = "at-rest";

    /// <summary>The volume was written to while it was read, or whether it was could not be told.</summary>
    public const string Live = "live";
}

/// <summary>Words for how it was found what changed. They are on disk.</summary>
public static class ChangesFound
{
    /// <summary>Everything that may hold data was read.</summary>
    public const string Reading = "reading";

    /// <summary>The device said that nothing changed; nothing was read.</summary>
    public const string Stamp = "stamp";
}

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

    /// <summary>The repository's era when it was put. Set by whoever puts it.</summary>
    public long Era { get; init; } = RepositoryConfig.FirstEra;

    public required string Volume { get; init; }

    /// <summary>Name of the device that was read.</summary>
    public required string Source { get; init; }

    /// <summary>Size of the volume in bytes.</summary>
    public required long VolumeSize { get; init; }

    public required int ChunkSize { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required DateTimeOffset FinishedAt { get; init; }

    /// <summary>What the backup is worth: see <see cref="Manifests.Consistency"/>.</summary>
    public required string Consistency { get; init; }

    /// <summary>Rises from each backup of a volume to the next, whatever the clock says. From 1.</summary>
    public required long Number { get; init; }

    /// <summary>What identified the device that was read, or null.</summary>
    public DeviceIdentity? Device { get; init; }

    /// <summary>How it was found what changed since the parent: see <see cref="Manifests.ChangesFound"/>.</summary>
    public required string ChangesFound { get; init; }

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
