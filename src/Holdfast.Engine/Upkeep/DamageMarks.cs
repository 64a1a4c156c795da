using System.Buffers;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Upkeep;

/// <summary>Marks of restore points that are not whole, so that no backup counts on them unseen. Spec: docs/format/repository-v1.md,
/// section 10.</summary>
internal static class DamageMarks
{
    private static readonly byte[] Text = "This restore point is not whole.\n"u8.ToArray();

    public static async Task PutAsync(IObjectStore store, BackupId backup, CancellationToken cancel) =>
        await store.PutIfAbsentAsync(ObjectNames.OfDamagedMark(backup), new ReadOnlySequence<byte>(Text), cancel);

    /// <summary>Takes the marks away of all restore points but some.</summary>
    public static async Task RemoveAllButAsync(IObjectStore store, IReadOnlySet<BackupId> kept, CancellationToken cancel)
    {
        foreach (var (id, mark) in await store.ListIdsAsync(ObjectNames.Damaged, "D", cancel))
        {
            if (!kept.Contains(new BackupId(id)))
                await store.DeleteAsync(mark.Key, cancel);
        }
    }
}
