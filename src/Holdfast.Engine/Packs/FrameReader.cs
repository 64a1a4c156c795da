using System.Security.Cryptography;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Buffers;
using Holdfast.Engine.Keys;

namespace Holdfast.Engine.Packs;

/// <summary>Opens sealed frames into memory of its own. One thread at a time.</summary>
internal sealed class FrameReader(KeyRing keys) : IDisposable
{
    private readonly ZstdNet.Decompressor _zstd = new();
    private readonly GrowingBuffer _body = new();
    private readonly GrowingBuffer _plain = new();
    private AesGcm? _cipher;
    private Guid _pack;

    /// <summary>Opens the frame that begins <paramref name="from"/>. The answer is valid until the next call.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/>, naming pack and offset.</exception>
    public ReadOnlyMemory<byte> Open(PackInfo pack, long offset, ReadOnlySpan<byte> from) =>
        TryOpen(pack.Pack, pack.ItemSize, from, out _, out var plain)
            ? plain
            : throw new HoldfastException(
                FailureKind.Corrupted,
                $"Pack '{pack.Key}' is damaged at byte {offset}: the frame there does not open."
            );

    /// <summary>Opens the frame that begins <paramref name="from"/>. False when it is not what was written.</summary>
    public bool TryOpen(Guid pack, int itemSize, ReadOnlySpan<byte> from, out FrameHeader header, out ReadOnlyMemory<byte> plain)
    {
        plain = default;
        if (
            !FrameHeader.TryRead(from, out header)
            || header.SealedLength > from.Length - FrameHeader.Size
            || header.PlainLength != (long)header.ItemCount * itemSize
        )
            return false;

        var seal = from.Slice(FrameHeader.Size, header.SealedLength);
        var opened = (header.Codec == Codec.Raw ? _plain : _body).Get(header.SealedLength - KeyRing.TagSize);
        if (!PackSeal.TryOpen(CipherOf(pack), header.Ordinal, seal, opened.Span, from[..FrameHeader.Size]))
            return false;

        plain = header.Codec == Codec.Raw ? opened : Unpack(opened.Span, header.PlainLength);
        return plain.Length == header.PlainLength;
    }

    /// <summary>Opens the seal of the frame that begins <paramref name="from"/> and leaves what was sealed as it was packed. The answer is
    /// valid until the next call.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/>, naming pack and offset.</exception>
    public ReadOnlyMemory<byte> OpenSealed(PackInfo pack, long offset, ReadOnlySpan<byte> from, out FrameHeader header)
    {
        if (FrameHeader.TryRead(from, out header) && header.SealedLength <= from.Length - FrameHeader.Size)
        {
            var body = _body.Get(header.SealedLength - KeyRing.TagSize);
            var seal = from.Slice(FrameHeader.Size, header.SealedLength);
            if (PackSeal.TryOpen(CipherOf(pack.Pack), header.Ordinal, seal, body.Span, from[..FrameHeader.Size]))
                return body;
        }

        throw new HoldfastException(
            FailureKind.Corrupted,
            $"Pack '{pack.Key}' is damaged at byte {offset}: the frame there does not open."
        );
    }

    public void Dispose()
    {
        _cipher?.Dispose();
        _zstd.Dispose();
        _body.Dispose();
        _plain.Dispose();
    }

    private ReadOnlyMemory<byte> Unpack(ReadOnlySpan<byte> body, int plainLength)
    {
        var plain = _plain.Get(plainLength);
        try
        {
            return plain[.._zstd.Unwrap(body, plain.Span, bufferSizePrecheck: false)];
        }
        catch (ZstdNet.ZstdException)
        {
            return default;
        }
    }

    private AesGcm CipherOf(Guid pack)
    {
        if (_cipher is null || _pack != pack)
        {
            _cipher?.Dispose();
            _cipher = keys.PackCipher(pack);
            _pack = pack;
        }

        return _cipher;
    }
}
