using Holdfast.Engine.Chunks;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Upkeep.Prune;

/// <summary>Where a map node lies.</summary>
/// <param name="Pack">The pack's number.</param>
/// <param name="Position">Its place in the frame.</param>
internal readonly record struct NodePlace(int Pack, uint FrameOffset, int SealedLength, int Position);

/// <summary>Where the map nodes are that index objects name. Of a node that lies in several places the later comes first.</summary>
internal sealed class NodeTable
{
    private readonly Dictionary<ItemId, Node> _nodes = [];
    private readonly Dictionary<ItemId, List<NodePlace>> _others = [];

    public int Count => _nodes.Count;

    public void Add(MarkedPack pack, PackDirectory directory)
    {
        var item = 0;
        foreach (var frame in directory.Frames)
        {
            for (var position = 0; position < frame.ItemCount; position++)
                Add(directory.Items[item++], new NodePlace(pack.Number, frame.Offset, frame.SealedLength, position));
        }
    }

    public bool Contains(ItemId id) => _nodes.ContainsKey(id);

    /// <summary>The places of a node, the best first.</summary>
    public IEnumerable<NodePlace> PlacesOf(ItemId id)
    {
        if (!_nodes.TryGetValue(id, out var node))
            yield break;

        yield return node.Place;
        if (_others.TryGetValue(id, out var others))
        {
            foreach (var place in others)
                yield return place;
        }
    }

    /// <summary>Notes that a node is visited. False when it was before, or when there is none of this id.</summary>
    public bool Visit(ItemId id)
    {
        ref var node = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrNullRef(_nodes, id);
        if (System.Runtime.CompilerServices.Unsafe.IsNullRef(ref node) || node.IsVisited)
            return false;

        node.IsVisited = true;
        return true;
    }

    public bool IsVisited(ItemId id) => _nodes.TryGetValue(id, out var node) && node.IsVisited;

    private void Add(ItemId id, NodePlace place)
    {
        ref var node = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_nodes, id, out var isKnown);
        if (isKnown)
        {
            if (!_others.TryGetValue(id, out var others))
                _others[id] = others = [];

            others.Insert(0, node.Place);
        }

        node.Place = place;
    }

    private struct Node
    {
        public NodePlace Place;
        public bool IsVisited;
    }
}
