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
        if (root.IsZero)
            return true;

        using var lookup = new ItemLookup(repository, verify: false, cancel);
        var seen = await lookup.LookAroundAsync();
        return await lookup.IsHeldAsync(root) && (seen.Absent.Count == 0 || await AreHeldAsync(repository, parent, root, lookup, cancel));
    }

    private static async Task<bool> AreHeldAsync(
        RepositoryContext repository,
        Manifest parent,
        ItemId root,
        ItemLookup lookup,
        CancellationToken cancel
    )
    {
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
