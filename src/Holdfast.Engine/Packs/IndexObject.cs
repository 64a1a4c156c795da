using System.Buffers.Binary;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;

namespace Holdfast.Engine.Packs;

/// <summary>A pack as an index object tells it.</summary>
internal sealed record IndexedPack(Guid Pack, PackKind Kind, int ItemSize, long Length, PackDirectory Directory)
{
    /// <summary>Whether a pack can be like this: kinds and sizes known, frames in order and inside.</summary>
    public bool IsSound
    {
        get
        {
            if (Kind is not (PackKind.Data or PackKind.Map) || !ChunkGrid.IsChunkSize(ItemSize))
                return false;

            long end = PackHeader.Size;
            foreach (var frame in Directory.Frames)
            {
                if (frame.Offset < end || (long)frame.ItemCount * ItemSize > FrameHeader.MaxPlainLength)
                    return false;

                end = frame.End;
            }

            return end <= Length;
        }
    }
}

/// <summary>What some packs hold, so that nobody needs to read their directories. Spec: docs/format/repository-v1.md, section 7.</summary>
internal sealed record IndexObject(IReadOnlyList<Guid> Supersedes, IReadOnlyList<IndexedPack> Packs)
{
    /// <summary>Items that writers put into one, unless a single pack has more: bounds its size, and the ids in flight.</summary>
    public const int MostItems = 262_144;

    private const uint Version = 1;
    private const int HeadSize = 16;
    private const int IdSize = 16;
    private const int PackHeadSize = 40;

    /// <summary>How many items its packs hold.</summary>
    public long ItemCount => Packs.Sum(pack => (long)pack.Directory.Items.Count);

    public byte[] Write()
    {
        var bytes = new byte[HeadSize + (Supersedes.Count * IdSize) + Packs.Sum(pack => PackHeadSize + pack.Directory.Length)];
        var to = bytes.AsSpan();
        BinaryPrimitives.WriteUInt32LittleEndian(to, Version);
        BinaryPrimitives.WriteInt32LittleEndian(to[4..], Supersedes.Count);
        BinaryPrimitives.WriteInt32LittleEndian(to[8..], Packs.Count);
        to = to[HeadSize..];
        foreach (var index in Supersedes)
        {
            index.TryWriteBytes(to, bigEndian: true, out _);
            to = to[IdSize..];
        }

        foreach (var pack in Packs)
        {
            pack.Pack.TryWriteBytes(to, bigEndian: true, out _);
            to[16] = (byte)pack.Kind;
            BinaryPrimitives.WriteInt32LittleEndian(to[20..], pack.ItemSize);
            BinaryPrimitives.WriteInt64LittleEndian(to[24..], pack.Length);
            BinaryPrimitives.WriteInt32LittleEndian(to[32..], pack.Directory.Frames.Count);
            BinaryPrimitives.WriteInt32LittleEndian(to[36..], pack.Directory.Items.Count);
            pack.Directory.Write(to[PackHeadSize..]);
            to = to[(PackHeadSize + pack.Directory.Length)..];
        }

        return bytes;
    }

    /// <summary>False when the bytes are not an index object of version 1.</summary>
    public static bool TryRead(ReadOnlySpan<byte> from, out IndexObject index)
    {
        index = new IndexObject([], []);
        if (!TryReadHead(ref from, out var supersedes, out var count))
        {
            return false;
        }

        var packs = new List<IndexedPack>();
        for (var i = 0; i < count; i++)
        {
            if (!TryReadPack(ref from, out var pack))
            {
                return false;
            }

            packs.Add(pack);
        }

        index = new IndexObject(supersedes, packs);
        return from.IsEmpty;
    }

    /// <summary>The packs of an index object one by one, so that not all of it is in memory twice.</summary>
    /// <param name="from">Its plain bytes, which must stay as they are meanwhile.</param>
    /// <exception cref="InvalidDataException">The bytes are not an index object of version 1; packs before that place were
    /// given.</exception>
    public static IEnumerable<IndexedPack> EachPack(ReadOnlyMemory<byte> from)
    {
        var rest = from.Span;
        if (!TryReadHead(ref rest, out _, out var count))
        {
            throw new InvalidDataException();
        }

        var at = from.Length - rest.Length;
        for (var i = 0; i < count; i++)
        {
            var (pack, next) = ReadPack(from, at);
            at = next;
            yield return pack;
        }

        if (at != from.Length)
        {
            throw new InvalidDataException();
        }
    }

    private static (IndexedPack Pack, int Next) ReadPack(ReadOnlyMemory<byte> from, int at)
    {
        var rest = from.Span[at..];
        return TryReadPack(ref rest, out var pack) ? (pack, from.Length - rest.Length) : throw new InvalidDataException();
    }

    private static bool TryReadHead(ref ReadOnlySpan<byte> from, out List<Guid> supersedes, out int count)
    {
        (supersedes, count) = ([], 0);
        if (from.Length < HeadSize || BinaryPrimitives.ReadUInt32LittleEndian(from) != Version)
        {
            return false;
        }

        var superseded = BinaryPrimitives.ReadInt32LittleEndian(from[4..]);
        count = BinaryPrimitives.ReadInt32LittleEndian(from[8..]);
        from = from[HeadSize..];
        if (superseded < 0 || count < 0 || superseded > from.Length / IdSize)
        {
            return false;
        }

        for (var i = 0; i < superseded; i++, from = from[IdSize..])
        {
            supersedes.Add(new Guid(from[..IdSize], bigEndian: true));
        }

        return true;
    }

    private static bool TryReadPack(ref ReadOnlySpan<byte> from, out IndexedPack pack)
    {
        pack = new IndexedPack(default, default, 0, 0, new PackDirectory());
        if (from.Length < PackHeadSize)
        {
            return false;
        }

        var frames = BinaryPrimitives.ReadInt32LittleEndian(from[32..]);
        var items = BinaryPrimitives.ReadInt32LittleEndian(from[36..]);
        if (!PackDirectory.TryRead(from[PackHeadSize..], frames, items, out var directory))
        {
            return false;
        }

        pack = new IndexedPack(
            new Guid(from[..16], bigEndian: true),
            (PackKind)from[16],
            BinaryPrimitives.ReadInt32LittleEndian(from[20..]),
            BinaryPrimitives.ReadInt64LittleEndian(from[24..]),
            directory
        );
        from = from[(PackHeadSize + directory.Length)..];
        return pack.IsSound;
    }
}
