using Holdfast.Engine.Chunks;
using Holdfast.Engine.Index;
using Holdfast.Engine.Maps;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Backup;

/// <summary>Completes the nodes of a map from the leaves up and stores those that no earlier backup has.</summary>
internal sealed class MapBuilder(RepositoryContext repository, PackSink sink, Func<ValueTask<IndexCache>> index) : IDisposable
{
    private readonly FrameBuilder _frame = new(MapShape.NodeSize, repository.Config.CompressionLevel);
    private readonly SemaphoreSlim _gate = new(1, 1);

    /// <summary>The root's id; zero until the root is complete, and for a volume of zeros.</summary>
    public ItemId Root { get; private set; }

    /// <summary>Says that a piece of work under a node is done; completes the node, and what is above it, when it was the last.</summary>
    public async ValueTask FinishPieceAsync(MapNode node, byte[]? parentNode)
    {
        for (var current = node; current is not null && current.Finish(); current = current.Parent)
        {
            var id = ItemHasher.IsZero(current.Bytes) ? default : repository.Keys.Nodes.Hash(current.Bytes);
            var unchanged = current == node && parentNode is not null && parentNode.AsSpan().SequenceEqual(current.Bytes);
            if (!id.IsZero && !unchanged)
            {
                await StoreAsync(id, current.Bytes);
            }

            if (current.Parent is { } parent)
            {
                parent.Set((int)(current.Index % MapShape.FanOut), id);
            }
            else
            {
                Root = id;
            }
        }
    }

    public async ValueTask FlushAsync()
    {
        if (!_frame.IsEmpty)
        {
            await sink.AppendAsync(PackKind.Map, _frame.Take());
        }
    }

    public void Dispose()
    {
        _frame.Dispose();
        _gate.Dispose();
    }

    private async ValueTask StoreAsync(ItemId id, byte[] bytes)
    {
        if (!sink.Claim(id))
        {
            return;
        }

        if ((await index()).TryFind(id, out _))
        {
            sink.Release(id);
            return;
        }

        await _gate.WaitAsync();
        try
        {
            _frame.Add(id, bytes);
            if (_frame.IsFull)
            {
                await FlushAsync();
            }
        }
        finally
        {
            _gate.Release();
        }
    }
}
