using System.Runtime.CompilerServices;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Format;

internal static class KeyObjects
{
    /// <summary>All key objects of a store; null for one that is damaged. One that is removed meanwhile is passed over.</summary>
    public static async IAsyncEnumerable<(Guid Id, KeyObject? Key)> ReadAllAsync(
        IObjectStore store,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        await foreach (var entry in store.ListAsync(ObjectNames.Keys, cancel))
        {
            if (ObjectNames.IdOf(entry.Key, "N") is not { } id)
                continue;

            byte[] bytes;
            try
            {
                bytes = await store.ReadWholeAsync(entry.Key, cancel);
            }
            catch (HoldfastException e) when (e.Kind == FailureKind.NotFound)
            {
                continue;
            }

            yield return (id, KeyObject.TryRead(bytes));
        }
    }
}
