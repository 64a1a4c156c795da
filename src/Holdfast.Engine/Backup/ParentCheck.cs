using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Index;
using Holdfast.Engine.Manifests;
using Holdfast.Engine.Maps;

namespace Holdfast.Engine.Backup;

/// <summary>
/// Tells whether everything that a restore point needs is there to be counted on. Where all packs that the index names are in the store,
/// that is known by one listing; where some are not, each of its chunks is looked up.
/// </summary>
internal static class ParentCheck
{
    public static async Task<bool> IsHeldAsync(RepositoryContext repository, Manifest parent, CancellationToken cancel)
    {
        var root = ItemId.Parse(parent.Root);
        return root.IsZero
            || await IsNotedAsync(repository, root, cancel)
            || await NoteIfWholeAsync(repository, root, cancel)
            || await AreHeldAsync(repository, parent, root, cancel);
    }

    /// <summary>Whether no pack that the index names is gone and the root is known. That is noted for a process to come, once: the note
    /// takes a look at every pack's name.</summary>
    public static async Task<bool> NoteIfWholeAsync(RepositoryContext repository, ItemId root, CancellationToken cancel)
    {
        if (root.IsZero)
            return true;

        // In this order what is noted is no more than what was seen: index objects that others add meanwhile are not in the note.
        var index = await repository.Index.RefreshAsync(cancel);
        if (!index.TryFind(root, out _))
            return false;

        var loaded = repository.Index.Seen.IsDue ? await repository.Index.LoadedAsync(index, cancel) : null;
        var (seen, packs) = await repository.Index.Packs.SeeAsync(index, cancel);
        if (seen.Absent.Count > 0)
            return false;

        if (loaded is not null)
            repository.Index.Seen.Add(SeenNote.DigestOf(loaded, packs), root);

        return true;
    }

    private static async Task<bool> IsNotedAsync(RepositoryContext repository, ItemId root, CancellationToken cancel)
    {
        // Where the cache is open, it is asked itself.
        if (repository.Index.IsOpen)
            return false;

        var packs = await repository.Index.Packs.ReadAsync(cancel);
        return repository.Index.Seen.Holds(await repository.Index.DigestAsync(packs, cancel), root);
    }

    private static async Task<bool> AreHeldAsync(RepositoryContext repository, Manifest parent, ItemId root, CancellationToken cancel)
    {
        using var lookup = new ItemLookup(repository, PackPresence.NoneAbsent, verify: false, cancel);
        await lookup.LookAroundAsync();
        var shape = new MapShape(new ChunkGrid(parent.VolumeSize, parent.ChunkSize).Count);
        using var map = new MapReader(repository, await lookup.IndexAsync(), root, shape);
        try
        {
            await foreach (var leaf in map.LeavesAsync(0, shape.Leaves, cancel))
            {
                for (var place = 0; place < MapShape.FanOut; place++)
                {
                    var id = MapShape.IdAt(leaf.Node, place);
                    if (!id.IsZero && !await lookup.IsHeldAsync(id))
                        return false;
                }
            }

            return true;
        }
        catch (HoldfastException e) when (e.Kind is FailureKind.Corrupted or FailureKind.NotFound)
        {
            return false;
        }
    }
}
