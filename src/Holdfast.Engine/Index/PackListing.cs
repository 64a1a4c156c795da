using System.Security.Cryptography;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Index;

/// <summary>The packs that were in the store at one moment, with their lengths in bytes.</summary>
internal sealed class PackListing
{
    public static readonly PackListing Empty = new(new FolderPacks?[2 * 256]);

    /// <summary>By kind, then by a pack's first byte, as packs lie in folders.</summary>
    private readonly FolderPacks?[] _folders;

    internal PackListing(FolderPacks?[] folders)
    {
        _folders = folders;
        Count = folders.Sum(folder => folder?.Count ?? 0);
    }

    public int Count { get; }

    /// <summary>Lists <c>data/</c> and <c>map/</c>.</summary>
    public static async Task<PackListing> ReadAsync(IObjectStore store, CancellationToken cancel)
    {
        var folders = new FolderPacks?[Empty._folders.Length];
        foreach (var (kind, prefix) in new[] { (PackKind.Data, ObjectNames.Data), (PackKind.Map, ObjectNames.Map) })
        {
            await foreach (var entry in store.ListAsync(prefix, cancel))
            {
                if (ObjectNames.IdOf(entry.Key, "N") is { } pack && entry.Key == ObjectNames.OfPack(kind, pack))
                    (folders[FolderOf(kind, pack)] ??= new FolderPacks()).Add(pack, entry.Size);
            }
        }

        return new PackListing(folders);
    }

    /// <summary>Adds all packs to a hash, in one order whatever the store's.</summary>
    public void AppendTo(IncrementalHash hash)
    {
        for (var i = 0; i < _folders.Length; i++)
            _folders[i]?.AppendTo(hash, (byte)(i / 256));
    }

    /// <summary>This one with more packs; itself when there are none.</summary>
    public PackListing With(IReadOnlyCollection<(PackKind Kind, Guid Pack, long Length)> packs)
    {
        if (packs.Count == 0)
            return this;

        // What others hold is never changed: folders that get a pack are copied first.
        var folders = _folders.ToArray();
        foreach (var folder in packs.GroupBy(pack => FolderOf(pack.Kind, pack.Pack)))
        {
            var copy = _folders[folder.Key] is { } there ? new FolderPacks(there) : new FolderPacks();
            foreach (var (_, pack, length) in folder)
                copy.Add(pack, length);

            folders[folder.Key] = copy;
        }

        return new PackListing(folders);
    }

    public IEnumerable<(PackKind Kind, Guid Pack, long Length)> All() =>
        _folders.SelectMany(
            (folder, i) => folder?.All().Select(pack => (i < 256 ? PackKind.Data : PackKind.Map, pack.Key, pack.Value)) ?? []
        );

    /// <summary>The pack's length, or null when it was not there.</summary>
    public long? Find(PackKind kind, Guid pack) => _folders[FolderOf(kind, pack)]?.Find(pack);

    private static int FolderOf(PackKind kind, Guid pack)
    {
        Span<byte> bytes = stackalloc byte[16];
        pack.TryWriteBytes(bytes, bigEndian: true, out _);
        return (kind == PackKind.Data ? 0 : 256) + bytes[0];
    }
}

/// <summary>What became of the packs that the index names, at one moment.</summary>
/// <param name="Absent">Numbers of packs that were not there, or not as long as the index says.</param>
/// <param name="End">Packs of this number and higher came later: nothing is known of them.</param>
/// <param name="HasLoose">Whether there were packs that no index object names: of a run that died or that is under way, or of an index
/// object that was lost.</param>
internal sealed record PacksSeen(IReadOnlySet<uint> Absent, uint End, bool HasLoose);
