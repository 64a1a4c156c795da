namespace Holdfast.Engine.Restore;

/// <summary>What the workers of one restore count together, in bytes.</summary>
internal sealed class RestoreCounters(long total, IProgress<RestoreProgress>? progress)
{
    private readonly HashSet<uint> _packs = [];
    private long _written;
    private long _zero;
    private long _read;

    public void AddRead(uint pack, long bytes)
    {
        Interlocked.Add(ref _read, bytes);
        lock (_packs)
            _packs.Add(pack);
    }

    public void AddWritten(long bytes)
    {
        Interlocked.Add(ref _written, bytes);
        Report();
    }

    public void AddZero(long bytes)
    {
        Interlocked.Add(ref _zero, bytes);
        Report();
    }

    public RestoreFigures ToFigures() => new(_written, _zero, _read) { Packs = _packs.Count };

    private void Report() => progress?.Report(new RestoreProgress(Interlocked.Read(ref _written) + Interlocked.Read(ref _zero), total));
}
