using Holdfast.Engine.Chunks;

namespace Holdfast.Engine.Maps;

/// <summary>
/// A node of the map that is being built. It is complete when everything under it is: whoever finishes the last piece completes it. The one who
/// hands out the work holds a piece too, so that a node is never complete while more work for it may come.
/// </summary>
internal sealed class MapNode(int level, long index, MapNode? parent)
{
    private int _open = 1;

    public int Level => level;

    public long Index => index;

    public MapNode? Parent => parent;

    public byte[] Bytes { get; } = new byte[MapShape.NodeSize];

    public void Hold() => Interlocked.Increment(ref _open);

    /// <summary>True for the one call that finished the last piece.</summary>
    public bool Finish() => Interlocked.Decrement(ref _open) == 0;

    /// <summary>Slots are written by one thread each.</summary>
    public void Set(int slot, ItemId id) => id.CopyTo(Bytes.AsSpan(slot * ItemId.Size, ItemId.Size));
}
