namespace Holdfast.Engine.Chunks;

/// <summary>The arithmetic of a volume cut into chunks of one size; the last one is filled up with zeros.</summary>
internal readonly record struct ChunkGrid
{
    public const int MinChunkSize = 16 * 1024;
    public const int MaxChunkSize = 4 * 1024 * 1024;

    public ChunkGrid(long volumeSize, int chunkSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(volumeSize);
        if (!IsChunkSize(chunkSize))
        {
            throw new ArgumentOutOfRangeException(nameof(chunkSize), chunkSize, "A chunk is a power of two from 16 KiB to 4 MiB.");
        }

        VolumeSize = volumeSize;
        ChunkSize = chunkSize;
    }

    public long VolumeSize { get; }

    public int ChunkSize { get; }

    public long Count => (VolumeSize / ChunkSize) + (VolumeSize % ChunkSize == 0 ? 0 : 1);

    public static bool IsChunkSize(long size) => size is >= MinChunkSize and <= MaxChunkSize && long.IsPow2(size);

    public long OffsetOf(long chunk) => chunk * ChunkSize;

    /// <summary>The volume's bytes in a run of chunks, of which the last may lie past its end.</summary>
    public VolumeRange RangeOf(long firstChunk, long count) =>
        new(OffsetOf(firstChunk), LengthOf(firstChunk, Math.Min(count, Count - firstChunk)));

    /// <summary>Bytes of the volume in a run of chunks: all of them but what the last chunk has past the volume's end.</summary>
    public long LengthOf(long firstChunk, long count) => Math.Min(count * ChunkSize, VolumeSize - OffsetOf(firstChunk));
}
