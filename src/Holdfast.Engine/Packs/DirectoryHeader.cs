using System.Buffers.Binary;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Keys;

namespace Holdfast.Engine.Packs;

/// <summary>The 32 bytes before a pack's sealed directory. Spec: docs/format/repository-v1.md, section 4.3.</summary>
internal readonly record struct DirectoryHeader(int FrameCount, int ItemCount)
{
    public const int Size = 32;

    /// <summary>The nonce counter of a directory: one that no frame has.</summary>
    public const uint Ordinal = uint.MaxValue;

    /// <summary>No pack holds more items: bounds what a reader allocates before it has verified anything.</summary>
    public const int MaxItems = 1 << 16;

    public static ReadOnlySpan<byte> Magic => "HFDR"u8;

    public int PlainLength => PackDirectory.PlainLength(FrameCount, ItemCount);

    public int SealedLength => PlainLength + KeyRing.TagSize;

    /// <summary>What the directory's seal vouches for besides itself: the pack's header and its own, given the bytes that begin with
    /// each.</summary>
    public static byte[] Associated(ReadOnlySpan<byte> pack, ReadOnlySpan<byte> directory) =>
        [.. pack[..PackHeader.Size], .. directory[..Size]];

    public void Write(Span<byte> to)
    {
        to[..Size].Clear();
        Magic.CopyTo(to);
        BinaryPrimitives.WriteInt32LittleEndian(to[4..], FrameCount);
        BinaryPrimitives.WriteInt32LittleEndian(to[8..], ItemCount);
        BinaryPrimitives.WriteInt32LittleEndian(to[12..], PlainLength);
        BinaryPrimitives.WriteInt32LittleEndian(to[16..], SealedLength);
        Checksum.Seal(to[..Size]);
    }

    public static bool TryRead(ReadOnlySpan<byte> from, out DirectoryHeader header)
    {
        header = default;
        if (from.Length < Size || !from.StartsWith(Magic) || !Checksum.Holds(from[..Size]))
        {
            return false;
        }

        header = new DirectoryHeader(BinaryPrimitives.ReadInt32LittleEndian(from[4..]), BinaryPrimitives.ReadInt32LittleEndian(from[8..]));
        return header.FrameCount is > 0 and <= MaxItems
            && header.ItemCount is > 0 and <= MaxItems
            && header.FrameCount <= header.ItemCount
            && BinaryPrimitives.ReadInt32LittleEndian(from[12..]) == header.PlainLength
            && BinaryPrimitives.ReadInt32LittleEndian(from[16..]) == header.SealedLength;
    }
}
