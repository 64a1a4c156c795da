using System.Collections.Concurrent;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Index;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Backup;

/// <summary>
/// Reads what the repository holds and says whether it is what the index says. Of a frame, which many items in a row are in, the ids of its
/// items are kept for a while; memory is a few MiB however much is verified. Thread-safe.
/// </summary>
internal sealed class StoredFrames(RepositoryContext repository, CancellationToken cancel) : IDisposable
{
    /// <summary>Frames whose ids are kept: at 16 chunks a frame, 1 GiB of a volume.</summary>
    private const int Kept = 1024;

    private readonly ConcurrentDictionary<(Guid Pack, uint Offset), Task<ItemId[]>> _frames = new();
    private readonly ConcurrentQueue<(Guid Pack, uint Offset)> _order = new();
    private readonly ConcurrentBag<FrameReader> _readers = [];

    public async ValueTask<bool> HoldsAsync(PackInfo pack, ItemLocation at, ItemId id)
    {
        var key = (pack.Pack, at.FrameOffset);
        if (!_frames.TryGetValue(key, out var items))
        {
            items = _frames.GetOrAdd(key, _ => ReadAsync(pack, at));
            _order.Enqueue(key);
            while (_order.Count > Kept && _order.TryDequeue(out var oldest))
                _frames.TryRemove(oldest, out _);
        }

        var ids = await items;
        return at.Position < ids.Length && ids[at.Position] == id;
    }

    public void Dispose()
    {
        while (_readers.TryTake(out var reader))
            reader.Dispose();
    }

    /// <summary>The ids of what a frame holds, from its bytes; none when it cannot be read or does not open.</summary>
    private async Task<ItemId[]> ReadAsync(PackInfo pack, ItemLocation at)
    {
        var sealedFrame = new byte[FrameHeader.Size + at.SealedLength];
        if (!_readers.TryTake(out var reader))
            reader = new FrameReader(repository.Keys);

        try
        {
            await PackReading.ReadAsync(repository.Store, pack, at.FrameOffset, sealedFrame, cancel);
            if (reader.TryOpen(pack.Pack, pack.ItemSize, sealedFrame, out _, out var plain))
                return Hash(pack, plain.Span);
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.Corrupted)
        {
            // A pack that is missing or too short; told below.
        }
        finally
        {
            _readers.Add(reader);
        }

        EngineLog.FrameDamaged(repository.Log, pack.Pack, at.FrameOffset);
        return [];
    }

    private ItemId[] Hash(PackInfo pack, ReadOnlySpan<byte> plain)
    {
        var hasher = pack.Kind == PackKind.Map ? repository.Keys.Nodes : repository.Keys.Chunks;
        var ids = new ItemId[plain.Length / pack.ItemSize];
        for (var i = 0; i < ids.Length; i++)
            ids[i] = hasher.Hash(plain.Slice(i * pack.ItemSize, pack.ItemSize));

        return ids;
    }
}
