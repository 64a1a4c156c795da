using Holdfast.Engine.Index;
using Holdfast.Engine.Maps;

namespace Holdfast.Engine.Backup;

/// <summary>The parent's map, for comparing. A parent that cannot be read is no parent: it costs time, never the backup.</summary>
internal sealed class ParentMap(Func<ValueTask<IndexCache>> index, RepositoryContext repository, Manifest? parent, Action<HoldfastException> unreadable) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private MapReader? _reader;
    private bool _lost = parent is null || parent.ChunkSize != repository.Config.ChunkSize;
    private (long Leaf, byte[]? Node) _last = (-1, null);

    /// <summary>The parent's leaf, or null when it has none there, is all zeros there, or cannot be read.</summary>
    public async ValueTask<byte[]?> FindLeafAsync(long leaf, CancellationToken cancel)
    {
        if (_lost || parent is null)
        {
            return null;
        }

        await _gate.WaitAsync(cancel);
        try
        {
            if (_last.Leaf != leaf)
            {
                _reader ??= new MapReader(repository, await index(), Chunks.ItemId.Parse(parent.Root), new MapShape(new Chunks.ChunkGrid(parent.VolumeSize, parent.ChunkSize).Count));
                _last = (leaf, await _reader.FindLeafAsync(leaf, cancel));
            }

            return _last.Node;
        }
        catch (HoldfastException e) when (e.Kind is FailureKind.Corrupted or FailureKind.NotFound)
        {
            _lost = true;
            unreadable(e);
            return null;
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose()
    {
        _reader?.Dispose();
        _gate.Dispose();
    }
}
