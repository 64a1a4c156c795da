using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Index;
using Holdfast.Engine.Maps;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Backup;

/// <summary>
/// Builds the map of a backup from its leaves and stores the nodes that the repository does not have. Leaves may come from many threads in
/// any order. Of the levels above, only nodes that are not zero are held: half a MiB for each TiB of data at 64 KiB a chunk.
/// </summary>
internal sealed class MapBuilder(RepositoryContext repository, MapShape shape, ItemLookup lookup, PackSink sink) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly FrameBuilder _frame = new(MapShape.NodeSize, FrameLevel.MapFrame, FrameLevel.Of(repository.Compression));
    private readonly Lock _aboveLock = new();
    private SortedDictionary<long, byte[]> _above = [];
    private ItemId _root;

    /// <param name="parent">The parent's leaf of the same place, or null.</param>
    public async ValueTask AddLeafAsync(long index, byte[] node, byte[]? parent)
    {
        if (ItemHasher.IsZero(node))
            return;

        var id = repository.Keys.Nodes.Hash(node);
        if (!lookup.ParentCounts || parent is null || !node.AsSpan().SequenceEqual(parent))
            await StoreAsync(id, node);

        lock (_aboveLock)
        {
            Put(index, id);
        }
    }

    /// <summary>Stores the levels above the leaves and answers the root. Nobody may add leaves any more.</summary>
    public async Task<ItemId> FinishAsync()
    {
        for (var level = 2; level <= shape.Levels; level++)
        {
            var nodes = _above;
            _above = [];
            foreach (var (index, node) in nodes)
            {
                var id = repository.Keys.Nodes.Hash(node);
                await StoreAsync(id, node);
                Put(index, id);
            }
        }

        // The root has no node above it: its id was put at place 0 of a node of a level that does not exist.
        _root = _above.TryGetValue(0, out var top) ? MapShape.IdAt(top, 0) : default;
        if (!_frame.IsEmpty)
            await sink.AppendAsync(PackKind.Map, _frame.Take());

        return _root;
    }

    public void Dispose()
    {
        _frame.Dispose();
        _gate.Dispose();
    }

    private void Put(long index, ItemId id)
    {
        var (above, place) = Math.DivRem(index, MapShape.FanOut);
        if (!_above.TryGetValue(above, out var node))
            _above.Add(above, node = new byte[MapShape.NodeSize]);

        id.CopyTo(node.AsSpan((int)place * ItemId.Size));
    }

    private async ValueTask StoreAsync(ItemId id, byte[] node)
    {
        if (!await lookup.ClaimAsync(id))
            return;

        await _gate.WaitAsync();
        try
        {
            _frame.Add(id, node);
            if (_frame.IsFull)
                await sink.AppendAsync(PackKind.Map, _frame.Take());
        }
        finally
        {
            _gate.Release();
        }
    }
}
