using System.Buffers.Binary;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Keys;

namespace Holdfast.Engine.Packs;

/// <summary>Where a frame lies in its pack and how many items it holds.</summary>
internal readonly record struct FrameEntry(uint Offset, int SealedLength, int ItemCount, Codec Codec)
{
    /// <summary>Whether a frame can be like this: bounds what a reader takes memory for.</summary>
    public bool IsSound =>
        ItemCount > 0
        && SealedLength is > KeyRing.TagSize and <= FrameHeader.MaxPlainLength + KeyRing.TagSize
        && Codec is Codec.Raw or Codec.Zstd;

    /// <summary>Where the next frame begins.</summary>
    public long End => (long)Offset + FrameHeader.Size + SealedLength;
}

/// <summary>What a pack holds: its frames, and the ids of their items in order. Spec: docs/format/repository-v1.md, section 4.3.</summary>
internal sealed class PackDirectory
{
    public const int FrameEntrySize = 16;

    public List<FrameEntry> Frames { get; } = [];

    public List<ItemId> Items { get; } = [];

    public int Length => PlainLength(Frames.Count, Items.Count);

    public static int PlainLength(int frames, int items) => (frames * FrameEntrySize) + (items * ItemId.Size);

    public void Add(FrameEntry frame, ReadOnlySpan<ItemId> ids)
    {
        Frames.Add(frame);
        foreach (var id in ids)
        {
            Items.Add(id);
        }
    }

    public byte[] ToArray()
    {
        var bytes = new byte[Length];
        Write(bytes);
        return bytes;
    }

    public void Write(Span<byte> to)
    {
        foreach (var frame in Frames)
        {
            to[..FrameEntrySize].Clear();
            BinaryPrimitives.WriteUInt32LittleEndian(to, frame.Offset);
            BinaryPrimitives.WriteInt32LittleEndian(to[4..], frame.SealedLength);
            BinaryPrimitives.WriteUInt16LittleEndian(to[8..], (ushort)frame.ItemCount);
            to[10] = (byte)frame.Codec;
            to = to[FrameEntrySize..];
        }

        foreach (var id in Items)
        {
            id.CopyTo(to);
            to = to[ItemId.Size..];
        }
    }

    /// <summary>Reads a directory of known counts. False when the frames' item counts do not add up, or one is empty.</summary>
    public static bool TryRead(ReadOnlySpan<byte> from, int frames, int items, out PackDirectory directory)
    {
        directory = new PackDirectory();
        if (
            frames is < 0 or > DirectoryHeader.MaxItems
            || items is < 0 or > DirectoryHeader.MaxItems
            || from.Length < PlainLength(frames, items)
        )
        {
            return false;
        }

        directory.Frames.EnsureCapacity(frames);
        directory.Items.EnsureCapacity(items);
        var sum = 0L;
        for (var i = 0; i < frames; i++, from = from[FrameEntrySize..])
        {
            var frame = new FrameEntry(
                BinaryPrimitives.ReadUInt32LittleEndian(from),
                BinaryPrimitives.ReadInt32LittleEndian(from[4..]),
                BinaryPrimitives.ReadUInt16LittleEndian(from[8..]),
                (Codec)from[10]
            );
            if (!frame.IsSound)
            {
                return false;
            }

            sum += frame.ItemCount;
            directory.Frames.Add(frame);
        }

        for (var i = 0; i < items; i++, from = from[ItemId.Size..])
        {
            directory.Items.Add(new ItemId(from));
        }

        return sum == items;
    }
}
