using System.Buffers.Binary;
using System.Security.Cryptography;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Index;

/// <summary>The packs of one folder of the store, with their lengths in bytes.</summary>
internal sealed class FolderPacks
{
    /// <summary>Bytes that a pack adds to a hash.</summary>
    public const int EntrySize = 25;

    private readonly Dictionary<Guid, long> _lengths;

    public FolderPacks() => _lengths = [];

    public FolderPacks(FolderPacks from) => _lengths = new Dictionary<Guid, long>(from._lengths);

    public int Count => _lengths.Count;

    /// <summary>Lists one folder. A pack that lies where it would not be looked for is none.</summary>
    /// <param name="prefix">The folder, with a slash at its end.</param>
    public static async Task<FolderPacks> ReadAsync(IObjectStore store, PackKind kind, string prefix, CancellationToken cancel)
    {
        var folder = new FolderPacks();
        await foreach (var entry in store.ListAsync(prefix, cancel))
        {
            if (ObjectNames.IdOf(entry.Key, "N") is { } pack && entry.Key == ObjectNames.OfPack(kind, pack))
                folder.Add(pack, entry.Size);
        }

        return folder;
    }

    public void Add(Guid pack, long length) => _lengths[pack] = length;

    public long? Find(Guid pack) => _lengths.TryGetValue(pack, out var length) ? length : null;

    public IEnumerable<KeyValuePair<Guid, long>> All() => _lengths;

    /// <summary>Adds the packs to a hash, in one order whatever the store's.</summary>
    public void AppendTo(IncrementalHash hash, byte kind)
    {
        Span<byte> entry = stackalloc byte[EntrySize];
        foreach (var (pack, length) in _lengths.OrderBy(pack => pack.Key))
        {
            pack.TryWriteBytes(entry, bigEndian: true, out _);
            entry[16] = kind;
            BinaryPrimitives.WriteInt64LittleEndian(entry[17..], length);
            hash.AppendData(entry);
        }
    }
}
