using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Index;

/// <summary>
/// Looks which packs are in the store. Every look asks the store. Where that is a file system, a folder whose state is the one that it was
/// listed in is not listed once more: a service with many packs and many small volumes would do nothing else. See decision 0019. Where
/// requests cost, one listing serves a day: <see cref="RememberedPacks"/>.
/// </summary>
/// <param name="cacheRoot">Where what was seen may be kept for other processes; null for nowhere.</param>
internal sealed class PackListings(IObjectStore store, string? cacheRoot, TimeProvider clock) : IDisposable
{
    private readonly RememberedPacks? _remembered = store is ICountedStore ? new RememberedPacks(store, cacheRoot, clock) : null;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly KindFolders[] _kinds =
    [
        new(store, PackKind.Data, ObjectNames.Data, clock),
        new(store, PackKind.Map, ObjectNames.Map, clock),
    ];
    private PackListing _last = PackListing.Empty;

    /// <summary>What has become of the packs that an index names, and all packs that are there.</summary>
    public async Task<(PacksSeen Seen, PackListing Packs)> SeeAsync(IndexCache index, CancellationToken cancel)
    {
        var packs = await ReadAsync(cancel);
        var seen = index.See(packs);
        if (_remembered is null || seen.Absent.Count == 0)
            return (seen, packs);

        // Put by others since the listing, as a rule.
        await _remembered.AbsentAsync(
            [.. seen.Absent.Select(index.Pack).Select(pack => (pack.Kind, pack.Pack, pack.Length))],
            cancel
        );
        packs = await ReadAsync(cancel);
        return (index.See(packs), packs);
    }

    /// <summary>Of the packs of an index object those that are not there, or not of their length; null where each has to be asked
    /// for.</summary>
    public async Task<IReadOnlySet<Guid>?> FindAbsentAsync(IReadOnlyList<IndexedPack> packs, CancellationToken cancel) =>
        _remembered is null ? null : await _remembered.AbsentAsync([.. packs.Select(Named)], cancel);

    /// <summary>Packs that this process has put.</summary>
    public void Add(IReadOnlyList<IndexedPack> packs) => _remembered?.Add([.. packs.Select(Named)]);

    /// <summary>Index objects were superseded: packs may have gone.</summary>
    public void Forget() => _remembered?.Forget();

    /// <summary>The packs that are there now. The same listing as before when nothing was listed anew.</summary>
    public async Task<PackListing> ReadAsync(CancellationToken cancel)
    {
        if (_remembered is not null)
            return await _remembered.ReadAsync(cancel);

        if (store is not IFolderStore folders)
            return await PackListing.ReadAsync(store, cancel);

        await _gate.WaitAsync(cancel);
        try
        {
            // A file system may take its time; the caller's thread is not for that.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            var isNew = false;
            foreach (var kind in _kinds)
                isNew |= await kind.LookAsync(folders, cancel);

            if (isNew)
                _last = new PackListing([.. _kinds.SelectMany(kind => kind.Packs)]);

            return _last;
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose()
    {
        _gate.Dispose();
        _remembered?.Dispose();
    }

    private static (PackKind Kind, Guid Pack, long Length) Named(IndexedPack pack) => (pack.Kind, pack.Pack, pack.Length);

    /// <summary>The folder of a kind of packs, and the folders in it.</summary>
    private sealed class KindFolders(IObjectStore store, PackKind kind, string prefix, TimeProvider clock)
    {
        private readonly string[] _top = [prefix];
        private readonly string[] _prefixes = [.. Enumerable.Range(0, 256).Select(first => $"{prefix}{first:x2}/")];
        private readonly FolderMemory<object> _topMemory = new(clock);
        private readonly FolderMemory<FolderPacks>[] _memories =
        [
            .. Enumerable.Range(0, 256).Select(_ => new FolderMemory<FolderPacks>(clock)),
        ];

        public IEnumerable<FolderPacks?> Packs => _memories.Select(memory => memory.Last);

        /// <summary>Lists what is not known to be as it was. Returns whether there was any.</summary>
        public async Task<bool> LookAsync(IFolderStore folders, CancellationToken cancel)
        {
            var lookedAt = clock.GetTimestamp();
            var top = folders.FindFolderStates(_top)[0];

            // Where no folder came or went, those that were not there are not asked for.
            var asked = Enumerable.Range(0, _prefixes.Length).Where(i => !_topMemory.Knows(top) || _memories[i].Last is not null).ToArray();
            var states = folders.FindFolderStates([.. asked.Select(i => _prefixes[i])]);
            var isNew = false;
            foreach (var (i, state) in asked.Zip(states))
            {
                var memory = _memories[i];
                if (memory.Knows(state) || (state is null && memory.Last is null))
                    continue;

                var listedAt = clock.GetTimestamp();
                memory.Keep(state, listedAt, state is null ? null : await FolderPacks.ReadAsync(store, kind, _prefixes[i], cancel));
                isNew = true;
            }

            if (!_topMemory.Knows(top))
                _topMemory.Keep(top, lookedAt, null);

            return isNew;
        }
    }
}
