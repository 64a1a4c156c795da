using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Index;
using Holdfast.Engine.Keys;

namespace Holdfast.Engine.Packs;

/// <summary>A pack while it is filled: header, sealed frames, and at last the sealed directory and the footer, in one piece of memory that is used
/// again for later packs. One thread at a time.</summary>
internal sealed class PackBuffer(int packSize)
{
    /// <summary>A pack of very compressible chunks is closed by its number of items, so that its directory stays small.</summary>
    public const int MaxItems = 64 * 1024;

    /// <summary>One frame may begin just below the target; the directory of <see cref="MaxItems"/> items and as many frames follows.</summary>
    private const int Slack = FrameHeader.MaxPlainLength + (MaxItems * (ItemId.Size + PackDirectory.FrameEntrySize)) + (64 * 1024);

    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(packSize + Slack, pinned: true);
    private PackHeader _header;
    private PackDirectory _directory = new();
    private AesGcm? _cipher;
    private int _length;

    public PackKind Kind => _header.Kind;

    public Guid Pack => _header.Pack;

    public bool IsFull => _length >= packSize || _directory.Items.Count >= MaxItems - (FrameBuilder.TargetPlainLength / ChunkGrid.MinChunkSize);

    public ReadOnlySequence<byte> Content => new(_bytes.AsMemory(0, _length));

    public void Begin(PackHeader header, KeyRing keys)
    {
        _header = header;
        _directory = new PackDirectory();
        _cipher = keys.PackCipher(header.Pack);
        header.Write(_bytes);
        _length = PackHeader.Size;
    }

    public void Append(PackedFrame frame)
    {
        var header = new FrameHeader((uint)_directory.Frames.Count, frame.Ids.Length, frame.Codec, frame.PlainLength, frame.Body.Length + FrameHeader.TagSize);
        var at = _length;
        header.Write(_bytes.AsSpan(at));
        Seal(header.Ordinal, at, FrameHeader.Size, frame.Body.Span);
        _directory.Add(new FrameEntry((uint)at, header.SealedLength, frame.Ids.Length, frame.Codec), frame.Ids.Span);
    }

    /// <summary>Writes the directory and the footer, and says what an index is to say of the pack.</summary>
    public IndexedPack End()
    {
        var at = _length;
        var header = new DirectoryHeader(_directory.Frames.Count, _directory.Items.Count);
        header.Write(_bytes.AsSpan(at));
        var plain = new byte[header.PlainLength];
        _directory.Write(plain);
        Seal(DirectoryHeader.Ordinal, at, DirectoryHeader.Size, plain);
        new PackFooter(at, _length - at).Write(_bytes.AsSpan(_length));
        _length += PackFooter.Size;
        _cipher?.Dispose();
        _cipher = null;
        return new IndexedPack(_header.Pack, _header.Kind, _header.ItemSize, _length, _directory);
    }

    /// <summary>Seals a body behind a header that is written already; the header is its associated data.</summary>
    private void Seal(uint ordinal, int at, int headerSize, ReadOnlySpan<byte> body)
    {
        Span<byte> nonce = stackalloc byte[12];
        PackNonce.Write(nonce, ordinal);
        var cipher = _cipher ?? throw new InvalidOperationException("The pack was not begun.");
        var bodyAt = at + headerSize;
        cipher.Encrypt(nonce, body, _bytes.AsSpan(bodyAt, body.Length), _bytes.AsSpan(bodyAt + body.Length, FrameHeader.TagSize), _bytes.AsSpan(at, headerSize));
        _length = bodyAt + body.Length + FrameHeader.TagSize;
    }
}

/// <summary>The nonce of the n-th frame of a pack: n, then zeros. A pack has a key of its own, so none is used twice. Spec: docs/format/repository-v1.md, Nonces.</summary>
internal static class PackNonce
{
    public static void Write(Span<byte> nonce, uint ordinal)
    {
        nonce.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(nonce, ordinal);
    }
}
