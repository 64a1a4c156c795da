using System.Buffers;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Index;
using Holdfast.Engine.Maps;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Upkeep.Prune;

/// <summary>Reads map nodes for a walk: each is compared with its id. Frames that were opened last are kept. One thread at a
/// time.</summary>
internal sealed class NodeReader(RepositoryContext repository, NodeTable nodes, IReadOnlyList<MarkedPack> packs) : IDisposable
{
    /// <summary>Frames that are kept beside one of each map that is walked.</summary>
    private const int KeptBeside = 8;

    private readonly FrameReader _frames = new(repository.Keys);
    private readonly LinkedList<Frame> _recent = [];
    private readonly Dictionary<(int Pack, uint Offset), LinkedListNode<Frame>> _kept = [];
    private long _mostKept;
    private long _bytesKept;

    /// <summary>Says how many maps are walked side by side from now on: a frame of each is kept, and a few more.</summary>
    public void Begin(int maps) => _mostKept = (maps + KeptBeside) * (long)FrameLevel.MapFrame;

    /// <summary>Copies a node's ids.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/> naming the node, when it is in none of its places or has
    /// none.</exception>
    public async Task ReadAsync(ItemId id, Memory<byte> into, CancellationToken cancel)
    {
        HoldfastException? last = null;
        foreach (var place in nodes.PlacesOf(id))
        {
            try
            {
                var frame = await FrameAsync(place, cancel);
                if ((place.Position + 1) * MapShape.NodeSize <= frame.Length)
                {
                    frame.Bytes.AsMemory(place.Position * MapShape.NodeSize, MapShape.NodeSize).CopyTo(into);
                    if (repository.Keys.Nodes.Hash(into.Span) == id)
                        return;
                }

                last = new HoldfastException(
                    FailureKind.Corrupted,
                    $"pack '{packs[place.Pack].Key}' holds something else than map node {id} at byte {place.FrameOffset}"
                );
            }
            catch (HoldfastException e) when (e.Kind == FailureKind.Corrupted)
            {
                last = e;
            }
        }

        throw last ?? new HoldfastException(FailureKind.Corrupted, $"no index object that counts names map node {id}");
    }

    public void Dispose()
    {
        foreach (var frame in _recent)
            ArrayPool<byte>.Shared.Return(frame.Bytes);

        _frames.Dispose();
    }

    private async ValueTask<Frame> FrameAsync(NodePlace place, CancellationToken cancel)
    {
        var key = (place.Pack, place.FrameOffset);
        if (_kept.TryGetValue(key, out var kept))
        {
            _recent.Remove(kept);
            _recent.AddFirst(kept);
            return kept.Value;
        }

        var pack = packs[place.Pack].Info;
        if (pack.ItemSize != MapShape.NodeSize)
            throw new HoldfastException(FailureKind.Corrupted, $"the index places a map node in pack '{pack.Key}', which has none");

        var length = FrameHeader.Size + place.SealedLength;
        var bytes = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            await PackReading.ReadAsync(repository.Store, pack, place.FrameOffset, bytes.AsMemory(0, length), cancel);
            var plain = _frames.Open(pack, place.FrameOffset, bytes.AsSpan(0, length));
            return Keep(key, plain.Span);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private Frame Keep((int Pack, uint Offset) key, ReadOnlySpan<byte> plain)
    {
        var frame = new Frame(key, ArrayPool<byte>.Shared.Rent(plain.Length), plain.Length);
        plain.CopyTo(frame.Bytes);
        _kept[key] = _recent.AddFirst(frame);
        _bytesKept += plain.Length;
        while (_bytesKept > _mostKept && _recent.Last is { } oldest && oldest.Value != frame)
        {
            _recent.RemoveLast();
            _kept.Remove(oldest.Value.Key);
            _bytesKept -= oldest.Value.Length;
            ArrayPool<byte>.Shared.Return(oldest.Value.Bytes);
        }

        return frame;
    }

    private sealed record Frame((int Pack, uint Offset) Key, byte[] Bytes, int Length);
}
