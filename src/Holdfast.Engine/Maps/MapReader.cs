using System.Runtime.CompilerServices;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Index;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Maps;

/// <summary>A leaf of a map: 1,024 chunk ids in 32,768 bytes.</summary>
internal readonly record struct MapLeaf(long Index, byte[] Node);

/// <summary>Reads a stored map. Every node is verified against its id. Safe from many threads; nodes are read one at a time.</summary>
internal sealed class MapReader(RepositoryContext repository, IndexCache index, ItemId root, MapShape shape) : IDisposable
{
    /// <summary>Told the number of each pack that does not hold what it should.</summary>
    public Action<uint>? Damaged { get; init; }

    private const int FramesKept = 4;

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly FrameReader _frames = new(repository.Keys);
    private readonly LinkedList<(uint Pack, uint Offset, byte[] Plain)> _recent = new();
    private readonly Dictionary<int, (long Index, byte[] Node)> _path = [];

    public MapShape Shape => shape;

    /// <summary>The leaf's ids, or null when it is all zeros or past the end.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/> naming the node or pack.</exception>
    public async Task<byte[]?> FindLeafAsync(long leaf, CancellationToken cancel)
    {
        if (root.IsZero || leaf >= shape.Leaves)
            return null;

        await _gate.WaitAsync(cancel);
        try
        {
            return await DescendAsync(leaf, cancel);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>The leaves of [<paramref name="from"/>, <paramref name="to"/>) that are not zero, in order. Subtrees of zeros cost
    /// nothing.</summary>
    public async IAsyncEnumerable<MapLeaf> LeavesAsync(long from, long to, [EnumeratorCancellation] CancellationToken cancel)
    {
        for (var leaf = from; leaf < Math.Min(to, shape.Leaves);)
        {
            if (await FindLeafAsync(leaf, cancel) is { } node)
            {
                yield return new MapLeaf(leaf, node);
                leaf++;
            }
            else
            {
                leaf = await AfterZerosAsync(leaf, cancel);
            }
        }
    }

    public void Dispose()
    {
        _frames.Dispose();
        _gate.Dispose();
    }

    /// <summary>The first leaf behind the largest subtree of zeros that a zero leaf lies in.</summary>
    private async Task<long> AfterZerosAsync(long leaf, CancellationToken cancel)
    {
        if (root.IsZero)
            return shape.Leaves;

        await _gate.WaitAsync(cancel);
        try
        {
            var span = 1L;
            for (var level = 2; level <= shape.Levels; level++, span *= MapShape.FanOut)
            {
                if (_path.TryGetValue(level, out var kept) && kept.Index == MapShape.IndexAt(level, leaf))
                    break;
            }

            // The lowest node above the leaf that exists has a zero id at the place below it.
            return ((leaf / span) + 1) * span;
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<byte[]?> DescendAsync(long leaf, CancellationToken cancel)
    {
        var id = root;
        for (var level = shape.Levels; ; level--)
        {
            var at = MapShape.IndexAt(level, leaf);
            if (!_path.TryGetValue(level, out var kept) || kept.Index != at)
            {
                if (id.IsZero)
                    return null;

                kept = (at, await ReadNodeAsync(id, cancel));
                _path[level] = kept;
            }

            if (level == 1)
                return kept.Node;

            id = MapShape.IdAt(kept.Node, (int)(MapShape.IndexAt(level - 1, leaf) % MapShape.FanOut));
        }
    }

    private async Task<byte[]> ReadNodeAsync(ItemId id, CancellationToken cancel)
    {
        if (!index.TryFind(id, out var location))
            throw new HoldfastException(
                FailureKind.Corrupted,
                $"No index object of '{repository.Store.Name}' knows the map node {id}: an object of 'index/' or 'map/' is missing. Put "
                    + $"back a copy."
            );

        try
        {
            return await ReadNodeAsync(id, location, cancel);
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.Corrupted)
        {
            Damaged?.Invoke(location.Pack);
            throw;
        }
    }

    private async Task<byte[]> ReadNodeAsync(ItemId id, ItemLocation location, CancellationToken cancel)
    {
        var plain = await ReadFrameAsync(location, cancel);
        var node = plain.AsSpan(location.Position * MapShape.NodeSize, MapShape.NodeSize).ToArray();
        return repository.Keys.Nodes.Hash(node) == id
            ? node
            : throw new HoldfastException(
                FailureKind.Corrupted,
                $"Pack '{index.Pack(location.Pack).Key}' holds something else than map node {id} at byte {location.FrameOffset}."
            );
    }

    private async Task<byte[]> ReadFrameAsync(ItemLocation location, CancellationToken cancel)
    {
        foreach (var kept in _recent)
        {
            if (kept.Pack == location.Pack && kept.Offset == location.FrameOffset)
                return kept.Plain;
        }

        var pack = index.Pack(location.Pack);
        var bytes = new byte[FrameHeader.Size + location.SealedLength];
        await PackReading.ReadAsync(repository.Store, pack, location.FrameOffset, bytes, cancel);
        var plain = _frames.Open(pack, location.FrameOffset, bytes).ToArray();
        if (pack.ItemSize != MapShape.NodeSize || plain.Length < (location.Position + 1) * MapShape.NodeSize)
            throw new HoldfastException(
                FailureKind.Corrupted,
                $"The index places a map node where pack '{pack.Key}' has none, at byte {location.FrameOffset}."
            );

        _recent.AddFirst((location.Pack, location.FrameOffset, plain));
        if (_recent.Count > FramesKept)
            _recent.RemoveLast();

        return plain;
    }
}
