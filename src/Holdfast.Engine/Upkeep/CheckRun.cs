using System.Collections.Concurrent;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Index;
using Holdfast.Engine.Manifests;
using Holdfast.Engine.Maps;

namespace Holdfast.Engine.Upkeep;

/// <summary>
/// One check of a repository. It reads and changes nothing, and trusts nothing but the store: the index cache is not asked. What seems to
/// be damaged is looked at once more, for it may have been removed while it was looked for. See docs/decisions/0021-check-and-repair.md.
/// </summary>
/// <param name="throwIfGone">Whether the store still holds this repository.</param>
internal sealed class CheckRun(
    RepositoryContext repository,
    ManifestStore manifests,
    Func<CancellationToken, Task> throwIfGone,
    CheckOptions options,
    IProgress<CheckProgress>? progress
)
{
    /// <summary>Looks before a repository in which index objects go all the time is given up.</summary>
    private const int MaxLooks = 8;

    private readonly ObjectReading _reading = new(repository.Store, throwIfGone);
    private readonly ConcurrentDictionary<(Guid Pack, ulong Digest), PackVerdict> _verdicts = new();
    private long _bytesVerified;

    /// <summary>What the last look found of index and packs.</summary>
    public Inventory Inventory { get; private set; } = new();

    /// <summary>The restore points of the last look that can be read.</summary>
    public IReadOnlyList<Manifest> Manifests { get; private set; } = [];

    /// <exception cref="HoldfastException"><see cref="FailureKind.UnsupportedVersion"/> naming an object of a newer version;
    /// <see cref="FailureKind.Busy"/> when index objects went away during each look.</exception>
    public async Task<CheckResult> RunAsync(CancellationToken cancel)
    {
        for (var look = 1; look <= MaxLooks; look++)
        {
            await throwIfGone(cancel);
            var notes = new DamageNotes();
            var index = await LookAsync(notes, cancel);
            if (notes.IsEmpty)
                return ToResult(notes);

            // A pack goes after the index objects that named it: where all of those are still there, nobody has removed it.
            if (look > 1 && await AreThereAsync(index, cancel))
            {
                await ForgetRemovedAsync(notes, cancel);
                return ToResult(notes);
            }
        }

        throw new HoldfastException(
            FailureKind.Busy,
            $"The index of the repository in '{repository.Store.Name}' changed each of the {MaxLooks} times that it was looked at, so what "
                + $"seems to be damaged may just have been removed. Check again when less is done in it."
        );
    }

    private async Task<List<ListedIndex>> LookAsync(DamageNotes notes, CancellationToken cancel)
    {
        // Manifests, then the index, then packs: what each needs was put before it.
        await LookAtKeysAsync(notes, cancel);
        Manifests = await ReadManifestsAsync(notes, cancel);
        var index = await ListedIndex.ListAsync(repository, cancel);
        using (var run = new InventoryRun(repository, _reading, options.Read, _verdicts, progress))
        {
            Inventory = await run.RunAsync(index, cancel);
            _bytesVerified += run.BytesVerified;
        }

        foreach (var flawed in Inventory.Indexes.Where(known => known.Flaw is not null))
            notes.AddFlaw(ObjectNames.OfIndex(flawed.Id).Value, flawed.Flaw ?? "");

        foreach (var flawed in Inventory.Packs.Where(pack => pack.Counts && pack.Verdict.Flaw is not null))
            notes.AddFlaw(flawed.Info.Key.Value, flawed.Verdict.Flaw ?? "");

        var (bytes, nodes) = await MapWalk.AllAsync(repository, Inventory, Manifests, notes, lost: null, cancel);
        _reading.Count(bytes);
        _bytesVerified += nodes * MapShape.NodeSize;
        return index;
    }

    private async Task LookAtKeysAsync(DamageNotes notes, CancellationToken cancel)
    {
        await foreach (var entry in repository.Store.ListAsync(ObjectNames.Keys, cancel))
        {
            if (ObjectNames.IdOf(entry.Key, "N") is null)
                continue;

            var (bytes, flaw) = await _reading.TryReadWholeAsync(entry.Key, cancel);
            if (bytes is null || KeyObject.TryRead(bytes) is null)
                notes.AddFlaw(entry.Key.Value, flaw ?? "it is not what was written");
        }
    }

    private async Task<List<Manifest>> ReadManifestsAsync(DamageNotes notes, CancellationToken cancel)
    {
        var read = new List<Manifest>();
        await foreach (var entry in repository.Store.ListAsync(ObjectNames.Manifests, cancel))
        {
            if (ObjectNames.IdOf(entry.Key, "D") is not { } id)
                continue;

            Manifest? manifest = null;
            var flaw = await _reading.TryAsync(async () => manifest = await manifests.FindAsync(new BackupId(id), cancel), cancel);
            _reading.Count(entry.Size);
            if (flaw is not null)
                notes.AddManifest(entry.Key.Value, flaw, new BackupId(id), volume: null);
            else if (manifest is not null)
                read.Add(manifest);
        }

        // After the manifests: what says that one is removed was put before it was.
        await foreach (var entry in repository.Store.ListAsync(ObjectNames.Removed, cancel))
        {
            if (ObjectNames.IdOf(entry.Key, "D") is not { } id)
                continue;

            var removed = new BackupId(id);
            notes.Forget(removed, ObjectNames.OfManifest(removed).Value);
            read.RemoveAll(manifest => manifest.Id == removed);
        }

        return read;
    }

    private async Task<bool> AreThereAsync(List<ListedIndex> index, CancellationToken cancel)
    {
        var now = await ListedIndex.ListAsync(repository, cancel);
        return !index.Select(listed => listed.Id).Except(now.Select(listed => listed.Id)).Any();
    }

    private async Task ForgetRemovedAsync(DamageNotes notes, CancellationToken cancel)
    {
        foreach (var backup in notes.Backups)
        {
            var key = ObjectNames.OfManifest(backup);
            if (await repository.Store.FindSizeAsync(key, cancel) is null)
                notes.Forget(backup, key.Value);
        }
    }

    private CheckResult ToResult(DamageNotes notes) =>
        new()
        {
            Damage = notes.ToDamage(),
            DamagedBackups = notes.Backups,
            BytesRead = _reading.BytesRead,
            BytesVerified = _bytesVerified,
            BackupIds = [.. Manifests.Select(manifest => manifest.Id)],
            Packs = Inventory.Packs.Count(pack => pack.Counts),
            PacksRead = Inventory.Packs.Count(pack => pack.Verdict.WasRead),
            LoosePacks = Inventory.Loose.Count,
            IndexObjects = Inventory.Indexes.Count,
            SupersededIndexObjects = Inventory.Indexes.Count(known => known.IsSuperseded),
            Items = Inventory.Items.Count,
        };
}
