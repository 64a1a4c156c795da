using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Index;
using Holdfast.Engine.Maps;

namespace Holdfast.Engine.Restore;

/// <summary>A part of a volume that is planned and restored at once, so that memory does not grow with the volume.</summary>
/// <param name="first">Its first chunk.</param>
internal sealed class RestoreWindow(ChunkGrid grid, long first)
{
    /// <summary>Chunks a window.</summary>
    public const int Capacity = 64 * 1024;

    private readonly List<(long Index, ItemId Id)> _chunks = new(Math.Min(Capacity, (int)Math.Min(int.MaxValue, grid.Count)));
    private readonly List<(long First, long Count)> _zeros = [];
    private long _next = first;

    /// <summary>The chunk behind the last one that is known of.</summary>
    public long Reached => _next;

    public bool IsFull => _chunks.Count + MapShape.FanOut > Capacity;

    /// <summary>Runs of zero chunks since the last <see cref="Clear"/>.</summary>
    public IReadOnlyList<(long First, long Count)> Zeros => _zeros;

    /// <summary>Adds a leaf; what lies between it and the one before is zero.</summary>
    public void Add(MapLeaf leaf)
    {
        var start = leaf.Index * MapShape.FanOut;
        SkipTo(start);
        var count = (int)Math.Min(MapShape.FanOut, grid.Count - start);
        for (var place = 0; place < count; place++)
        {
            var id = MapShape.IdAt(leaf.Node, place);
            if (id.IsZero)
                continue;

            SkipTo(start + place);
            _chunks.Add((start + place, id));
            _next = start + place + 1;
        }
    }

    /// <summary>Notes that all is zero up to a chunk.</summary>
    public void SkipTo(long chunk)
    {
        if (chunk <= _next)
            return;

        if (_zeros.Count > 0 && _zeros[^1].First + _zeros[^1].Count == _next)
            _zeros[^1] = (_zeros[^1].First, _zeros[^1].Count + chunk - _next);
        else
            _zeros.Add((_next, chunk - _next));

        _next = chunk;
    }

    public void Clear()
    {
        _chunks.Clear();
        _zeros.Clear();
    }

    /// <summary>Finds out where each chunk is stored, on all cores, and sorts by that.</summary>
    /// <param name="unknown">Is given each chunk that no index knows, which is then left out; where it is null, such a chunk
    /// throws.</param>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/> for a chunk that no index knows, naming its place in the
    /// volume.</exception>
    public List<PlannedChunk> Plan(IndexCache index, ConcurrentBag<long>? unknown)
    {
        var plan = new PlannedChunk[_chunks.Count];
        var failure = (Exception?)null;
        Parallel.For(
            0,
            _chunks.Count,
            (i, loop) =>
            {
                var (chunk, id) = _chunks[i];
                try
                {
                    if (index.TryFind(id, out var location))
                        plan[i] = new PlannedChunk(chunk, id, location);
                    else
                        (unknown ?? throw Unknown(chunk, id)).Add(chunk);
                }
                catch (Exception e) when (e is HoldfastException or IndexCacheDamagedException)
                {
                    Interlocked.CompareExchange(ref failure, e, null);
                    loop.Stop();
                }
            }
        );
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);

        // Only what is known has an id.
        var sorted = new List<PlannedChunk>(unknown is { IsEmpty: false } ? plan.Where(chunk => !chunk.Id.IsZero) : plan);
        sorted.Sort(PlannedChunk.ByLocation);
        return sorted;
    }

    private HoldfastException Unknown(long chunk, ItemId id) =>
        new(
            FailureKind.Corrupted,
            $"No index object knows chunk {id}, which holds byte {grid.OffsetOf(chunk)} of the volume: an object of 'index/' or 'data/' "
                + $"is missing. Put back a copy."
        );
}
