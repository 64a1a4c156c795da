using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Exports;

/// <summary>An object that a run of prune said it would delete.</summary>
/// <param name="Bytes">Its size.</param>
/// <param name="Run">The run, 32 hex digits.</param>
public sealed record AnnouncedObject(long Bytes, string Run);

/// <summary>
/// What runs of prune have announced in their marks, for whoever makes a catalog anew: a run that began under the old catalog may still
/// delete it, so nobody may come to need it. Spec of marks: docs/format/prune.md.
/// </summary>
internal static class AnnouncedObjects
{
    public static async Task<IReadOnlyDictionary<string, AnnouncedObject>> ReadAsync(
        IObjectStore store,
        KeyRing keys,
        Action<string, HoldfastException> damaged,
        CancellationToken cancel
    )
    {
        var announced = new Dictionary<string, AnnouncedObject>();
        foreach (var (run, mark) in await store.ListIdsAsync(ObjectNames.PruneMarks, "N", cancel))
        {
            try
            {
                // Null where its run has ended since.
                foreach (var name in (await PruneMark.FindAsync(store, keys, run, cancel))?.Objects ?? [])
                {
                    if (await store.FindSizeAsync(new ObjectKey(name), cancel) is { } bytes)
                        announced[name] = new AnnouncedObject(bytes, run.ToString("N"));
                }
            }
            catch (HoldfastException e) when (e.Kind is FailureKind.Corrupted or FailureKind.UnsupportedVersion)
            {
                damaged(mark.Key.Value, e);
            }
        }

        return announced;
    }
}
