using System.Buffers.Binary;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Keys;

namespace Holdfast.Engine.Packs;

/// <summary>The 32 bytes at the end of a pack: where its directory is. Spec: docs/format/repository-v1.md, section 4.4.</summary>
internal readonly record struct PackFooter(long DirectoryOffset, int DirectoryLength)
{
    public const int Size = 32;

    private const int MaxDirectoryLength =
        DirectoryHeader.Size + (DirectoryHeader.MaxItems * (PackDirectory.FrameEntrySize + Chunks.ItemId.Size)) + KeyRing.TagSize;

    public static ReadOnlySpan<byte> Magic => "HFPEND01"u8;

    public void Write(Span<byte> to)
    {
        to[..Size].Clear();
        Magic.CopyTo(to);
        BinaryPrimitives.WriteInt64LittleEndian(to[8..], DirectoryOffset);
        BinaryPrimitives.WriteInt32LittleEndian(to[16..], DirectoryLength);
        Checksum.Seal(to[..Size]);
    }

    public static bool TryRead(ReadOnlySpan<byte> from, out PackFooter footer)
    {
        footer = default;
        if (from.Length < Size || !from.StartsWith(Magic) || !Checksum.Holds(from[..Size]))
        {
            return false;
        }

        footer = new PackFooter(BinaryPrimitives.ReadInt64LittleEndian(from[8..]), BinaryPrimitives.ReadInt32LittleEndian(from[16..]));
        return footer.DirectoryOffset is >= PackHeader.Size and <= uint.MaxValue
            && footer.DirectoryLength is > DirectoryHeader.Size + KeyRing.TagSize and <= MaxDirectoryLength;
    }
}
