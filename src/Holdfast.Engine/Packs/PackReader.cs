using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Packs;

/// <summary>Reads what a pack says of itself, without any index. Spec: docs/format/repository-v1.md, section 4.</summary>
internal sealed class PackReader(IObjectStore store, KeyRing keys, Guid repository)
{
    /// <summary>Reads and opens a pack's directory.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.NotFound"/>; <see cref="FailureKind.UnsupportedVersion"/>;
    /// <see cref="FailureKind.Corrupted"/> naming the pack and what of it is damaged: then <see cref="PackScanner"/> may still find its
    /// frames.</exception>
    public async Task<IndexedPack> ReadDirectoryAsync(ObjectKey key, CancellationToken cancel)
    {
        var length =
            await store.FindSizeAsync(key, cancel)
            ?? throw new HoldfastException(FailureKind.NotFound, $"There is no pack '{key}' in '{store.Name}'.");
        if (length < PackHeader.Size + PackFooter.Size)
            throw Damaged(key, $"it is {length} bytes long");

        var head = new byte[PackHeader.Size];
        await store.ReadAsync(key, 0, head, cancel);
        var header = ReadHeader(key, head);
        var foot = new byte[PackFooter.Size];
        await store.ReadAsync(key, length - PackFooter.Size, foot, cancel);
        var footer = ReadFooter(key, foot, length);
        var sealedDirectory = new byte[footer.DirectoryLength];
        await store.ReadAsync(key, footer.DirectoryOffset, sealedDirectory, cancel);
        var pack = OpenDirectory(header, head, sealedDirectory, length);
        return pack is { IsSound: true } ? pack : throw Damaged(key, "its directory does not open");
    }

    /// <summary>Opens the directory of a pack of which all bytes are at hand.</summary>
    /// <inheritdoc cref="ReadDirectoryAsync" path="/exception"/>
    public IndexedPack ReadDirectory(ObjectKey key, ReadOnlySpan<byte> pack)
    {
        if (pack.Length < PackHeader.Size + PackFooter.Size)
            throw Damaged(key, $"it is {pack.Length} bytes long");

        var head = pack[..PackHeader.Size];
        var header = ReadHeader(key, head);
        var footer = ReadFooter(key, pack[^PackFooter.Size..], pack.Length);
        var opened = OpenDirectory(header, head, pack.Slice((int)footer.DirectoryOffset, footer.DirectoryLength), pack.Length);
        return opened is { IsSound: true } ? opened : throw Damaged(key, "its directory does not open");
    }

    /// <summary>Reads a pack's header and checks that it is of this repository and name.</summary>
    public PackHeader ReadHeader(ObjectKey key, ReadOnlySpan<byte> head)
    {
        if (
            head.Length >= PackHeader.Size
            && !head.StartsWith(PackHeader.Magic)
            && head.StartsWith(PackHeader.Magic[..^2])
            && Checksum.Holds(head[..PackHeader.Size])
        )
        {
            var version = System.Text.Encoding.ASCII.GetString(head[6..8]);
            throw new HoldfastException(
                FailureKind.UnsupportedVersion,
                $"Pack '{key}' has version {version}; this version of Holdfast reads 01. Use a newer one."
            );
        }

        return
            PackHeader.TryRead(head, out var header)
            && header.Repository == repository
            && ObjectNames.OfPack(header.Kind, header.Pack) == key
            ? header
            : throw Damaged(key, "its header is not what was written");
    }

    private static PackFooter ReadFooter(ObjectKey key, ReadOnlySpan<byte> foot, long length) =>
        PackFooter.TryRead(foot, out var footer) && footer.DirectoryOffset + footer.DirectoryLength == length - PackFooter.Size
            ? footer
            : throw Damaged(key, "its footer is not what was written");

    private IndexedPack? OpenDirectory(PackHeader header, ReadOnlySpan<byte> head, ReadOnlySpan<byte> from, long length)
    {
        if (!DirectoryHeader.TryRead(from, out var directory) || directory.SealedLength != from.Length - DirectoryHeader.Size)
            return null;

        var plain = new byte[directory.PlainLength];
        using var cipher = keys.PackCipher(header.Pack);
        return
            PackSeal.TryOpen(cipher, DirectoryHeader.Ordinal, from[DirectoryHeader.Size..], plain, DirectoryHeader.Associated(head, from))
            && PackDirectory.TryRead(plain, directory.FrameCount, directory.ItemCount, out var read)
            ? new IndexedPack(header.Pack, header.Kind, header.ItemSize, length, read)
            : null;
    }

    private static HoldfastException Damaged(ObjectKey key, string what) =>
        new(FailureKind.Corrupted, $"Pack '{key}' is damaged: {what}. Put back a copy of it if there is one.");
}
