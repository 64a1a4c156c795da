using System.Buffers;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Packs;
using Microsoft.Extensions.Logging;

namespace Holdfast.Engine.Index;

/// <summary>
/// Answers where an item lies. The cache behind it is opened when it is first needed and brought up to date by listing <c>index/</c>; it
/// holds only what index objects in the store say, never what is merely on its way there.
/// </summary>
/// <param name="cacheRoot">Where the cache is to lie, or null for nowhere that lasts. A folder that cannot be used is as none.</param>
internal sealed class RepositoryIndex(IObjectStore store, KeyRing keys, string? cacheRoot, TimeProvider clock, ILogger log)
    : IAsyncDisposable
{
    /// <summary>How often the index is listed because something went while it was read: that takes a prune each time.</summary>
    private const int MostLooks = 20;

    private static readonly string[] IndexFolder = [ObjectNames.Index];

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly IndexCachePlaces _places = new(cacheRoot, log);
    private readonly List<IndexCache> _retired = [];
    private readonly FolderMemory<HashSet<Guid>> _listed = new(clock);
    private readonly IndexNames _names = new(clock);
    private IndexCache? _cache;

    /// <summary>Which packs are in the store.</summary>
    public PackListings Packs { get; } = new(store, cacheRoot, clock);

    /// <summary>What was found whole in which state of the store.</summary>
    public SeenNote Seen { get; } = new(cacheRoot);

    /// <summary>The index objects that count, as the catalog of the service that owns the repository has registered them. Null where no
    /// catalog says so: then all that lie in the store do.</summary>
    public Func<CancellationToken, Task<IReadOnlySet<Guid>>>? Registered { get; set; }

    /// <summary>Whether a look-up was ever needed.</summary>
    public bool IsOpen => _cache is not null;

    /// <summary>The folder that the cache lies in now, or null.</summary>
    internal string? CacheFolder => _cache?.Folder;

    /// <summary>Where files may lie that go with the process.</summary>
    public string ScratchFolder => cacheRoot is not null && Directory.Exists(cacheRoot) ? cacheRoot : Path.GetTempPath();

    /// <summary>The cache, with every index object that was in the store when this was called.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/> naming a damaged index object.</exception>
    public async Task<IndexCache> RefreshAsync(CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    for (var look = 1; look <= MostLooks; look++)
                    {
                        if (await TryRefreshAsync(cancel) is { } cache)
                            return cache;
                    }

                    throw new HoldfastException(
                        FailureKind.Unavailable,
                        $"The index of '{store.Name}' changes faster than it can be read, or what is listed there is not there. Try again."
                    );
                }
                catch (IndexCacheDamagedException e)
                {
                    EngineLog.CacheDropped(log, e);
                    Retire(e.Cache);

                    // The same place once more; a place where that does not help is left.
                    if (attempt > 1)
                        _places.Leave(e);

                    _cache = _places.Make();
                }
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>The index objects that a cache holds now.</summary>
    public async Task<List<Guid>> LoadedAsync(IndexCache cache, CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            return [.. cache.Loaded];
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>The state of the store's packs and index objects, for <see cref="Seen"/>.</summary>
    public async Task<byte[]> DigestAsync(PackListing packs, CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            return SeenNote.DigestOf(await ListAsync(cancel), packs);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Runs what uses the cache; where the cache turns out to be damaged, drops it and runs once more.</summary>
    /// <param name="run">Leaves nothing behind that keeps it from running again.</param>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Unavailable"/> when the cache was damaged twice.</exception>
    public async Task<T> HealingAsync<T>(Func<Task<T>> run)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await run();
            }
            catch (IndexCacheDamagedException e) when (attempt == 1)
            {
                EngineLog.CacheDropped(log, e);
                await DropAsync(e.Cache);
            }
            catch (IndexCacheDamagedException e)
            {
                await DropAsync(e.Cache);
                throw new HoldfastException(FailureKind.Unavailable, $"{e.Message}. It was made anew and is damaged again.", e);
            }
        }
    }

    /// <summary>Writes an index object of packs that are stored and registers it, then lets the cache know. Returns the object's size in
    /// bytes.</summary>
    public async Task<long> PutAsync(IndexObject index, IWriteSession session, CancellationToken cancel)
    {
        var (id, bytes) = await PutUnregisteredAsync(index, cancel);
        Packs.Add(index.Packs);
        await session.RegisterAsync(id, index.ItemCount, bytes, cancel);
        await _gate.WaitAsync(cancel);
        try
        {
            _cache?.Add(id, index, PackPresence.NoneAbsent);
        }
        catch (IndexCacheDamagedException e)
        {
            // The object is in the store: the next cache knows it.
            EngineLog.CacheDropped(log, e);
            Retire(e.Cache);
        }
        finally
        {
            _gate.Release();
        }

        return bytes;
    }

    /// <summary>Writes an index object of packs that are stored, for a catalog that is yet to be made.</summary>
    /// <returns>Its id, and its size in bytes.</returns>
    public async Task<(Guid Id, long Bytes)> PutUnregisteredAsync(IndexObject index, CancellationToken cancel)
    {
        if (!_names.HasSeen)
            _names.Saw((await store.ListIdsAsync(ObjectNames.Index, "N", cancel)).Select(one => one.Id));

        var id = _names.Next();
        return (id, await PutUnregisteredAsync(id, index, cancel));
    }

    /// <summary>As the other, under a name that stands where it is to stand among the others and was never used.</summary>
    /// <returns>Its size in bytes.</returns>
    public async Task<long> PutUnregisteredAsync(Guid id, IndexObject index, CancellationToken cancel)
    {
        var bytes = SealedObject.Seal(keys, SealedType.Index, id, index.Write());

        // The name holds 74 random bits: where it is taken, it is by ourselves, in an attempt whose answer was lost.
        await store.PutIfAbsentAsync(ObjectNames.OfIndex(id), new ReadOnlySequence<byte>(bytes), cancel);
        return bytes.Length;
    }

    public async Task<IndexObject> ReadAsync(Guid id, CancellationToken cancel) =>
        Open(keys, id, await store.ReadWholeAsync(ObjectNames.OfIndex(id), cancel));

    /// <summary>What the bytes of an index object say.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/>, <see cref="FailureKind.UnsupportedVersion"/>.</exception>
    public static IndexObject Open(KeyRing keys, Guid id, ReadOnlySpan<byte> bytes)
    {
        var key = ObjectNames.OfIndex(id);
        return IndexObject.TryRead(SealedObject.Open(keys, SealedType.Index, id, bytes, key), out var index)
            ? index
            : throw NotOfVersion1(key);
    }

    internal static HoldfastException NotOfVersion1(ObjectKey key) =>
        new(
            FailureKind.UnsupportedVersion,
            $"Object '{key}' is sealed with our key but is no index of version 1. Use a newer version of Holdfast."
        );

    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync(CancellationToken.None);
        _cache?.Dispose();
        _retired.ForEach(cache => cache.Dispose());
        _places.Dispose();
        _gate.Dispose();
        Packs.Dispose();
    }

    private async Task DropAsync(IndexCache damaged)
    {
        await _gate.WaitAsync(CancellationToken.None);
        try
        {
            Retire(damaged);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>No longer gives a cache out. Who reads it finishes on it.</summary>
    private void Retire(IndexCache cache)
    {
        cache.Condemn();
        if (_cache != cache)
            return;

        _retired.Add(cache);
        _cache = null;
    }

    /// <summary>Null when an index object went while it was looked for: what stands in its place must be listed.</summary>
    private async Task<IndexCache?> TryRefreshAsync(CancellationToken cancel)
    {
        var present = await ListAsync(cancel);
        _cache ??= _retired.Count == 0 ? _places.Open() : _places.Make();
        if (!_cache.Loaded.IsSubsetOf(present))
        {
            // An index object was superseded: what it said of its packs may no longer hold.
            Retire(_cache);
            Packs.Forget();
            _cache = _places.Make();
        }

        var cache = _cache;
        return await TryLoadAsync(cache, present.Except(cache.Loaded).Order().ToList(), cancel) ? cache : null;
    }

    private async Task<bool> TryLoadAsync(IndexCache cache, List<Guid> missing, CancellationToken cancel)
    {
        PackPresence? presence = null;
        foreach (var id in missing)
        {
            IndexObject index;
            try
            {
                index = await ReadAsync(id, cancel);
            }
            catch (HoldfastException e) when (e.Kind == FailureKind.NotFound)
            {
                return false; // Superseded since it was listed.
            }

            presence ??= new PackPresence(store, Packs);
            var absent = await presence.AbsentAsync(index.Packs, cancel);
            foreach (var pack in absent)
                EngineLog.PackAbsent(log, pack, id);

            cache.Add(id, index, absent);
        }

        return true;
    }

    /// <summary>The index objects that are in the store and count. To be called in the gate.</summary>
    private async Task<HashSet<Guid>> ListAsync(CancellationToken cancel)
    {
        if (Registered is not { } registered)
            return await ListStoredAsync(cancel);

        // The names of those that count first: what is registered was put before it was. One that is gone from the store is passed over,
        // so that what it named is stored again.
        var counting = await registered(cancel);
        var stored = await ListStoredAsync(cancel);
        return [.. stored.Where(id => PruneRules.Sound.IndexCounts(counting.Contains(id)))];
    }

    private async Task<HashSet<Guid>> ListStoredAsync(CancellationToken cancel)
    {
        var (listedAt, state) = (clock.GetTimestamp(), (store as IFolderStore)?.FindFolderStates(IndexFolder)[0]);
        if (_listed.Knows(state) && _listed.Last is { } known)
            return known;

        var present = (await store.ListIdsAsync(ObjectNames.Index, "N", cancel)).Select(one => one.Id).ToHashSet();
        _listed.Keep(state, listedAt, present);
        _names.Saw(present);
        return present;
    }
}
