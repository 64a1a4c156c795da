using Holdfast.Engine.Basics;
using Holdfast.Engine.Exports;
using Holdfast.Engine.Format;
using Holdfast.Engine.Index;

namespace Holdfast.Engine;

/// <summary>The index objects of a repository, for whoever keeps account of those that count.</summary>
public sealed class RepositoryIndexObjects
{
    private readonly RepositoryContext _repository;

    internal RepositoryIndexObjects(RepositoryContext repository) => _repository = repository;

    /// <summary>From now on only those index objects count that a catalog has registered, as it says whenever it is asked.</summary>
    public void CountOnly(Func<CancellationToken, Task<IReadOnlySet<Guid>>> registered) => _repository.Index.Registered = registered;

    /// <summary>The keys of the packs that an index object names, with how many items they hold; null when it cannot be read, or one of
    /// them is not in the store as it says.</summary>
    public async Task<(IReadOnlyList<string> Packs, long Items)?> FindPacksAsync(Guid indexObject, CancellationToken cancel)
    {
        try
        {
            var index = await _repository.Index.ReadAsync(indexObject, cancel);
            var absent = await new PackPresence(_repository.Store, _repository.Index.Packs).AbsentAsync(index.Packs, cancel);
            return absent.Count > 0
                ? null
                : ([.. index.Packs.Select(pack => ObjectNames.OfPack(pack.Kind, pack.Pack).Value)], index.ItemCount);
        }
        catch (HoldfastException e) when (e.Kind is FailureKind.NotFound or FailureKind.Corrupted or FailureKind.UnsupportedVersion)
        {
            return null;
        }
    }

    /// <summary>The index objects that lie in the store, with their sizes in bytes.</summary>
    public async Task<IReadOnlyDictionary<Guid, long>> ListAsync(CancellationToken cancel) =>
        (await _repository.Store.ListIdsAsync(ObjectNames.Index, "N", cancel)).ToDictionary(one => one.Id, one => one.Entry.Size);

    /// <summary>What earlier runs of prune said that they would delete and may still delete, as far as it is there: by the keys of the
    /// objects, with their sizes in bytes.</summary>
    /// <param name="damaged">Is told of a run's mark that cannot be read, which is then passed over.</param>
    public Task<IReadOnlyDictionary<string, AnnouncedObject>> ReadAnnouncedAsync(
        Action<string, HoldfastException> damaged,
        CancellationToken cancel
    ) => AnnouncedObjects.ReadAsync(_repository.Store, _repository.Keys, damaged, cancel);

    /// <summary>Puts an index object that says what another one says.</summary>
    /// <returns>Its id, the number of items that its packs hold, and its size in bytes.</returns>
    public async Task<(Guid Id, long Items, long Bytes)> CopyIndexObjectAsync(Guid from, CancellationToken cancel)
    {
        var index = await _repository.Index.ReadAsync(from, cancel);
        var (id, bytes) = await _repository.Index.PutUnregisteredAsync(index with { Supersedes = [] }, cancel);
        return (id, index.ItemCount, bytes);
    }
}
