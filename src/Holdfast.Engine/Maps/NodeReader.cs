using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Index;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Maps;

/// <summary>Reads single map nodes from where they are said to lie, and verifies each against its id. One thread at a time.</summary>
internal sealed class NodeReader(RepositoryContext repository) : IDisposable
{
    private const int FramesKept = 4;

    private readonly FrameReader _frames = new(repository.Keys);
    private readonly LinkedList<(Guid Pack, uint Offset, byte[] Plain)> _recent = new();

    /// <summary>Stored bytes that were read.</summary>
    public long BytesRead { get; private set; }

    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/> naming the pack.</exception>
    public async Task<byte[]> ReadAsync(ItemId id, PackInfo pack, ItemLocation location, CancellationToken cancel)
    {
        var plain = await ReadFrameAsync(pack, location, cancel);
        var node = plain.AsSpan(location.Position * MapShape.NodeSize, MapShape.NodeSize).ToArray();
        return repository.Keys.Nodes.Hash(node) == id
            ? node
            : throw new HoldfastException(
                FailureKind.Corrupted,
                $"Pack '{pack.Key}' holds something else than map node {id} at byte {location.FrameOffset}."
            );
    }

    public void Dispose() => _frames.Dispose();

    private async Task<byte[]> ReadFrameAsync(PackInfo pack, ItemLocation location, CancellationToken cancel)
    {
        foreach (var kept in _recent)
        {
            if (kept.Pack == pack.Pack && kept.Offset == location.FrameOffset)
                return kept.Plain;
        }

        var bytes = new byte[FrameHeader.Size + location.SealedLength];
        await PackReading.ReadAsync(repository.Store, pack, location.FrameOffset, bytes, cancel);
        BytesRead += bytes.Length;
        var plain = _frames.Open(pack, location.FrameOffset, bytes).ToArray();
        if (pack.ItemSize != MapShape.NodeSize || plain.Length < (location.Position + 1) * MapShape.NodeSize)
            throw new HoldfastException(
                FailureKind.Corrupted,
                $"The index places a map node where pack '{pack.Key}' has none, at byte {location.FrameOffset}."
            );

        _recent.AddFirst((pack.Pack, location.FrameOffset, plain));
        if (_recent.Count > FramesKept)
            _recent.RemoveLast();

        return plain;
    }
}
