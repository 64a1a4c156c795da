using System.Buffers;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Maps;

namespace Holdfast.Engine.Upkeep.Prune;

/// <summary>
/// Walks maps side by side and tells which items they need. A node is read once in all walks; of the leaves at one place those ids are
/// told that differ from the leaf before. One thread at a time.
/// </summary>
/// <param name="need">Told of each id, some of them more than once.</param>
internal sealed class MapWalk(NodeTable nodes, NodeReader reader, Action<ReadOnlySpan<byte>> need)
{
    /// <summary>Maps that are walked side by side: a node of each, on each level, is in memory.</summary>
    public const int SideBySide = 64;

    /// <param name="roots">Of one number of levels, oldest first, none twice, none zero.</param>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/> naming the node that cannot be read.</exception>
    public async Task WalkAsync(IReadOnlyList<ItemId> roots, int levels, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(levels, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(roots.Count, SideBySide);
        reader.Begin(roots.Count);
        await NodesAsync([.. roots.Where(IsNew)], levels, cancel);
    }

    private bool IsNew(ItemId id) => !id.IsZero && !nodes.IsVisited(id);

    /// <summary>Visits the nodes of one place of the tree.</summary>
    private async Task NodesAsync(List<ItemId> ids, int level, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (ids.Count == 0)
            return;

        var bytes = ArrayPool<byte>.Shared.Rent(ids.Count * MapShape.NodeSize);
        try
        {
            for (var i = 0; i < ids.Count; i++)
            {
                await reader.ReadAsync(ids[i], bytes.AsMemory(i * MapShape.NodeSize, MapShape.NodeSize), cancel);
                Tell(ids[i]);
            }

            if (level == 1)
                TellLeaves(ids, bytes);
            else
                await ChildrenAsync(ids, bytes, level, cancel);

            // Only what hangs below a visited node is visited too.
            ids.ForEach(id => nodes.Visit(id));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private async Task ChildrenAsync(List<ItemId> ids, byte[] bytes, int level, CancellationToken cancel)
    {
        var children = new List<ItemId>();
        for (var place = 0; place < MapShape.FanOut; place++)
        {
            for (var i = 0; i < ids.Count; i++)
            {
                var child = MapShape.IdAt(bytes.AsSpan(i * MapShape.NodeSize, MapShape.NodeSize), place);
                if (IsNew(child) && !children.Contains(child))
                    children.Add(child);
            }

            if (children.Count > 0)
            {
                await NodesAsync(children, level - 1, cancel);
                children = [];
            }
        }
    }

    private void TellLeaves(List<ItemId> ids, byte[] bytes)
    {
        var before = ReadOnlySpan<byte>.Empty;
        for (var i = 0; i < ids.Count; i++)
        {
            var leaf = bytes.AsSpan(i * MapShape.NodeSize, MapShape.NodeSize);
            ThrowIfNoLeaf(ids[i], leaf);
            for (var at = 0; at < leaf.Length; at += ItemId.Size)
            {
                var id = leaf.Slice(at, ItemId.Size);
                if (!ItemHasher.IsZero(id) && (before.IsEmpty || !id.SequenceEqual(before.Slice(at, ItemId.Size))))
                    need(id);
            }

            before = leaf;
        }
    }

    /// <summary>Where somebody says fewer levels than a map has, nodes would pass for chunks, and what hangs below them for dead.</summary>
    private void ThrowIfNoLeaf(ItemId leaf, ReadOnlySpan<byte> node)
    {
        for (var place = 0; place < MapShape.FanOut; place++)
        {
            var id = MapShape.IdAt(node, place);
            if (id.IsZero)
                continue;

            if (nodes.Contains(id))
                throw new HoldfastException(FailureKind.Corrupted, $"map node {leaf} names nodes where it should name chunks");

            return;
        }
    }

    private void Tell(ItemId id)
    {
        Span<byte> bytes = stackalloc byte[ItemId.Size];
        id.CopyTo(bytes);
        need(bytes);
    }
}
