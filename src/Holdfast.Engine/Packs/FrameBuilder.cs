using Holdfast.Engine.Basics;
using Holdfast.Engine.Buffers;
using Holdfast.Engine.Chunks;

namespace Holdfast.Engine.Packs;

/// <summary>Collects new items until they are worth compressing together, then compresses them. One thread at a time.</summary>
internal sealed class FrameBuilder : IDisposable
{
    private readonly NativeBuffer _plain;
    private readonly NativeBuffer _packed;
    private readonly ItemId[] _ids;
    private readonly int _itemSize;
    private readonly ZstdNet.CompressionOptions _options;
    private readonly ZstdNet.Compressor _zstd;
    private int _count;

    /// <param name="itemSize">Bytes an item.</param>
    /// <param name="target">Items are compressed together up to this many plain bytes; a larger item is a frame of its own.</param>
    /// <param name="level">How hard to compress.</param>
    public FrameBuilder(int itemSize, int target, FrameLevel level)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(target, FrameHeader.MaxPlainLength);
        _itemSize = itemSize;
        _ids = new ItemId[Math.Max(1, target / itemSize)];
        _plain = new NativeBuffer(_ids.Length * itemSize);
        _packed = new NativeBuffer(ZstdNet.Compressor.GetCompressBound(_ids.Length * itemSize));
        _options = level.MakeOptions();
        _zstd = new ZstdNet.Compressor(_options);
    }

    public bool IsEmpty => _count == 0;

    public bool IsFull => _count == _ids.Length;

    public void Add(ItemId id, ReadOnlySpan<byte> item)
    {
        item.CopyTo(_plain.GetSpan().Slice(_count * _itemSize, _itemSize));
        _ids[_count++] = id;
    }

    /// <summary>What was collected, packed for sealing. The memory is this builder's: use it before the next <see cref="Add"/>.</summary>
    public PackedFrame Take()
    {
        var ids = _ids.AsMemory(0, _count);
        var plain = _plain.Memory[..(_count * _itemSize)];
        _count = 0;
        var packed = _zstd.Wrap(plain.Span, _packed.GetSpan());
        return packed < plain.Length
            ? new PackedFrame(ids, Codec.Zstd, plain.Length, _packed.Memory[..packed])
            : new PackedFrame(ids, Codec.Raw, plain.Length, plain);
    }

    public void Dispose()
    {
        _zstd.Dispose();
        _options.Dispose();
        ((IDisposable)_plain).Dispose();
        ((IDisposable)_packed).Dispose();
    }
}

/// <summary>Items packed for sealing.</summary>
internal readonly record struct PackedFrame(ReadOnlyMemory<ItemId> Ids, Codec Codec, int PlainLength, ReadOnlyMemory<byte> Body);
