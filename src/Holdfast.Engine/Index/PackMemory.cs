using System.Buffers.Binary;
using Holdfast.Engine.Basics;

namespace Holdfast.Engine.Index;

/// <summary>
/// The packs that a store was last seen to hold, and when, in a file beside the index cache: the time of the listing, then a pack an entry,
/// each with a checksum. What this machine puts is added at the end. Disposable; what is damaged is passed over, and asked for again.
/// </summary>
internal sealed class PackMemory(string? cacheRoot)
{
    private const string Name = "packs-1";
    private const int EntrySize = FolderPacks.EntrySize + sizeof(uint);
    private const int HeadSize = 8 + 8 + sizeof(uint);

    private readonly string? _path = cacheRoot is null ? null : Path.Combine(cacheRoot, Name);

    private static ReadOnlySpan<byte> Magic => "HFPACKS1"u8;

    /// <summary>What was kept, with the time of the listing; null where there is none.</summary>
    public (DateTimeOffset ListedAt, List<(PackKind Kind, Guid Pack, long Length)> Packs)? Read()
    {
        byte[] file;
        try
        {
            if (_path is null || !File.Exists(_path))
                return null;

            file = File.ReadAllBytes(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        if (file.Length < HeadSize || !file.AsSpan().StartsWith(Magic) || !Checksum.Holds(file.AsSpan(0, HeadSize)))
            return null;

        var milliseconds = BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(Magic.Length));
        if (milliseconds < 0 || milliseconds > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())
            return null;

        var packs = new List<(PackKind, Guid, long)>((file.Length - HeadSize) / EntrySize);
        for (var at = HeadSize; at + EntrySize <= file.Length; at += EntrySize)
        {
            var entry = file.AsSpan(at, EntrySize);
            if (!Checksum.Holds(entry))
                continue;

            var length = BinaryPrimitives.ReadInt64LittleEndian(entry[17..]);
            packs.Add(((PackKind)entry[16], new Guid(entry[..16], bigEndian: true), length));
        }

        return (DateTimeOffset.FromUnixTimeMilliseconds(milliseconds), packs);
    }

    /// <summary>Keeps a listing in the place of what there was. What cannot be kept is listed again.</summary>
    public void Write(DateTimeOffset listedAt, IReadOnlyCollection<(PackKind Kind, Guid Pack, long Length)> packs)
    {
        var head = new byte[HeadSize];
        Magic.CopyTo(head);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(Magic.Length), listedAt.ToUnixTimeMilliseconds());
        Checksum.Seal(head);
        Try(path =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path) ?? "/");
            var scratch = $"{path}-{Path.GetRandomFileName()}";
            File.WriteAllBytes(scratch, [.. head, .. Entries(packs)]);
            File.Move(scratch, path, overwrite: true);
        });
    }

    /// <summary>Adds packs that have come since, where there is a listing to add them to.</summary>
    public void Add(IReadOnlyCollection<(PackKind Kind, Guid Pack, long Length)> packs) =>
        Try(path =>
        {
            if (!File.Exists(path))
                return;

            using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);

            // An entry that another process did not finish is a gap of bytes, not of entries.
            var torn = (int)((file.Length - HeadSize) % EntrySize);
            file.Write([.. new byte[torn == 0 ? 0 : EntrySize - torn], .. Entries(packs)]);
        });

    public void Forget() => Try(File.Delete);

    private static byte[] Entries(IReadOnlyCollection<(PackKind Kind, Guid Pack, long Length)> packs)
    {
        var bytes = new byte[packs.Count * EntrySize];
        var at = 0;
        foreach (var (kind, pack, length) in packs)
        {
            var entry = bytes.AsSpan(at, EntrySize);
            pack.TryWriteBytes(entry, bigEndian: true, out _);
            entry[16] = (byte)kind;
            BinaryPrimitives.WriteInt64LittleEndian(entry[17..], length);
            Checksum.Seal(entry);
            at += EntrySize;
        }

        return bytes;
    }

    private void Try(Action<string> act)
    {
        if (_path is null)
            return;

        try
        {
            act(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A place that cannot be written remembers nothing.
        }
    }
}
