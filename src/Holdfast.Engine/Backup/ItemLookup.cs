using System.Collections.Concurrent;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Index;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Backup;

/// <summary>
/// Decides for one backup whether an item must be stored, and whose it is to store. The index is opened at the first question. An earlier
/// backup's item counts only when the pack that the index names has been seen in the store in this run, as long as the index says.
/// </summary>
/// <param name="condemned">Packs on their way out: an item in one of them is not there to be counted on.</param>
/// <param name="verify">Whether what an earlier backup stored is read and verified before it counts.</param>
internal sealed class ItemLookup(RepositoryContext repository, IReadOnlySet<Guid> condemned, bool verify, CancellationToken cancel)
    : IDisposable
{
    private readonly StoredFrames? _stored = verify ? new StoredFrames(repository, cancel) : null;
    private readonly ConcurrentDictionary<ItemId, byte> _claimed = new();
    private readonly ConcurrentDictionary<uint, Task<bool>> _present = new();
    private readonly Lock _openLock = new();
    private Task<IndexCache>? _index;
    private PacksSeen? _seen;
    private volatile bool _doubts;

    /// <summary>
    /// Whether what the parent has at a place counts without a question, because all packs that the index names were seen by one look
    /// around (<see cref="LookAroundAsync"/>).
    /// </summary>
    public bool ParentCounts => _seen is not null && !_doubts && !verify && !ParentIsMarked;

    /// <summary>Whether the parent is known not to be whole, and no pack that the index names tells it.</summary>
    public bool ParentIsMarked { get; init; }

    /// <summary>The index, as it was at the first question of this run.</summary>
    public Task<IndexCache> IndexAsync()
    {
        lock (_openLock)
        {
            return _index ??= repository.Index.RefreshAsync(cancel);
        }
    }

    /// <summary>Sees by one listing which packs are there, so that nothing is counted on that is gone.</summary>
    public async Task<PacksSeen> LookAroundAsync()
    {
        if (_seen is { } known)
            return known;

        // The index first: what it names was put before it was.
        var index = await IndexAsync();
        var (seen, _) = await repository.Index.Packs.SeeAsync(index, cancel);
        foreach (var pack in seen.Absent.Select(index.Pack))
            EngineLog.PackVanished(repository.Log, pack.Pack, pack.Length);

        _doubts |= seen.Absent.Count > 0 || seen.HasLoose;
        return _seen = seen;
    }

    /// <summary>Whether an item of an earlier backup is there to be counted on. Claims nothing.</summary>
    public async ValueTask<bool> IsHeldAsync(ItemId id)
    {
        var index = _index is { IsCompletedSuccessfully: true } opened ? opened.Result : await IndexAsync();
        return index.TryFind(id, out var location)
            && (condemned.Count == 0 || PruneRules.Sound.MayCountOn(condemned.Contains(index.Pack(location.Pack).Pack)))
            && await IsPresentAsync(index, location.Pack)
            && (_stored is null || await _stored.HoldsAsync(index.Pack(location.Pack), location, id));
    }

    /// <summary>True when the caller is to store the item: it is neither in the repository nor on its way there by this backup. A claim is
    /// kept until an index object names the item.</summary>
    public async ValueTask<bool> ClaimAsync(ItemId id)
    {
        if (!_claimed.TryAdd(id, 0))
            return false;

        if (!await IsHeldAsync(id))
            return true;

        Release(id);
        return false;
    }

    /// <summary>Gives a claim back: the index names the item.</summary>
    public void Release(ItemId id) => _claimed.TryRemove(id, out _);

    /// <summary>A pack was seen not to hold what it should: what this backup needs of it is stored again.</summary>
    public void Distrust(uint pack)
    {
        _present[pack] = Task.FromResult(false);
        _doubts = true;
    }

    public void Dispose() => _stored?.Dispose();

    private async ValueTask<bool> IsPresentAsync(IndexCache index, uint number)
    {
        if (_present.TryGetValue(number, out var asked))
            return asked.IsCompletedSuccessfully ? asked.Result : await asked;

        if (_seen is { } seen && number < seen.End)
            return !seen.Absent.Contains(number);

        return await _present.GetOrAdd(number, _ => AskAsync(index.Pack(number)));
    }

    private async Task<bool> AskAsync(PackInfo pack)
    {
        if (await repository.Store.FindSizeAsync(pack.Key, cancel) == pack.Length)
            return true;

        EngineLog.PackVanished(repository.Log, pack.Pack, pack.Length);
        return false;
    }
}
