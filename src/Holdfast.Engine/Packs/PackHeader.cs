using System.Buffers.Binary;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;

namespace Holdfast.Engine.Packs;

/// <summary>The 64 bytes at the head of a pack. Spec: docs/format/repository-v1.md, section 4.1.</summary>
internal readonly record struct PackHeader(PackKind Kind, int ItemSize, Guid Pack, Guid Repository)
{
    public const int Size = 64;

    public static ReadOnlySpan<byte> Magic => "HFPACK01"u8;

    public void Write(Span<byte> to)
    {
        to[..Size].Clear();
        Magic.CopyTo(to);
        to[8] = (byte)Kind;
        BinaryPrimitives.WriteInt32LittleEndian(to[12..], ItemSize);
        Pack.TryWriteBytes(to[16..], bigEndian: true, out _);
        Repository.TryWriteBytes(to[32..], bigEndian: true, out _);
        Checksum.Seal(to[..Size]);
    }

    public static bool TryRead(ReadOnlySpan<byte> from, out PackHeader header)
    {
        header = default;
        if (from.Length < Size || !from.StartsWith(Magic) || !Checksum.Holds(from[..Size]))
        {
            return false;
        }

        header = new PackHeader(
            (PackKind)from[8],
            BinaryPrimitives.ReadInt32LittleEndian(from[12..]),
            new Guid(from[16..32], bigEndian: true),
            new Guid(from[32..48], bigEndian: true)
        );
        return header.Kind is PackKind.Data or PackKind.Map && ChunkGrid.IsChunkSize(header.ItemSize);
    }
}
