using Holdfast.Engine.Basics;
using Holdfast.Engine.Exports;
using Holdfast.Engine.Format;
using Holdfast.Engine.Index;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Packs;
using Holdfast.Engine.Upkeep;

namespace Holdfast.Engine.Copies;

/// <summary>
/// Removes from a second copy what the repository does not have any more: manifests, then index objects, then packs, then keys. A pack that
/// the repository's index names and that is not there was lost, not removed: the copy's may be the last, and stays, with what names it.
/// </summary>
internal sealed class CopyRemoval(
    RepositoryContext context,
    IObjectStore to,
    Func<CancellationToken, Task> throwIfGone,
    CopyOptions options
)
{
    private readonly IObjectStore _from = context.Store;

    /// <returns>How many objects were removed, and how many may be later.</returns>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/> naming a damaged index object of the repository; then
    /// nothing was removed. What says that the repository is gone, and
    /// then, too.</exception>
    public async Task<(long Removed, long Kept)> RunAsync(CancellationToken cancel)
    {
        var (extra, due) = await FindAsync(cancel);
        if (due.Count == 0)
            return (0, extra.Count);

        // Whatever was not found was looked for in this repository, and not in what has come in its place.
        await throwIfGone(cancel);
        var removed = 0L;
        foreach (var key in extra.Where(due.Contains))
        {
            await to.DeleteAsync(key, cancel);
            removed++;
        }

        return (removed, extra.Count - removed);
    }

    /// <summary>What the repository does not have any more, in the order in which it goes, and what of it may go by now.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/> naming a damaged index object of the repository.</exception>
    public async Task<(IReadOnlyList<ObjectKey> Extra, IReadOnlySet<ObjectKey> Due)> FindAsync(CancellationToken cancel)
    {
        var extra = await FindExtraAsync(cancel);
        var due = options.MayGo is null ? extra.ToHashSet() : await options.MayGo(extra, cancel);
        return (extra, options.MayGo is not null && await IsEmptiedAsync(cancel) ? new HashSet<ObjectKey>() : due);
    }

    /// <summary>What may go, in the order in which it goes. It is looked for against that order: of what is absent here, what needs it is
    /// found absent, too.</summary>
    private async Task<List<ObjectKey>> FindExtraAsync(CancellationToken cancel)
    {
        var named = await ReadNamedAsync(cancel);
        var packs = new List<ObjectKey>();
        foreach (var prefix in new[] { ObjectNames.Data, ObjectNames.Map })
        {
            foreach (var pack in await FindExtraAsync(prefix, cancel))
            {
                if (ObjectNames.IdOf(pack, "N") is { } id && !named.Contains(id))
                    packs.Add(pack);
            }
        }

        var indexes = new List<ObjectKey>();
        foreach (var index in await FindExtraAsync(ObjectNames.Index, cancel))
        {
            if (await IsSupersededAsync(index, named, cancel))
                indexes.Add(index);
        }

        var notes = await ObjectListing.ReadIdsAsync(_from, ObjectNames.Removed, cancel);
        var manifests = await FindExtraAsync(ObjectNames.Manifests, notes, cancel);

        // A head before its parts.
        var exports = (await FindExtraAsync(ObjectNames.Catalog, cancel)).OrderBy(CatalogExports.IsPart);
        return [.. manifests, .. indexes, .. packs, .. exports, .. await FindExtraAsync(ObjectNames.Keys, cancel)];
    }

    /// <summary>Whether the copy shows restore points and the repository shows none.</summary>
    private async Task<bool> IsEmptiedAsync(CancellationToken cancel) =>
        (await ObjectListing.ReadIdsAsync(_from, ObjectNames.Manifests, cancel)).Count == 0
        && (await ObjectListing.ReadIdsAsync(to, ObjectNames.Manifests, cancel)).Count > 0;

    private Task<List<ObjectKey>> FindExtraAsync(string prefix, CancellationToken cancel) => FindExtraAsync(prefix, [], cancel);

    /// <summary>What is there and not here.</summary>
    /// <param name="notes">What does not count here, though it may be here.</param>
    private async Task<List<ObjectKey>> FindExtraAsync(string prefix, HashSet<Guid> notes, CancellationToken cancel)
    {
        var there = new List<ObjectKey>();
        await foreach (var (entry, here) in ObjectListing.CompareAsync(to, _from, prefix, cancel))
        {
            if (here is null || (notes.Count > 0 && ObjectNames.IdOf(entry.Key, "D") is { } id && notes.Contains(id)))
                there.Add(entry.Key);
        }

        return there;
    }

    /// <summary>The packs that the repository's index objects name.</summary>
    private async Task<HashSet<Guid>> ReadNamedAsync(CancellationToken cancel)
    {
        var named = new HashSet<Guid>();
        await foreach (var entry in _from.ListAsync(ObjectNames.Index, cancel))
        {
            if (ObjectNames.IdOf(entry.Key, "N") is null)
                continue;

            try
            {
                named.UnionWith((await ReadAsync(_from, entry.Key, cancel)).Packs.Select(pack => pack.Pack));
            }
            catch (HoldfastException e) when (e.Kind == FailureKind.NotFound)
            {
                // Superseded since it was listed: what it named is named by another, which is listed or younger.
            }
        }

        return named;
    }

    /// <summary>Whether all that an index object names is named by others, or gone here. If not, it was lost here, and the copy's is the
    /// last.</summary>
    private async Task<bool> IsSupersededAsync(ObjectKey key, HashSet<Guid> named, CancellationToken cancel)
    {
        IndexObject index;
        try
        {
            index = await ReadAsync(to, key, cancel);
        }
        catch (HoldfastException e) when (e.Kind is FailureKind.Corrupted or FailureKind.UnsupportedVersion)
        {
            return false;
        }

        foreach (var pack in index.Packs)
        {
            if (!named.Contains(pack.Pack) && await _from.FindSizeAsync(ObjectNames.OfPack(pack.Kind, pack.Pack), cancel) is not null)
                return false;
        }

        return true;
    }

    private async Task<IndexObject> ReadAsync(IObjectStore store, ObjectKey key, CancellationToken cancel)
    {
        using var proof = new ObjectProof(context);
        return proof.ReadIndex(key, await store.ReadWholeAsync(key, cancel));
    }
}
