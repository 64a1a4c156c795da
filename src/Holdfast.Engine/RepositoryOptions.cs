namespace Holdfast.Engine;

/// <summary>How a repository is laid out; fixed when it is made.</summary>
public sealed record RepositoryOptions
{
    /// <summary>Bytes a chunk: a power of two from 16 KiB to 4 MiB. Default 64 KiB.</summary>
    public int ChunkSize { get; init; } = 64 * 1024;

    /// <summary>zstd level, 1 to 19. Default 3.</summary>
    public int CompressionLevel { get; init; } = 3;

    /// <summary>Who alone may write offline: the id of the service that owns the repository, or null.</summary>
    public string? Owner { get; init; }
}
