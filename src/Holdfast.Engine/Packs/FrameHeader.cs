using System.Buffers.Binary;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Keys;

namespace Holdfast.Engine.Packs;

/// <summary>The 32 bytes before a sealed frame; they are the seal's associated data. Spec: docs/format/repository-v1.md, section
/// 4.2.</summary>
internal readonly record struct FrameHeader(uint Ordinal, int ItemCount, Codec Codec, int PlainLength, int SealedLength)
{
    public const int Size = 32;

    /// <summary>A frame never holds more plain bytes than one chunk of the largest size has.</summary>
    public const int MaxPlainLength = 4 * 1024 * 1024;

    public static ReadOnlySpan<byte> Magic => "HFRM"u8;

    public void Write(Span<byte> to)
    {
        to[..Size].Clear();
        Magic.CopyTo(to);
        BinaryPrimitives.WriteUInt32LittleEndian(to[4..], Ordinal);
        BinaryPrimitives.WriteUInt16LittleEndian(to[8..], (ushort)ItemCount);
        to[10] = (byte)Codec;
        BinaryPrimitives.WriteInt32LittleEndian(to[12..], PlainLength);
        BinaryPrimitives.WriteInt32LittleEndian(to[16..], SealedLength);
        Checksum.Seal(to[..Size]);
    }

    public static bool TryRead(ReadOnlySpan<byte> from, out FrameHeader header)
    {
        header = default;
        if (from.Length < Size || !from.StartsWith(Magic) || !Checksum.Holds(from[..Size]))
        {
            return false;
        }

        header = new FrameHeader(
            BinaryPrimitives.ReadUInt32LittleEndian(from[4..]),
            BinaryPrimitives.ReadUInt16LittleEndian(from[8..]),
            (Codec)from[10],
            BinaryPrimitives.ReadInt32LittleEndian(from[12..]),
            BinaryPrimitives.ReadInt32LittleEndian(from[16..])
        );
        return header
                is
        {
            Ordinal: < DirectoryHeader.Ordinal,
            ItemCount: > 0,
            Codec: Codec.Raw or Codec.Zstd,
            PlainLength: > 0 and <= MaxPlainLength,
            SealedLength: > KeyRing.TagSize
        }
            && header.SealedLength - KeyRing.TagSize <= header.PlainLength;
    }
}
