using Holdfast.Engine.Basics;
using Holdfast.Engine.Buffers;
using Holdfast.Engine.Format;
using Holdfast.Engine.Index;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Upkeep;

/// <summary>
/// Compares packs with what an index object says of them: their ends, and, where it is asked for or an end is damaged, every frame. Has its
/// own buffers, of some 20 MiB at most; one thread at a time.
/// </summary>
internal sealed class PackLook(RepositoryContext repository, ObjectReading reading) : IDisposable
{
    /// <summary>Frames are read together up to this many bytes: as much as still lies in a core's cache when it is opened.</summary>
    private const int MaxRead = 2 * 1024 * 1024;

    private readonly FrameReader _frames = new(repository.Keys);
    private readonly GrowingBuffer _bytes = new();

    /// <summary>Plain bytes whose hashes were compared.</summary>
    public long BytesVerified { get; private set; }

    /// <param name="length">The object's length in bytes as it was listed; null when it was not.</param>
    /// <param name="directory">The directory's plain bytes, as the index object says them.</param>
    /// <param name="read">Whether to read all of it.</param>
    public async Task<PackVerdict> LookAsync(
        IndexedPack pack,
        long? length,
        ReadOnlyMemory<byte> directory,
        bool read,
        CancellationToken cancel
    )
    {
        if (length is not { } there)
            return PackVerdict.Missing;

        var flaw =
            there == pack.Length
                ? await FindFlawOfEndsAsync(pack, directory, cancel)
                : $"it is {there} bytes long, an index object says {pack.Length}";
        if (flaw is null && !read)
            return PackVerdict.SoundEnds;

        var bad = await ReadFramesAsync(pack, there, cancel);
        if (bad.Contains(true))
            return new PackVerdict(PackVerdict.Describe(pack, bad), IsThere: true, WasRead: true, bad);

        return flaw is null ? PackVerdict.SoundWhole : new PackVerdict(flaw, IsThere: true, WasRead: true, null);
    }

    /// <summary>Reads and opens one frame, and compares its items with their ids. Null when it does not hold them; else its plain bytes,
    /// good until the next call.</summary>
    public async Task<ReadOnlyMemory<byte>?> ReadFrameAsync(IndexedPack pack, int frame, int firstItem, CancellationToken cancel)
    {
        var entry = pack.Directory.Frames[frame];
        var bytes = _bytes.Get((int)(entry.End - entry.Offset));
        var flaw = await reading.TryReadAsync(ObjectNames.OfPack(pack.Kind, pack.Pack), entry.Offset, bytes, cancel);
        return flaw is null && Holds(pack, frame, firstItem, bytes, out var plain) ? plain : (ReadOnlyMemory<byte>?)null;
    }

    public void Dispose()
    {
        _frames.Dispose();
        _bytes.Dispose();
    }

    private async Task<string?> FindFlawOfEndsAsync(IndexedPack pack, ReadOnlyMemory<byte> directory, CancellationToken cancel)
    {
        var key = ObjectNames.OfPack(pack.Kind, pack.Pack);
        var head = new byte[PackHeader.Size];
        if (await reading.TryReadAsync(key, 0, head, cancel) is { } unread)
            return unread;

        // Frames, then the directory and the footer: nothing else has room in a pack.
        var header = new DirectoryHeader(pack.Directory.Frames.Count, pack.Directory.Items.Count);
        var length = DirectoryHeader.Size + header.SealedLength;
        var at = pack.Length - length - PackFooter.Size;
        if (!IsHeaderOf(pack, key, head) || at < pack.Directory.Frames[^1].End)
            return "its header is not what was written";

        var tail = _bytes.Get(length + PackFooter.Size);
        if (await reading.TryReadAsync(key, at, tail, cancel) is { } unreadTail)
            return unreadTail;

        if (!PackFooter.TryRead(tail.Span[length..], out var footer) || footer != new PackFooter(at, length))
            return "its footer is not what was written";

        return IsDirectory(pack, header, head, tail.Span[..length], directory.Span) ? null : "its directory is not what was written";
    }

    private bool IsHeaderOf(IndexedPack pack, ObjectKey key, byte[] head)
    {
        try
        {
            return new PackReader(repository.Store, repository.Keys, repository.Id).ReadHeader(key, head).ItemSize == pack.ItemSize;
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.Corrupted)
        {
            return false;
        }
    }

    private bool IsDirectory(
        IndexedPack pack,
        DirectoryHeader header,
        ReadOnlySpan<byte> head,
        ReadOnlySpan<byte> stored,
        ReadOnlySpan<byte> directory
    )
    {
        if (!DirectoryHeader.TryRead(stored, out var there) || there != header)
            return false;

        var plain = new byte[header.PlainLength];
        using var cipher = repository.Keys.PackCipher(pack.Pack);
        return PackSeal.TryOpen(
                cipher,
                DirectoryHeader.Ordinal,
                stored[DirectoryHeader.Size..],
                plain,
                DirectoryHeader.Associated(head, stored)
            )
            && directory.SequenceEqual(plain);
    }

    /// <summary>Which frames do not hold what they should.</summary>
    private async Task<bool[]> ReadFramesAsync(IndexedPack pack, long length, CancellationToken cancel)
    {
        var key = ObjectNames.OfPack(pack.Kind, pack.Pack);
        var frames = pack.Directory.Frames;
        var bad = new bool[frames.Count];
        var item = 0;
        for (var first = 0; first < frames.Count;)
        {
            cancel.ThrowIfCancellationRequested();
            var end = first + 1;
            while (end < frames.Count && frames[end].End - frames[first].Offset <= MaxRead && frames[end].End <= length)
                end++;

            var offset = frames[first].Offset;
            var window = frames[end - 1].End <= length ? _bytes.Get((int)(frames[end - 1].End - offset)) : default;
            var isRead = !window.IsEmpty && await reading.TryReadAsync(key, offset, window, cancel) is null;
            for (var frame = first; frame < end; item += frames[frame].ItemCount, frame++)
            {
                // One bad sector does not cost its neighbours.
                bad[frame] = isRead
                    ? !Holds(pack, frame, item, window[(int)(frames[frame].Offset - offset)..], out _)
                    : frames[frame].End > length || await ReadFrameAsync(pack, frame, item, cancel) is null;
            }

            first = end;
        }

        return bad;
    }

    private bool Holds(IndexedPack pack, int frame, int firstItem, ReadOnlyMemory<byte> bytes, out ReadOnlyMemory<byte> plain)
    {
        var entry = pack.Directory.Frames[frame];
        var from = bytes.Span[..(int)(entry.End - entry.Offset)];
        if (
            !_frames.TryOpen(pack.Pack, pack.ItemSize, from, out var header, out plain)
            || header.Ordinal != frame
            || header.SealedLength != entry.SealedLength
            || header.ItemCount != entry.ItemCount
        )
            return false;

        var hasher = pack.Kind == PackKind.Data ? repository.Keys.Chunks : repository.Keys.Nodes;
        for (var i = 0; i < entry.ItemCount; i++)
        {
            if (hasher.Hash(plain.Span.Slice(i * pack.ItemSize, pack.ItemSize)) != pack.Directory.Items[firstItem + i])
                return false;
        }

        BytesVerified += plain.Length;
        return true;
    }
}
