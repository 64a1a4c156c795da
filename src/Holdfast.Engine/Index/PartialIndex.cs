using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Index;

/// <summary>
/// An index of all that can be found in a damaged repository, for a restore of what is left: index objects that cannot be read are passed
/// over, and packs that none of the others names tell by themselves what they hold. Goes with whoever made it.
/// </summary>
internal sealed class PartialIndex : IDisposable
{
    private readonly IndexCachePlaces _places;

    private PartialIndex(IndexCachePlaces places) => (_places, Cache) = (places, places.Make());

    public IndexCache Cache { get; }

    public static async Task<PartialIndex> LoadAsync(RepositoryContext repository, CancellationToken cancel)
    {
        var index = new PartialIndex(new IndexCachePlaces(root: null, repository.Log));
        try
        {
            await index.AddAllAsync(repository, cancel);
            return index;
        }
        catch
        {
            index.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Cache.Dispose();
        _places.Dispose();
    }

    private async Task AddAllAsync(RepositoryContext repository, CancellationToken cancel)
    {
        var ids = (await repository.Store.ListIdsAsync(ObjectNames.Index, "N", cancel)).Select(one => one.Id);
        var listing = await PackListing.ReadAsync(repository.Store, cancel);
        var named = new HashSet<Guid>();
        foreach (var id in ids.Order())
        {
            if (await TryAsync(() => repository.Index.ReadAsync(id, cancel)) is not { } read)
                continue;

            named.UnionWith(read.Packs.Select(pack => pack.Pack));
            var absent = read.Packs.Where(pack => listing.Find(pack.Kind, pack.Pack) != pack.Length).Select(pack => pack.Pack);
            Cache.Add(id, read, absent.ToHashSet());
        }

        var reader = new PackReader(repository.Store, repository.Keys, repository.Id);
        var scanner = new PackScanner(repository.Store, repository.Keys, repository.Id);
        foreach (var (kind, pack, _) in listing.All().Where(pack => !named.Contains(pack.Pack)))
        {
            var key = ObjectNames.OfPack(kind, pack);
            var known =
                await TryAsync(() => reader.ReadDirectoryAsync(key, cancel))
                ?? (await TryAsync(() => scanner.ScanAsync(key, cancel)))?.Pack;
            if (known is { Directory.Frames.Count: > 0 })
                Cache.Add(pack, new IndexObject([], [known]), PackPresence.NoneAbsent);
        }
    }

    private static async Task<T?> TryAsync<T>(Func<Task<T>> read)
        where T : class
    {
        try
        {
            return await read();
        }
        catch (HoldfastException e) when (e.Kind is FailureKind.Corrupted or FailureKind.NotFound)
        {
            return null;
        }
    }
}
