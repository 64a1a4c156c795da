using System.Collections.Concurrent;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Format;
using Holdfast.Engine.Index;
using Holdfast.Engine.Manifests;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Upkeep;

/// <summary>
/// One repair: what is there and sound is indexed, what is damaged is taken out of the index and put aside, what is lost is named and
/// marked. The order of the steps is that of docs/format/repository-v1.md, section 10; decision 0021 says why.
/// </summary>
internal sealed class RepairRun(
    RepositoryContext repository,
    ManifestStore manifests,
    Func<CancellationToken, Task> throwIfGone,
    RepairOptions options,
    IProgress<CheckProgress>? progress
)
{
    /// <summary>Packs that no index object names are looked at together, so many.</summary>
    private const int LooseAtOnce = 32;

    private readonly ObjectReading _reading = new(repository.Store, throwIfGone);
    private readonly IndexGathering _added = new(repository, options.DryRun);
    private readonly IndexGathering _replacing = new(repository, options.DryRun);

    /// <summary>Damaged packs that no index object names, by their number in the inventory.</summary>
    private readonly Dictionary<int, IndexedPack> _damagedLoose = [];
    private Inventory _inventory = new();
    private readonly List<string> _fetchedObjects = [];
    private List<Manifest> _manifests = [];
    private int _indexed;
    private int _fetched;
    private int _aside;

    public async Task<RepairResult> RunAsync(CancellationToken cancel)
    {
        await using var other = options.From is { } from
            ? await OtherCopy.OpenAsync(repository, from, _reading, options.DryRun, cancel)
            : null;
        await FetchBackupsAsync(other, cancel);
        var share = options.Quick ? null : CheckShare.Whole;
        var check = new CheckRun(repository, manifests, throwIfGone, new CheckOptions { Read = share }, progress);
        var found = await check.RunAsync(cancel);
        (_inventory, _manifests) = (check.Inventory, [.. check.Manifests]);

        using var look = new PackLook(repository, _reading);
        await IndexLooseAsync(cancel);
        var unread = found.Damage.Where(damage => IsManifestOrKey(damage.Key)).ToDictionary(damage => damage.Key);
        if (other is not null)
        {
            await FetchObjectsAsync(other, unread, cancel);
            await FetchPacksAsync(other, look, cancel);
        }

        using var salvage = new Salvage(repository, _inventory, look, _added, options.DryRun);
        await SalvageAsync(salvage, cancel);
        var notes = await WalkAsync(lost: null, cancel);
        var removed = await ReplaceAsync(notes, cancel);
        var kept = await VerifyAsync(notes, cancel);
        return new RepairResult
        {
            Found = found.Damage,
            Lost = [.. notes.ToDamage().Concat(unread.Values).OrderBy(damage => damage.Key, StringComparer.Ordinal)],
            DamagedBackups = kept,
            PacksIndexed = _indexed,
            PacksFetched = _fetched,
            PacksSaved = salvage.Packs,
            PacksAside = _aside,
            IndexObjectsWritten = _added.Written + _replacing.Written,
            IndexObjectsRemoved = removed,
            ObjectsFetched = _fetchedObjects,
            BytesRead = found.BytesRead + _reading.BytesRead + (other?.BytesRead ?? 0),
        };
    }

    private static bool IsManifestOrKey(string key) =>
        key.StartsWith(ObjectNames.Manifests, StringComparison.Ordinal) || key.StartsWith(ObjectNames.Keys, StringComparison.Ordinal);

    /// <summary>Step 1: index objects for packs that none names. Only adds.</summary>
    private async Task IndexLooseAsync(CancellationToken cancel)
    {
        using var looks = new PackLooks(repository, _reading);
        var loose = new LooseLook(repository, _reading);
        foreach (var group in _inventory.Loose.Chunk(LooseAtOnce))
        {
            var looked = new (IndexedPack Pack, PackVerdict Verdict)?[group.Length];
            await looks.ForEachAsync(
                group.Length,
                async (i, look, stop) => looked[i] = await loose.LookAsync(look, group[i], read: !options.Quick, stop),
                cancel
            );
            foreach (var known in looked)
            {
                if (known is { } there)
                    await IndexLooseAsync(there.Pack, there.Verdict, cancel);
            }
        }

        await _added.FlushAsync(cancel);
    }

    private async Task IndexLooseAsync(IndexedPack pack, PackVerdict verdict, CancellationToken cancel)
    {
        var number = _inventory.Add(pack, InventoryRun.DigestOf(pack, pack.Directory.ToArray()), verdict);
        if (verdict.Flaw is not null)
        {
            _damagedLoose[number] = pack;
            return;
        }

        _indexed++;
        _added.Add(pack);
        if (_added.IsFull)
            await _added.FlushAsync(cancel);
    }

    /// <summary>Step 0: manifests that nothing here names, so that what is looked at next has them.</summary>
    private async Task FetchBackupsAsync(OtherCopy? other, CancellationToken cancel)
    {
        foreach (var backup in options.Backups)
        {
            var key = ObjectNames.OfManifest(backup);
            if (await repository.Store.FindSizeAsync(key, cancel) is not null)
                continue;

            if (other is null || !await other.FetchAsync(key, cancel))
            {
                throw new HoldfastException(
                    FailureKind.NotFound,
                    $"The other copy of '{repository.Store.Name}' has no sound '{key}' either. 'holdfast backup list' shows what it holds."
                );
            }

            _fetchedObjects.Add(key.Value);
        }
    }

    private async Task FetchObjectsAsync(OtherCopy other, Dictionary<string, CheckDamage> unread, CancellationToken cancel)
    {
        foreach (var name in unread.Keys.ToList())
        {
            var key = new Objects.ObjectKey(name);
            if (!await other.FetchAsync(key, cancel))
                continue;

            _fetchedObjects.Add(name);
            unread.Remove(name);
            if (options.DryRun || ObjectNames.IdOf(key, "D") is not { } id)
                continue;

            if (await manifests.FindAsync(new BackupId(id), cancel) is { } manifest)
                _manifests.Add(manifest);
        }
    }

    /// <summary>Fetches what the maps lead to; what a fetched part of a map leads to comes in the next round.</summary>
    private async Task FetchPacksAsync(OtherCopy other, PackLook look, CancellationToken cancel)
    {
        for (var fetched = 1; fetched > 0; _fetched += fetched)
        {
            var lost = new ConcurrentDictionary<ItemId, byte>();
            await WalkAsync(id => lost.TryAdd(id, 0), cancel);
            fetched = await other.FetchPacksAsync([.. lost.Keys], _inventory, look, _added, cancel);
        }
    }

    /// <summary>Step 2: what still opens of damaged packs. Only adds.</summary>
    private async Task SalvageAsync(Salvage salvage, CancellationToken cancel)
    {
        var flawed = Flawed().Where(number => _inventory.Packs[number].Verdict.IsThere).ToHashSet();
        foreach (var known in _inventory.Indexes.Where(known => known.Flaw is null && known.Packs.Any(flawed.Contains)).ToList())
        {
            var packs = (await repository.Index.ReadAsync(known.Id, cancel)).Packs;
            for (var i = 0; i < packs.Count; i++)
            {
                if (flawed.Contains(known.Packs[i]))
                    await salvage.AddAsync(packs[i], known.Packs[i], cancel);
            }
        }

        foreach (var (number, pack) in _damagedLoose.Where(loose => flawed.Contains(loose.Key)))
            await salvage.AddAsync(pack, number, cancel);

        await salvage.FinishAsync(cancel);
    }

    /// <summary>Steps 3 to 6: marks, then the index, then packs.</summary>
    /// <returns>How many index objects were removed.</returns>
    private async Task<int> ReplaceAsync(DamageNotes notes, CancellationToken cancel)
    {
        await throwIfGone(cancel);
        if (!options.DryRun)
        {
            foreach (var backup in notes.Backups)
                await DamageMarks.PutAsync(repository.Store, backup, cancel);
        }

        var replacement = new IndexReplacement(repository, _inventory, _replacing, options.DryRun);
        await replacement.RunAsync(cancel);
        await PutAsideAsync(cancel);
        if (!options.DryRun)
            await DamageMarks.RemoveAllButAsync(repository.Store, notes.Backups.ToHashSet(), cancel);

        return replacement.Removed;
    }

    private async Task PutAsideAsync(CancellationToken cancel)
    {
        // One that was fetched anew is sound, whatever an index object says of it.
        var sound = _inventory.Packs.Where(pack => pack.Verdict.Flaw is null).Select(pack => pack.Info.Pack).ToHashSet();
        var flawed =
            from number in Flawed()
            let pack = _inventory.Packs[number]
            where pack.Verdict.IsThere && !sound.Contains(pack.Info.Pack)
            select pack.Info.Key;
        foreach (var key in flawed.Distinct().ToList())
        {
            if (options.DryRun)
            {
                _aside++;
            }
            else if (await IndexReplacement.PutAsideAsync(repository.Store, key, cancel))
            {
                // One that cannot be copied stays: no index object names it any more.
                await repository.Store.DeleteAsync(key, cancel);
                _aside++;
            }
        }
    }

    private async Task<DamageNotes> WalkAsync(Action<ItemId>? lost, CancellationToken cancel)
    {
        var notes = new DamageNotes();
        var (bytes, _) = await MapWalk.AllAsync(repository, _inventory, _manifests, notes, lost, cancel);
        _reading.Count(bytes);
        return notes;
    }

    /// <summary>Looks at the repository as it is now.</summary>
    /// <returns>The restore points that are not whole.</returns>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/> when something is damaged that was not, or no longer should
    /// be.</exception>
    private async Task<IReadOnlyList<BackupId>> VerifyAsync(DamageNotes notes, CancellationToken cancel)
    {
        if (options.DryRun)
            return notes.Backups;

        var after = await new CheckRun(repository, manifests, throwIfGone, new CheckOptions(), progress: null).RunAsync(cancel);
        _reading.Count(after.BytesRead);
        var expected = notes.Backups.ToHashSet();
        if (after.Damage.FirstOrDefault(damage => damage.Key != ObjectNames.Index && !IsManifestOrKey(damage.Key)) is { } still)
            throw new HoldfastException(
                FailureKind.Corrupted,
                $"Object '{still.Key}' is damaged after the repair: {still.What}. Run the repair once more, and check the disk."
            );

        var lacking = after.Damage.Where(damage => damage.Key == ObjectNames.Index).SelectMany(damage => damage.Backups);
        if (lacking.FirstOrDefault(lost => !expected.Contains(lost.Backup)) is { } more)
            throw new HoldfastException(
                FailureKind.Corrupted,
                $"Backup {more.Backup} lacks something that was there before the repair. Run the repair once more, and check the disk."
            );

        return after.DamagedBackups;
    }

    private IEnumerable<int> Flawed() =>
        Enumerable.Range(0, _inventory.Packs.Count).Where(number => _inventory.Packs[number].Verdict.Flaw is not null);
}
