using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Format;

internal static class StoredIds
{
    /// <summary>The ids at the ends of keys below a prefix, with the objects, in the order of their keys. What was not put there by us is
    /// passed over.</summary>
    /// <param name="format">How the ids are written: <c>N</c>, or <c>D</c> with hyphens.</param>
    public static async Task<List<(Guid Id, ObjectEntry Entry)>> ListIdsAsync(
        this IObjectStore store,
        string prefix,
        string format,
        CancellationToken cancel
    )
    {
        var found = new List<(Guid, ObjectEntry)>();
        await foreach (var entry in store.ListAsync(prefix, cancel))
        {
            if (ObjectNames.IdOf(entry.Key, format) is { } id)
                found.Add((id, entry));
        }

        return found;
    }
}
