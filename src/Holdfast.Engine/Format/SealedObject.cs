using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Format;

/// <summary>What a sealed object holds. The numbers are on disk and only grow.</summary>
internal enum SealedType : byte
{
    Index = 1,
    Manifest = 2,

    /// <summary>An export of the catalog, or the roll of an era. Spec: docs/format/catalog-export.md.</summary>
    Catalog = 3,

    /// <summary>That a manifest does not count; of no content.</summary>
    Removed = 4,

    /// <summary>What a run of prune deletes.</summary>
    PruneMark = 5,

    /// <summary>The hash of a file that is kept in the repository.</summary>
    Rescue = 6,
}

/// <summary>The envelope of everything that is sealed as one object: index, manifest. Spec: docs/format/repository-v1.md, section
/// 6.</summary>
internal static class SealedObject
{
    public const int HeaderSize = 64;
    public const int MaxPlainLength = 256 * 1024 * 1024;
    private const int NonceSize = 12;

    private static ReadOnlySpan<byte> Magic => "HFOBJT01"u8;

    public static byte[] Seal(KeyRing keys, SealedType type, Guid id, ReadOnlySpan<byte> plain) =>
        Seal(keys, type, id, plain, RandomNumberGenerator.GetBytes(NonceSize));

    /// <summary>With a nonce that the caller chose: only for tests of the bytes.</summary>
    internal static byte[] Seal(KeyRing keys, SealedType type, Guid id, ReadOnlySpan<byte> plain, ReadOnlySpan<byte> nonce)
    {
        using var zstd = new ZstdNet.Compressor();
        var packed = zstd.Wrap(plain);
        var codec = packed.Length < plain.Length ? Codec.Zstd : Codec.Raw;
        var body = codec == Codec.Zstd ? packed : plain;

        var sealedBytes = new byte[HeaderSize + body.Length + KeyRing.TagSize];
        var header = sealedBytes.AsSpan(0, HeaderSize);
        Magic.CopyTo(header);
        header[8] = (byte)type;
        header[9] = (byte)codec;
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], plain.Length);
        id.TryWriteBytes(header[16..], bigEndian: true, out _);
        nonce.CopyTo(header[32..]);
        BinaryPrimitives.WriteInt32LittleEndian(header[44..], body.Length + KeyRing.TagSize);
        Checksum.Seal(header);

        using var cipher = keys.ObjectCipher((byte)type, id);
        cipher.Encrypt(nonce, body, sealedBytes.AsSpan(HeaderSize, body.Length), sealedBytes.AsSpan(HeaderSize + body.Length), header);
        return sealedBytes;
    }

    /// <summary>Opens what <see cref="Seal(KeyRing, SealedType, Guid, ReadOnlySpan{byte})"/> made.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/>, naming <paramref name="key"/> and what is wrong with
    /// it.</exception>
    public static byte[] Open(KeyRing keys, SealedType type, Guid id, ReadOnlySpan<byte> from, ObjectKey key)
    {
        // Memory of just the length that is asked for is an array of its own.
        var plain = OpenInto(keys, type, id, from, key, length => new byte[length], length => new byte[length]);
        return MemoryMarshal.TryGetArray(plain, out var array) && array.Array is { } bytes ? bytes : plain.ToArray();
    }

    /// <inheritdoc cref="Open"/>
    /// <param name="body">Gives memory for what was sealed, of as many bytes as asked for.</param>
    /// <param name="plain">Likewise for what that unpacks to.</param>
    public static ReadOnlyMemory<byte> OpenInto(
        KeyRing keys,
        SealedType type,
        Guid id,
        ReadOnlySpan<byte> from,
        ObjectKey key,
        Func<int, Memory<byte>> body,
        Func<int, Memory<byte>> plain
    )
    {
        ThrowIfHeaderDamaged(from, key);

        var header = from[..HeaderSize];
        var plainLength = BinaryPrimitives.ReadInt32LittleEndian(header[12..]);
        var sealedLength = BinaryPrimitives.ReadInt32LittleEndian(header[44..]);
        if (header[8] != (byte)type || new Guid(header[16..32], bigEndian: true) != id)
            throw Damaged(key, "its header names another object");

        if (plainLength is < 0 or > MaxPlainLength || sealedLength < KeyRing.TagSize || sealedLength != from.Length - HeaderSize)
            throw Damaged(key, $"it is {from.Length} bytes long, its header says another length");

        var opened = body(sealedLength - KeyRing.TagSize);
        using var cipher = keys.ObjectCipher((byte)type, id);
        try
        {
            cipher.Decrypt(header[32..44], from.Slice(HeaderSize, opened.Length), from[^KeyRing.TagSize..], opened.Span, header);
        }
        catch (AuthenticationTagMismatchException e)
        {
            throw Damaged(key, "its seal does not hold", e);
        }

        return (Codec)header[9] switch
        {
            Codec.Raw when opened.Length == plainLength => opened,
            Codec.Zstd => Unpack(opened.Span, plain(plainLength), key),
            _ => throw new HoldfastException(
                FailureKind.UnsupportedVersion,
                $"Object '{key}' is packed by codec {header[9]}; this version of Holdfast knows 0 and 1. Use a newer one."
            ),
        };
    }

    private static void ThrowIfHeaderDamaged(ReadOnlySpan<byte> from, ObjectKey key)
    {
        if (from.Length < HeaderSize + KeyRing.TagSize || !from.StartsWith(Magic[..^2]) || !Checksum.Holds(from[..HeaderSize]))
            throw Damaged(key, "its header is not what was written");

        if (!from.StartsWith(Magic))
        {
            var version = System.Text.Encoding.ASCII.GetString(from[6..8]);
            throw new HoldfastException(
                FailureKind.UnsupportedVersion,
                $"Object '{key}' has version {version}; this version of Holdfast reads 01. Use a newer one."
            );
        }
    }

    private static ReadOnlyMemory<byte> Unpack(ReadOnlySpan<byte> body, Memory<byte> plain, ObjectKey key)
    {
        using var zstd = new ZstdNet.Decompressor();
        try
        {
            return zstd.Unwrap(body, plain.Span, bufferSizePrecheck: false) == plain.Length
                ? plain
                : throw Damaged(key, "it unpacks to another length than it says");
        }
        catch (ZstdNet.ZstdException e)
        {
            throw Damaged(key, "it does not unpack", e);
        }
    }

    private static HoldfastException Damaged(ObjectKey key, string what, Exception? inner = null) =>
        new(FailureKind.Corrupted, $"Object '{key}' is damaged: {what}. Put back a copy of it if there is one.", inner);
}
