using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Index;

/// <summary>
/// Looks which packs are in the store. Every look asks the store. Where that is a file system, a folder whose state is the one that it was
/// listed in is not listed once more: a service with many packs and many small volumes would do nothing else. See decision 0019.
/// </summary>
internal sealed class PackListings(IObjectStore store, TimeProvider clock) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly KindFolders[] _kinds =
    [
        new(store, PackKind.Data, ObjectNames.Data, clock),
        new(store, PackKind.Map, ObjectNames.Map, clock),
    ];
    private PackListing _last = PackListing.Empty;

    /// <summary>The packs that are there now. The same listing as before when nothing was listed anew.</summary>
    public async Task<PackListing> ReadAsync(CancellationToken cancel)
    {
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

    public void Dispose() => _gate.Dispose();

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
