using System.Collections.Concurrent;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Index;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Backup;

/// <summary>
/// Decides for one backup whether an item must be stored. The index is opened at the first question. An earlier backup's item counts only
/// when the pack that the index names has been seen in the store in this run, as long as the index says.
/// </summary>
/// <param name="verify">Whether what an earlier backup stored is read and verified before it counts.</param>
internal sealed class ItemLookup(RepositoryContext repository, PackSink sink, bool verify, CancellationToken cancel) : IDisposable
{
    private readonly StoredFrames? _stored = verify ? new StoredFrames(repository, cancel) : null;
    private readonly ConcurrentDictionary<uint, Task<bool>> _present = new();
    private readonly Lock _openLock = new();
    private Task<IndexCache>? _index;

    /// <summary>The index, as it was at the first question of this run.</summary>
    public Task<IndexCache> IndexAsync()
    {
        lock (_openLock)
        {
            return _index ??= repository.Index.RefreshAsync(cancel);
        }
    }

    /// <summary>True when the caller is to store the item: it is neither in the repository nor on its way there by this backup.</summary>
    public async ValueTask<bool> ClaimAsync(ItemId id)
    {
        if (!sink.Claim(id))
            return false;

        var index = _index is { IsCompletedSuccessfully: true } opened ? opened.Result : await IndexAsync();
        if (!index.TryFind(id, out var location) || !await IsPresentAsync(index, location.Pack))
            return true;

        if (_stored is not null && !await _stored.HoldsAsync(index.Pack(location.Pack), location, id))
            return true;

        sink.Release(id);
        return false;
    }

    /// <summary>A pack was seen not to hold what it should: what this backup needs of it is stored again.</summary>
    public void Distrust(uint pack) => _present[pack] = Task.FromResult(false);

    public void Dispose() => _stored?.Dispose();

    private async ValueTask<bool> IsPresentAsync(IndexCache index, uint number)
    {
        var pack = _present.TryGetValue(number, out var asked) ? asked : _present.GetOrAdd(number, AskAsync(index.Pack(number)));
        return pack.IsCompletedSuccessfully ? pack.Result : await pack;
    }

    private async Task<bool> AskAsync(PackInfo pack)
    {
        if (await repository.Store.FindSizeAsync(pack.Key, cancel) == pack.Length)
            return true;

        EngineLog.PackVanished(repository.Log, pack.Pack, pack.Length);
        return false;
    }
}
