namespace Holdfast.Engine.Backup;

/// <summary>What the workers of a run count together.</summary>
internal sealed class BackupCounters
{
    private long _bytesRead;
    private long _chunksRead;
    private long _chunksZero;
    private long _chunksNew;
    private long _chunksChanged;

    public long BytesRead => Interlocked.Read(ref _bytesRead);

    public void Add(long bytesRead, long chunks, long zero, long changed, long added)
    {
        Interlocked.Add(ref _bytesRead, bytesRead);
        Interlocked.Add(ref _chunksRead, chunks);
        Interlocked.Add(ref _chunksZero, zero);
        Interlocked.Add(ref _chunksChanged, changed);
        Interlocked.Add(ref _chunksNew, added);
    }

    public BackupFigures ToFigures(long chunks, int chunkSize, long bytesStored) => new()
    {
        BytesRead = _bytesRead,
        BytesNew = _chunksNew * chunkSize,
        BytesStored = bytesStored,
        ChunksTotal = chunks,
        ChunksZero = chunks - _chunksRead + _chunksZero,
        ChunksNew = _chunksNew,
        ChunksChanged = _chunksChanged,
    };
}
