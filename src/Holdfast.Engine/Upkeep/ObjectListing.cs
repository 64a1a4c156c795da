using Holdfast.Engine.Exports;
using Holdfast.Engine.Format;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Upkeep;

/// <summary>The objects of ours below a prefix, in two stores at once.</summary>
internal static class ObjectListing
{
    /// <summary>The ids at the ends of manifests, or of what says that they are removed.</summary>
    public static async Task<HashSet<Guid>> ReadIdsAsync(IObjectStore store, string prefix, CancellationToken cancel)
    {
        return (await store.ListIdsAsync(prefix, "D", cancel)).Select(one => one.Id).ToHashSet();
    }

    private static bool IsOurs(ObjectKey key, string prefix) =>
        prefix switch
        {
            ObjectNames.Manifests => ObjectNames.IdOf(key, "D") is not null,
            ObjectNames.Catalog => CatalogExports.IdIn(key) is not null,
            _ => ObjectNames.IdOf(key, "N") is not null,
        };

    /// <summary>Objects of one store, each with its size in another, or null where that does not have it. Both list in the order of the
    /// keys, so nothing is kept.</summary>
    public static async IAsyncEnumerable<(ObjectEntry Entry, long? Other)> CompareAsync(
        IObjectStore store,
        IObjectStore other,
        string prefix,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel
    )
    {
        await using var others = other.ListAsync(prefix, cancel).GetAsyncEnumerator(cancel);
        var more = await others.MoveNextAsync();
        await foreach (var entry in store.ListAsync(prefix, cancel))
        {
            if (!IsOurs(entry.Key, prefix))
                continue;

            while (more && string.CompareOrdinal(others.Current.Key.Value, entry.Key.Value) < 0)
                more = await others.MoveNextAsync();

            yield return (entry, more && others.Current.Key == entry.Key ? others.Current.Size : null);
        }
    }
}
