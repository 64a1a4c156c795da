using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Index;
using Holdfast.Engine.Manifests;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Upkeep.Prune;

/// <summary>Whether the store and the ledger are of each other. Where they are not, one of the two is an older copy, and nobody may delete
/// anything. Spec: docs/format/prune.md, section 4.</summary>
internal sealed class PruneChecks(RepositoryContext repository, ManifestStore manifests, Func<CancellationToken, Task> throwIfGone)
{
    private const string WayOut =
        "The catalog and the repository are not of each other: one of them is an older copy. Put back the right one, or make the catalog "
        + "anew with 'holdfast repo rebuild'.";

    /// <summary>Looks at <c>config</c> as it is now.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Refused"/> when the era is another, and what the repository's own look
    /// throws.</exception>
    public async Task LookAtConfigAsync(long era, CancellationToken cancel)
    {
        await throwIfGone(cancel);
        var config = RepositoryConfig.Read(await repository.Store.ReadWholeAsync(ObjectNames.Config, cancel), repository.Store.Name);
        if (config.Era != era)
            throw Refused($"the repository in '{repository.Store.Name}' is of era {config.Era}, the catalog of era {era}. {WayOut}");
    }

    /// <exception cref="HoldfastException"><see cref="FailureKind.Refused"/> naming what does not fit.</exception>
    public async Task RunAsync(StoreListing listing, PruneView view, CancellationToken cancel)
    {
        await LookAtConfigAsync(view.Era, cancel);
        foreach (var mark in listing.Marks.Where(mark => view.Runs?.Contains(mark) == false))
        {
            if (await PruneMark.FindAsync(repository.Store, repository.Keys, mark, cancel) is { } found && found.Era == view.Era)
                throw Refused($"object '{ObjectNames.OfPruneMark(mark)}' is of a run that the catalog does not know. {WayOut}");
        }

        foreach (var backup in listing.Manifests.Where(backup => view.Backups?.Contains(backup) == false))
        {
            // It may have gone since it was listed, with its row, or be of an era that did not take it over.
            if (!listing.Removed.Contains(backup) && await CountsAsync(backup, cancel))
                throw Refused($"object '{ObjectNames.OfManifest(backup)}' is of a backup that the catalog does not know. {WayOut}");
        }

        foreach (var index in view.Index.Keys.Where(index => !listing.Index.ContainsKey(index)))
        {
            if (!await IsThereAsync(ObjectNames.OfIndex(index), cancel))
            {
                throw Refused(
                    $"object '{ObjectNames.OfIndex(index)}', which the catalog counts on, is not in '{repository.Store.Name}'. Put back a "
                        + $"copy of it, or run 'holdfast repo repair'."
                );
            }
        }
    }

    /// <summary>The roots of backups whose manifests alone know them.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Refused"/> naming the backup whose manifest cannot be read.</exception>
    public async Task<List<PruneRoot>> ReadRootsAsync(StoreListing listing, PruneView view, CancellationToken cancel)
    {
        var roots = new List<PruneRoot>();
        foreach (var (backup, mustBeThere) in view.Unrooted.Where(row => row.Value || listing.Manifests.Contains(row.Key)))
        {
            Manifest? manifest;
            try
            {
                manifest = await manifests.FindAsync(backup, cancel);
            }
            catch (HoldfastException e) when (e.Kind is FailureKind.Corrupted or FailureKind.UnsupportedVersion)
            {
                throw Refused($"what backup {backup} needs is not known: {e.Message} Delete that backup for good if it is lost.", e);
            }

            if (manifest is not null)
                roots.Add(RootOf(manifest));
            else if (mustBeThere)
            {
                throw Refused(
                    $"what backup {backup} needs is not known: its manifest is gone. Put it back, or delete that backup for good."
                );
            }
        }

        return roots;
    }

    public static PruneRoot RootOf(Manifest manifest) =>
        new(manifest.Root, manifest.Levels, PruneTurn.Available, $"backup {manifest.Id}", manifest.Volume, manifest.Number, manifest.Id);

    private async Task<bool> CountsAsync(BackupId backup, CancellationToken cancel)
    {
        try
        {
            return await manifests.FindAsync(backup, cancel) is not null;
        }
        catch (HoldfastException e) when (e.Kind is FailureKind.Corrupted or FailureKind.UnsupportedVersion)
        {
            return true; // Nobody can say that it does not.
        }
    }

    private async Task<bool> IsThereAsync(ObjectKey key, CancellationToken cancel) =>
        await repository.Store.FindSizeAsync(key, cancel) is not null;

    private static HoldfastException Refused(string why, Exception? inner = null) =>
        new(FailureKind.Refused, $"Prune deletes nothing: {why}", inner);
}
