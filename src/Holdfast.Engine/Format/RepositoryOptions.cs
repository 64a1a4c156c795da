namespace Holdfast.Engine.Format;

/// <summary>How a repository is laid out; fixed when it is made, except the owner.</summary>
public sealed record RepositoryOptions
{
    /// <summary>Bytes a chunk: a power of two from 16 KiB to 4 MiB. Default 64 KiB.</summary>
    public int ChunkSize { get; init; } = 64 * 1024;

    /// <summary>How hard writers compress. Default <see cref="Compression.Default"/>.</summary>
    public Compression Compression { get; init; } = Compression.Default;

    /// <summary>Who alone may write offline: the id of the service that owns the repository, or null.</summary>
    public string? Owner { get; init; }

    /// <summary>Stored bytes at which a pack is closed. Smaller ones only serve tests.</summary>
    internal int PackSize { get; init; } = RepositoryConfig.DefaultPackSize;

    /// <summary>How a repository is laid out that was made so.</summary>
    internal static RepositoryOptions Of(RepositoryConfig config, Compression compression) =>
        new()
        {
            ChunkSize = config.ChunkSize,
            Compression = compression,
            Owner = config.Owner,
            PackSize = config.PackSize,
        };

    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    internal void ThrowIfInvalid()
    {
        if (!Chunks.ChunkGrid.IsChunkSize(ChunkSize))
            throw new ArgumentOutOfRangeException(nameof(ChunkSize), ChunkSize, "A chunk is a power of two from 16 KiB to 4 MiB.");

        _ = Compression.Name();
        ArgumentOutOfRangeException.ThrowIfLessThan(PackSize, RepositoryConfig.MinPackSize);
    }
}

/// <summary>What a repository holds. Sizes in bytes as stored.</summary>
public sealed record RepositoryStats(
    int Backups,
    int DataPacks,
    int MapPacks,
    long DataBytes,
    long MapBytes,
    long IndexBytes,
    long ManifestBytes
)
{
    public long TotalBytes => DataBytes + MapBytes + IndexBytes + ManifestBytes;
}
