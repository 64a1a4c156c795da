using System.Security.Cryptography;
using Holdfast.Engine.Index;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Packs;

/// <summary>Opens sealed frames into memory of its own. One thread at a time.</summary>
internal sealed class FrameReader(KeyRing keys) : IDisposable
{
    private readonly ZstdNet.Decompressor _zstd = new();
    private byte[] _body = [];
    private byte[] _plain = [];
    private AesGcm? _cipher;
    private Guid _pack;

    /// <summary>Opens the frame that begins <paramref name="from"/>. The answer is valid until the next call.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/>, naming pack and offset.</exception>
    public ReadOnlyMemory<byte> Open(PackInfo pack, long offset, ReadOnlySpan<byte> from)
    {
        if (!FrameHeader.TryRead(from, out var header) || header.SealedLength > from.Length - FrameHeader.Size)
        {
            throw Damaged(pack, offset, "its header is not what was written");
        }

        if (header.PlainLength != (long)header.ItemCount * pack.ItemSize)
        {
            throw Damaged(pack, offset, $"it says {header.ItemCount} items in {header.PlainLength} bytes");
        }

        try
        {
            return Unseal(pack, header, from);
        }
        catch (Exception e) when (e is AuthenticationTagMismatchException or ZstdNet.ZstdException)
        {
            throw Damaged(pack, offset, "its seal does not hold", e);
        }
    }

    public void Dispose()
    {
        _cipher?.Dispose();
        _zstd.Dispose();
    }

    private Memory<byte> Unseal(PackInfo pack, FrameHeader header, ReadOnlySpan<byte> from)
    {
        var body = header.SealedLength - FrameHeader.TagSize;
        Grow(ref _plain, header.PlainLength);
        Grow(ref _body, body);
        if (_cipher is null || _pack != pack.Pack)
        {
            _cipher?.Dispose();
            _cipher = keys.PackCipher(pack.Pack);
            _pack = pack.Pack;
        }

        Span<byte> nonce = stackalloc byte[12];
        PackNonce.Write(nonce, header.Ordinal);
        var raw = header.Codec == Codec.Raw;
        var opened = raw ? _plain.AsSpan(0, body) : _body.AsSpan(0, body);
        _cipher.Decrypt(nonce, from.Slice(FrameHeader.Size, body), from.Slice(FrameHeader.Size + body, FrameHeader.TagSize), opened, from[..FrameHeader.Size]);
        var length = raw ? body : _zstd.Unwrap(opened, _plain.AsSpan(0, header.PlainLength), bufferSizePrecheck: false);
        return length == header.PlainLength ? _plain.AsMemory(0, length) : throw new ZstdNet.ZstdException(ZstdNet.ZSTD_ErrorCode.ZSTD_error_corruption_detected, "length");
    }

    private static void Grow(ref byte[] buffer, int length)
    {
        if (buffer.Length < length)
        {
            buffer = GC.AllocateUninitializedArray<byte>(Math.Max(length, FrameBuilder.TargetPlainLength));
        }
    }

    private static HoldfastException Damaged(PackInfo pack, long offset, string what, Exception? inner = null) =>
        new(FailureKind.Corrupted, $"The pack '{ObjectNames.OfPack(pack.Kind, pack.Pack)}' is damaged at offset {offset}: {what}. Backups that need this frame cannot be restored whole; put back a copy of the pack if there is one.", inner);
}
