using System.Buffers;
using System.Security.Cryptography;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Buffers;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Keys;

namespace Holdfast.Engine.Packs;

/// <summary>A pack while it is filled: header, sealed frames, and at last the sealed directory and the footer, in one piece of memory that
/// is used again for later packs. One thread at a time.</summary>
internal sealed class PackBuffer(int packSize) : IDisposable
{
    /// <summary>A pack of very compressible chunks is closed by its number of items, so that its directory stays small.</summary>
    public const int FullAtItems = DirectoryHeader.MaxItems - (FrameHeader.MaxPlainLength / ChunkGrid.MinChunkSize);

    /// <summary>One frame may begin just below the target; a directory of the most items and as many frames follows.</summary>
    private const int Slack =
        FrameHeader.MaxPlainLength + (DirectoryHeader.MaxItems * (ItemId.Size + PackDirectory.FrameEntrySize)) + (64 * 1024);

    private readonly NativeBuffer _bytes = new(packSize + Slack);
    private PackHeader _header;
    private PackDirectory _directory = new();
    private AesGcm? _cipher;
    private int _length;

    public PackKind Kind => _header.Kind;

    public Guid Pack => _header.Pack;

    public bool IsFull => _length >= packSize || _directory.Items.Count >= FullAtItems;

    public ReadOnlySequence<byte> Content => new(_bytes.Memory[.._length]);

    /// <summary>Begins a pack under a name that was never used.</summary>
    /// <param name="repository">The repository's UUID.</param>
    public void BeginNew(PackKind kind, int itemSize, Guid repository, KeyRing keys) =>
        Begin(new PackHeader(kind, itemSize, new Guid(RandomNumberGenerator.GetBytes(16)), repository), keys);

    public void Begin(PackHeader header, KeyRing keys)
    {
        _header = header;
        _directory = new PackDirectory();
        _cipher?.Dispose();
        _cipher = keys.PackCipher(header.Pack);
        header.Write(_bytes.GetSpan());
        _length = PackHeader.Size;
    }

    public void Append(PackedFrame frame)
    {
        var header = new FrameHeader(
            (uint)_directory.Frames.Count,
            frame.Ids.Length,
            frame.Codec,
            frame.PlainLength,
            frame.Body.Length + KeyRing.TagSize
        );
        var to = _bytes.GetSpan()[_length..];
        header.Write(to);
        PackSeal.Seal(Cipher(), header.Ordinal, frame.Body.Span, to[FrameHeader.Size..], to[..FrameHeader.Size]);
        _directory.Add(new FrameEntry((uint)_length, header.SealedLength, frame.Ids.Length, frame.Codec), frame.Ids.Span);
        _length += FrameHeader.Size + header.SealedLength;
    }

    /// <summary>Writes the directory and the footer, and says what an index is to say of the pack.</summary>
    public IndexedPack End()
    {
        var at = _length;
        var header = new DirectoryHeader(_directory.Frames.Count, _directory.Items.Count);
        var plain = new byte[header.PlainLength];
        _directory.Write(plain);
        var to = _bytes.GetSpan()[at..];
        header.Write(to);
        PackSeal.Seal(
            Cipher(),
            DirectoryHeader.Ordinal,
            plain,
            to[DirectoryHeader.Size..],
            DirectoryHeader.Associated(_bytes.GetSpan(), to)
        );
        var length = DirectoryHeader.Size + header.SealedLength;
        new PackFooter(at, length).Write(to[length..]);
        _length = at + length + PackFooter.Size;
        _cipher?.Dispose();
        _cipher = null;
        return new IndexedPack(_header.Pack, _header.Kind, _header.ItemSize, _length, _directory);
    }

    public void Dispose()
    {
        _cipher?.Dispose();
        ((IDisposable)_bytes).Dispose();
    }

    private AesGcm Cipher() => _cipher ?? throw new InvalidOperationException("The pack was not begun.");
}
