using Holdfast.Engine.Chunks;
using Holdfast.Engine.Maps;

namespace Holdfast.Engine.Backup;

/// <summary>A leaf of the new map while its units are read. It is complete when every unit is done and the queue has passed it.</summary>
internal sealed class LeafWork(long index, Func<long, Task<byte[]?>> parent)
{
    private readonly Lazy<Task<byte[]?>> _parent = new(() => parent(index));

    // One for the queue, which may add further units.
    private int _holders = 1;

    public long Index => index;

    /// <summary>The ids of the leaf's chunks. Workers write at different places; what nobody writes stays zero.</summary>
    public byte[] Node { get; } = new byte[MapShape.NodeSize];

    /// <summary>The parent's leaf of the same place, or null when there is none or it is all zeros. Read once, whoever asks.</summary>
    public Task<byte[]?> ParentAsync() => _parent.Value;

    public void Hold() => Interlocked.Increment(ref _holders);

    /// <summary>True for the last holder: the leaf is complete and the caller's to finish.</summary>
    public bool LetGo() => Interlocked.Decrement(ref _holders) == 0;

    public void Set(long chunk, ItemId id) => id.CopyTo(Node.AsSpan((int)(chunk % MapShape.FanOut) * ItemId.Size));
}
