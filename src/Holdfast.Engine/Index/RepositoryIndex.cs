using System.Buffers;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Index;

/// <summary>
/// Answers where an item lies. The cache behind it is opened when it is first needed and brought up to date by listing <c>index/</c>; it holds
/// only what index objects in the store say, never what is merely on its way there.
/// </summary>
internal sealed class RepositoryIndex(IObjectStore store, KeyRing keys, string cacheRoot) : IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly List<IndexCache> _retired = [];
    private IndexCacheFolder? _folder;
    private volatile IndexCache? _cache;

    /// <summary>The cache, with every index object that was in the store when this was called.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/> naming a damaged index object.</exception>
    public async Task<IndexCache> RefreshAsync(CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            _folder ??= IndexCacheFolder.Open(cacheRoot);
            _cache ??= _folder.OpenCache(fresh: false);
            var present = await ListAsync(cancel);
            if (!_cache.Loaded.IsSubsetOf(present))
            {
                // An index object was superseded: what it said of its packs may no longer hold. Readers of the old cache finish on it.
                _retired.Add(_cache);
                _folder = IndexCacheFolder.Open(cacheRoot);
                _cache = _folder.OpenCache(fresh: true);
            }

            foreach (var id in present.Except(_cache.Loaded).ToList())
            {
                _cache.Add(id, await ReadAsync(id, cancel));
            }

            return _cache;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Writes an index object, then lets the cache know. Returns the object's size in bytes.</summary>
    public async Task<long> PutAsync(IndexObject index, CancellationToken cancel)
    {
        var id = new Guid(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16));
        var bytes = SealedObject.Seal(keys, SealedType.Index, id, index.Write());
        if (!await store.PutIfAbsentAsync(ObjectNames.OfIndex(id), new ReadOnlySequence<byte>(bytes), cancel))
        {
            throw new HoldfastException(FailureKind.AlreadyExists, $"An index object of the random name {id:N} exists already in '{store.Name}'.");
        }

        await _gate.WaitAsync(cancel);
        try
        {
            _cache?.Add(id, index);
        }
        finally
        {
            _gate.Release();
        }

        return bytes.Length;
    }

    public async Task<IndexObject> ReadAsync(Guid id, CancellationToken cancel)
    {
        var key = ObjectNames.OfIndex(id);
        var plain = SealedObject.Open(keys, SealedType.Index, id, await store.ReadWholeAsync(key, cancel), key);
        return IndexObject.TryRead(plain, out var index)
            ? index
            : throw new HoldfastException(FailureKind.Corrupted, $"The object '{key}' is sealed with our key but is no index of version 1. Use a newer holdfast, or put back a copy.");
    }

    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync(CancellationToken.None);
        _cache?.Dispose();
        _retired.ForEach(cache => cache.Dispose());
        _folder?.Dispose();
        _gate.Dispose();
    }

    private async Task<HashSet<Guid>> ListAsync(CancellationToken cancel)
    {
        var present = new HashSet<Guid>();
        await foreach (var entry in store.ListAsync(ObjectNames.Index, cancel))
        {
            if (ObjectNames.IdOf(entry.Key, "N") is { } id)
            {
                present.Add(id);
            }
        }

        return present;
    }
}
