using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Packs;

/// <summary>What a scan found: the frames that open, with their items' ids, and how many bytes belong to none.</summary>
internal sealed record ScannedPack(IndexedPack Pack, long BytesLost);

/// <summary>
/// Rebuilds a pack's directory from its frames, for a pack whose end is damaged or cut off. Where a frame does not open it looks for the
/// next one by its magic. Reads the whole pack into memory. Spec: docs/format/repository-v1.md, section 4.
/// </summary>
internal sealed class PackScanner(IObjectStore store, KeyRing keys, Guid repository)
{
    /// <exception cref="HoldfastException"><see cref="FailureKind.NotFound"/>; <see cref="FailureKind.Corrupted"/> when not even the header
    /// is what was written.</exception>
    public async Task<ScannedPack> ScanAsync(ObjectKey key, CancellationToken cancel)
    {
        var bytes = await store.ReadWholeAsync(key, cancel);
        return Scan(new PackReader(store, keys, repository).ReadHeader(key, bytes), bytes);
    }

    /// <summary>Scans the bytes of a pack.</summary>
    /// <param name="header">What it should begin with, whether or not it does.</param>
    public ScannedPack Scan(PackHeader header, ReadOnlySpan<byte> bytes)
    {
        var directory = new PackDirectory();
        var lost = Scan(header, bytes, directory);
        return new ScannedPack(new IndexedPack(header.Pack, header.Kind, header.ItemSize, bytes.Length, directory), lost);
    }

    private long Scan(PackHeader header, ReadOnlySpan<byte> bytes, PackDirectory directory)
    {
        using var frames = new FrameReader(keys);
        var hasher = header.Kind == PackKind.Data ? keys.Chunks : keys.Nodes;
        var lost = 0L;
        for (var at = PackHeader.Size; at < bytes.Length;)
        {
            if (frames.TryOpen(header.Pack, header.ItemSize, bytes[at..], out var frame, out var plain))
            {
                directory.Add(
                    new FrameEntry((uint)at, frame.SealedLength, frame.ItemCount, frame.Codec),
                    Ids(hasher, plain.Span, header.ItemSize)
                );
                at += FrameHeader.Size + frame.SealedLength;
                continue;
            }

            var next = NextStart(bytes, at + 1);
            lost += IsEnd(bytes[at..]) ? 0 : next - at;
            at = next;
        }

        return lost;
    }

    /// <summary>Where the next frame or the directory seems to begin, or the end.</summary>
    private static int NextStart(ReadOnlySpan<byte> bytes, int from)
    {
        for (var at = from; at < bytes.Length; at++)
        {
            var found = bytes[at..].IndexOf(FrameHeader.Magic[..2]);
            if (found < 0)
                break;

            at += found;
            if (bytes[at..].StartsWith(FrameHeader.Magic) || IsEnd(bytes[at..]))
                return at;
        }

        return bytes.Length;
    }

    /// <summary>A sound directory header ends the frames; what follows is not lost data.</summary>
    private static bool IsEnd(ReadOnlySpan<byte> from) => DirectoryHeader.TryRead(from, out _);

    private static ItemId[] Ids(ItemHasher hasher, ReadOnlySpan<byte> plain, int itemSize)
    {
        var ids = new ItemId[plain.Length / itemSize];
        for (var i = 0; i < ids.Length; i++)
            ids[i] = hasher.Hash(plain.Slice(i * itemSize, itemSize));

        return ids;
    }
}
