using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Index;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Upkeep.Prune;

/// <summary>What was in the store. Index objects are listed before packs: who sees one of them here sees its packs here, too, or they are
/// gone.</summary>
internal sealed class StoreListing
{
    private readonly IObjectStore _store;
    private readonly Dictionary<Guid, (PackKind Kind, long Length)> _packs = [];

    private StoreListing(IObjectStore store) => _store = store;

    /// <summary>Index objects with their lengths in bytes.</summary>
    public Dictionary<Guid, long> Index { get; } = [];

    public HashSet<Guid> Marks { get; } = [];

    public HashSet<BackupId> Manifests { get; } = [];

    /// <summary>Backups whose manifest counts no more, should it come.</summary>
    public HashSet<BackupId> Removed { get; } = [];

    public IEnumerable<(Guid Pack, PackKind Kind, long Length)> Packs =>
        _packs.Select(pack => (pack.Key, pack.Value.Kind, pack.Value.Length));

    public static async Task<StoreListing> ReadAsync(RepositoryContext repository, CancellationToken cancel)
    {
        var listing = new StoreListing(repository.Store);
        await listing.ListAsync(ObjectNames.Index, "N", (id, entry) => listing.Index[id] = entry.Size, cancel);
        foreach (var kind in new[] { PackKind.Data, PackKind.Map })
        {
            await listing.ListAsync(
                kind == PackKind.Data ? ObjectNames.Data : ObjectNames.Map,
                "N",
                (id, entry) =>
                {
                    if (entry.Key == ObjectNames.OfPack(kind, id))
                        listing._packs[id] = (kind, entry.Size);
                },
                cancel
            );
        }

        await listing.ListAsync(ObjectNames.Manifests, "D", (id, _) => listing.Manifests.Add(new BackupId(id)), cancel);
        await listing.ListAsync(ObjectNames.Removed, "D", (id, _) => listing.Removed.Add(new BackupId(id)), cancel);
        await listing.ListAsync(ObjectNames.PruneMarks, "N", (id, _) => listing.Marks.Add(id), cancel);
        return listing;
    }

    /// <summary>Bytes of an index object; null when it came after the listing.</summary>
    public long? LengthOf(Guid index) => Index.TryGetValue(index, out var length) ? length : null;

    /// <summary>Whether a pack is there as long as an index object says. What an index object names that came after the listing is asked
    /// for.</summary>
    public async ValueTask<bool> HoldsAsync(IndexedPack pack, Guid index, CancellationToken cancel)
    {
        if (_packs.TryGetValue(pack.Pack, out var listed))
            return listed == (pack.Kind, pack.Length);

        return !Index.ContainsKey(index) && await _store.FindSizeAsync(ObjectNames.OfPack(pack.Kind, pack.Pack), cancel) == pack.Length;
    }

    private async Task ListAsync(string prefix, string format, Action<Guid, ObjectEntry> add, CancellationToken cancel)
    {
        foreach (var (id, entry) in await _store.ListIdsAsync(prefix, format, cancel))
            add(id, entry);
    }
}
