using System.Runtime.CompilerServices;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Index;

namespace Holdfast.Engine.Maps;

/// <summary>A leaf of a map: 1,024 chunk ids in 32,768 bytes.</summary>
internal readonly record struct MapLeaf(long Index, byte[] Node);

/// <summary>Reads a stored map. Every node is verified against its id. Safe from many threads; nodes are read one at a time.</summary>
internal sealed class MapReader(RepositoryContext repository, IndexCache index, ItemId root, MapShape shape) : IDisposable
{
    /// <summary>Told the number of each pack that does not hold what it should.</summary>
    public Action<uint>? Damaged { get; init; }

    /// <summary>Told the level and the index of each node that cannot be read, once; all below it then counts as zero. Where it is null,
    /// such a node throws.</summary>
    public Action<int, long>? Lost { get; init; }

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly NodeReader _nodes = new(repository);
    private readonly Dictionary<int, (long Index, byte[]? Node)> _path = [];

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
        _nodes.Dispose();
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

                kept = (at, await TryReadNodeAsync(id, level, at, cancel));
                _path[level] = kept;
            }

            if (level == 1 || kept.Node is null)
                return kept.Node;

            id = MapShape.IdAt(kept.Node, (int)(MapShape.IndexAt(level - 1, leaf) % MapShape.FanOut));
        }
    }

    private async Task<byte[]?> TryReadNodeAsync(ItemId id, int level, long at, CancellationToken cancel)
    {
        try
        {
            return await ReadNodeAsync(id, cancel);
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.Corrupted && Lost is not null)
        {
            Lost(level, at);
            return null;
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
            return await _nodes.ReadAsync(id, index.Pack(location.Pack), location, cancel);
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.Corrupted)
        {
            Damaged?.Invoke(location.Pack);
            throw;
        }
    }
}
