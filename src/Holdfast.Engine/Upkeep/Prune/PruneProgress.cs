namespace Holdfast.Engine.Upkeep.Prune;

/// <summary>How far a run of prune is, by what it reads: index objects, and packs that it rewrites. The total grows when these are chosen;
/// maps, which are walked in between, are not counted.</summary>
public readonly record struct PruneProgress(long BytesDone, long BytesTotal);

/// <summary>Counts for <see cref="PruneProgress"/>. One thread at a time.</summary>
internal sealed class PruneCounter(IProgress<PruneProgress>? progress)
{
    private long _done;
    private long _total;

    public void Expect(long bytes) => _total += bytes;

    public void Add(long bytes)
    {
        _done += bytes;
        progress?.Report(new PruneProgress(_done, Math.Max(_done, _total)));
    }
}
