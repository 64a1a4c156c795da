using System.Runtime.CompilerServices;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Index;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Maps;

/// <summary>Reads a stored map. Every node is verified against its id. Safe from many threads; nodes are read one at a time.</summary>
internal sealed class MapReader(RepositoryContext repository, IndexCache index, ItemId root, MapShape shape) : IDisposable
{
    private const int FramesKept = 4;

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly FrameReader _frames = new(repository.Keys);
    private readonly LinkedList<(uint Pack, uint Offset, byte[] Plain)> _recent = new();
    private readonly Dictionary<int, (long Index, byte[] Node)> _path = [];

    /// <summary>The leaf's ids (1,024 of 32 bytes), or null when it is all zeros or past the end.</summary>
    public async Task<byte[]?> FindLeafAsync(long leaf, CancellationToken cancel)
    {
        if (root.IsZero || leaf >= shape.Leaves)
        {
            return null;
        }

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

    /// <summary>All leaves that are not zero, in order. Subtrees of zeros cost nothing.</summary>
    public IAsyncEnumerable<(long Leaf, byte[] Node)> LeavesAsync(CancellationToken cancel) => WalkAsync(root, shape.Levels, 0, cancel);

    public void Dispose()
    {
        _frames.Dispose();
        _gate.Dispose();
    }

    private async IAsyncEnumerable<(long Leaf, byte[] Node)> WalkAsync(ItemId id, int level, long first, [EnumeratorCancellation] CancellationToken cancel)
    {
        if (id.IsZero)
        {
            yield break;
        }

        byte[] node;
        await _gate.WaitAsync(cancel);
        try
        {
            node = await ReadNodeAsync(id, cancel);
        }
        finally
        {
            _gate.Release();
        }

        if (level == 1)
        {
            yield return (first, node);
            yield break;
        }

        for (var slot = 0; slot < MapShape.FanOut; slot++)
        {
            await foreach (var leaf in WalkAsync(IdAt(node, slot), level - 1, (first * MapShape.FanOut) + slot, cancel))
            {
                yield return leaf;
            }
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
                {
                    return null;
                }

                kept = (at, await ReadNodeAsync(id, cancel));
                _path[level] = kept;
            }

            if (level == 1)
            {
                return kept.Node;
            }

            id = IdAt(kept.Node, (int)(MapShape.IndexAt(level - 1, leaf) % MapShape.FanOut));
        }
    }

    private async Task<byte[]> ReadNodeAsync(ItemId id, CancellationToken cancel)
    {
        if (!index.TryFind(id, out var location))
        {
            throw new HoldfastException(FailureKind.Corrupted, $"No index of '{repository.Store.Name}' knows the map node {id}. A pack or an index object is missing; put back a copy.");
        }

        var plain = await ReadFrameAsync(location, cancel);
        var node = plain.AsSpan(location.Position * MapShape.NodeSize, MapShape.NodeSize).ToArray();
        return repository.Keys.Nodes.Hash(node) == id
            ? node
            : throw new HoldfastException(FailureKind.Corrupted, $"The map node {id} is not what was written, though its seal holds. Take a new backup of the volume.");
    }

    private async Task<byte[]> ReadFrameAsync(ItemLocation location, CancellationToken cancel)
    {
        foreach (var kept in _recent)
        {
            if (kept.Pack == location.Pack && kept.Offset == location.FrameOffset)
            {
                return kept.Plain;
            }
        }

        var pack = index.Pack(location.Pack);
        var bytes = new byte[FrameHeader.Size + location.SealedLength];
        await repository.Store.ReadAsync(ObjectNames.OfPack(pack.Kind, pack.Pack), location.FrameOffset, bytes, cancel);
        var plain = _frames.Open(pack, location.FrameOffset, bytes).ToArray();
        if (plain.Length < (location.Position + 1) * MapShape.NodeSize)
        {
            throw new HoldfastException(FailureKind.Corrupted, $"The index places a node past the end of its frame in pack {pack.Pack:N}.");
        }

        _recent.AddFirst((location.Pack, location.FrameOffset, plain));
        if (_recent.Count > FramesKept)
        {
            _recent.RemoveLast();
        }

        return plain;
    }

    internal static ItemId IdAt(byte[] node, int slot) => new(node.AsSpan(slot * ItemId.Size, ItemId.Size));
}
