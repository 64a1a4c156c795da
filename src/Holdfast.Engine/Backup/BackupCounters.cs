using Holdfast.Engine.Manifests;
namespace Holdfast.Engine.Backup;

/// <summary>What the workers of one backup count together.</summary>
internal sealed class BackupCounters
{
    private long _bytesRead;
    private long _chunksNew;
    private long _chunksSet;
    private long _chunksChanged;

    public long BytesRead => Interlocked.Read(ref _bytesRead);

    public void AddRead(long bytes) => Interlocked.Add(ref _bytesRead, bytes);

    public void AddNewChunk() => Interlocked.Increment(ref _chunksNew);

    /// <summary>Notes a finished leaf: its chunks that are not zero, and those that differ from the parent's.</summary>
    public void AddLeaf(int set, int changed)
    {
        Interlocked.Add(ref _chunksSet, set);
        Interlocked.Add(ref _chunksChanged, changed);
    }

    /// <summary>Notes chunks of leaves that were not read because they are zero, and were not zero in the parent.</summary>
    public void AddChanged(long chunks) => Interlocked.Add(ref _chunksChanged, chunks);

    /// <summary>The figures, when all workers have ended.</summary>
    public BackupFigures ToFigures(Chunks.ChunkGrid grid, long bytesStored) =>
        new()
        {
            BytesRead = _bytesRead,
            BytesNew = _chunksNew * grid.ChunkSize,
            BytesStored = bytesStored,
            ChunksTotal = grid.Count,
            ChunksZero = grid.Count - _chunksSet,
            ChunksNew = _chunksNew,
            ChunksChanged = _chunksChanged,
        };
}
