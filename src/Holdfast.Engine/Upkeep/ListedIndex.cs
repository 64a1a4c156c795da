using Holdfast.Engine.Format;
using Holdfast.Engine.Index;

namespace Holdfast.Engine.Upkeep;

/// <summary>An index object that counts.</summary>
/// <param name="Length">In bytes as it was listed; null where a catalog has registered it and it is not in the store.</param>
internal readonly record struct ListedIndex(Guid Id, long? Length)
{
    /// <summary>All that count now, in the order of their names: those that a catalog has registered, or, where none says so, those that
    /// are in the store.</summary>
    public static async Task<List<ListedIndex>> ListAsync(RepositoryContext repository, CancellationToken cancel)
    {
        // Those that count first: what is registered was put before it was.
        var registered = repository.Index.Registered is { } ask ? await ask(cancel) : null;
        var stored = (await repository.Store.ListIdsAsync(ObjectNames.Index, "N", cancel)).ToDictionary(
            one => one.Id,
            one => one.Entry.Size
        );
        return
        [
            .. from id in registered ?? (IEnumerable<Guid>)stored.Keys
            orderby id
            select new ListedIndex(id, stored.TryGetValue(id, out var length) ? length : null),
        ];
    }
}
