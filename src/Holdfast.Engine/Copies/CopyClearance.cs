using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Index;
using Holdfast.Engine.Manifests;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Upkeep;
using Holdfast.Engine.Upkeep.Prune;

namespace Holdfast.Engine.Copies;

/// <summary>
/// Makes room in a second copy whose disk is full before what is new is there: of what may go, the restore points, and then the packs that
/// no restore point that stays in the copy needs. What else may go waits for what takes its place, as ever (<see cref="CopyRemoval"/>).
/// Nobody else may write into the copy meanwhile. Killed at any step it leaves a copy that is sound. Spec:
/// docs/format/repository-v1.md, section 10.
/// </summary>
internal sealed class CopyClearance(RepositoryContext context, IObjectStore to, Func<CancellationToken, Task> throwIfGone)
{
    /// <param name="due">What of the copy may go: the repository neither has nor names it.</param>
    /// <returns>How many objects were removed.</returns>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/> naming what of the copy cannot be read: no pack was removed
    /// then. What says that the repository is gone, and then, too; what the stores throw.</exception>
    public async Task<long> RunAsync(IReadOnlySet<ObjectKey> due, CancellationToken cancel)
    {
        await throwIfGone(cancel);
        var removed = 0L;
        foreach (var manifest in due.Where(key => Is(key, ObjectNames.Manifests)))
        {
            await to.DeleteAsync(manifest, cancel);
            removed++;
        }

        await using var index = new RepositoryIndex(to, context.Keys, cacheRoot: null, context.Clock, context.Log);
        var there = new RepositoryContext(
            to,
            context.Id,
            context.ChunkSize,
            context.PackSize,
            context.Compression,
            context.Keys,
            index,
            context.Limits,
            context.Clock,
            context.Log
        );
        using var marking = new Marking(there, context.Index.ScratchFolder);
        await MarkAsync(marking, cancel);

        // What is missing may be in a pack that seems to hold nothing.
        if (marking.Missing > 0)
            return removed;

        // Those that no index object there names were to go when an earlier run was killed.
        var dead = due.Where(ObjectNames.IsPack).Where(pack => marking.Find(IdOf(pack)) is not { Live: > 0 }).ToList();
        var rewrite = new IndexRewrite(there, marking, dead.Select(IdOf).ToHashSet(), joins: false);
        await rewrite.RunAsync(cancel);
        await throwIfGone(cancel);
        foreach (var old in rewrite.Removed)
            await to.DeleteAsync(ObjectNames.OfIndex(old), cancel);

        foreach (var pack in dead)
            await to.DeleteAsync(pack, cancel);

        return removed + dead.Count;
    }

    /// <summary>Everything that is needed by a restore point in the copy, whatever the repository or an era says of it: it can be restored
    /// from there.</summary>
    private async Task MarkAsync(Marking marking, CancellationToken cancel)
    {
        var roots = new List<PruneRoot>();
        foreach (var id in await ObjectListing.ReadIdsAsync(to, ObjectNames.Manifests, cancel))
        {
            var backup = new BackupId(id);
            var bytes = await to.ReadWholeAsync(ObjectNames.OfManifest(backup), cancel);
            roots.Add(PruneChecks.RootOf(ManifestStore.Open(context.Keys, backup, bytes)));
        }

        foreach (var index in (await to.ListIdsAsync(ObjectNames.Index, "N", cancel)).OrderBy(index => index.Id))
        {
            await marking.LoadAsync(
                index.Id,
                unfinished: false,
                async pack => await to.FindSizeAsync(ObjectNames.OfPack(pack.Kind, pack.Pack), cancel) == pack.Length,
                cancel
            );
        }

        await marking.WalkAsync(PruneTurn.Available, roots, cancel);
        marking.Join(cancel);
    }

    private static Guid IdOf(ObjectKey pack) =>
        ObjectNames.IdOf(pack, "N") ?? throw new InvalidOperationException($"'{pack}' is the name of no pack.");

    private static bool Is(ObjectKey key, string prefix) => key.Value.StartsWith(prefix, StringComparison.Ordinal);
}
