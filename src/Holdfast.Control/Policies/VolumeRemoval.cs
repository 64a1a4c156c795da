using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Control.Volumes;
using Holdfast.Engine.Devices;

namespace Holdfast.Control.Policies;

/// <summary>Ends volumes, with what hangs on them: the association with a policy, and turns that wait.</summary>
public sealed class VolumeRemoval(PolicyVolumes policies, VolumeFileRemovals removals, TimeProvider clock)
{
    /// <summary>Forgets a volume. Its device and its backups stay; its association and its turns that wait go.</summary>
    public Task<RemoveVolumeOutcome> ForgetAsync(ProjectId project, VolumeId id, CancellationToken cancel) =>
        RemoveAsync(project, id, check: null, cancel);

    /// <summary>
    /// Deletes a volume and its file; its backups stay. A device that the service did not make is left alone, and so is its volume. That
    /// the file is to go is written down in the transaction in which the row goes, and done after it: what is not finished,
    /// <c>VolumeFileUpkeep</c> finishes.
    /// </summary>
    public async Task<RemoveVolumeOutcome> DeleteAsync(ProjectId project, VolumeId id, CancellationToken cancel)
    {
        string? file = null;
        var outcome = await RemoveAsync(
            project,
            id,
            async (tx, volume) =>
            {
                if (!volume.IsOwned)
                {
                    return RemoveVolumeOutcome.NotOwned;
                }

                file =
                    DeviceAddress.PathIn(volume.Source)
                    ?? throw new InvalidOperationException($"The catalog holds '{volume.Source}' as a volume's address.");
                await VolumeFileRemovals.OrderAsync(tx, file, clock.GetUtcNow(), cancel);
                return RemoveVolumeOutcome.Removed;
            },
            cancel
        );
        if (outcome == RemoveVolumeOutcome.Removed && file is not null)
        {
            await removals.FinishAsync(file, cancel);
        }

        return outcome;
    }

    /// <param name="check">Asked before the row goes, in the transaction that holds the volume; an answer other than
    /// <see cref="RemoveVolumeOutcome.Removed"/> keeps it.</param>
    private async Task<RemoveVolumeOutcome> RemoveAsync(
        ProjectId project,
        VolumeId id,
        Func<CatalogTransaction, Volume, Task<RemoveVolumeOutcome>>? check,
        CancellationToken cancel
    )
    {
        await using var tx = await policies.BeginHoldingAsync([id], policy: null, cancel);
        if (await VolumeStore.FindAsync(tx, id, cancel) is not { } volume || volume.Project != project)
        {
            return RemoveVolumeOutcome.NoSuchVolume;
        }

        await policies.RemoveAsync(tx, id, "The volume was removed.", cancel);
        if ((await JobStore.OpenKindsAsync(tx, id, cancel)).Count > 0)
        {
            return RemoveVolumeOutcome.Busy;
        }

        if (check is not null && await check(tx, volume) is var answer and not RemoveVolumeOutcome.Removed)
        {
            return answer;
        }

        await VolumeStore.RemoveAsync(tx, id, cancel);
        await tx.CommitAsync(cancel);
        return RemoveVolumeOutcome.Removed;
    }
}
