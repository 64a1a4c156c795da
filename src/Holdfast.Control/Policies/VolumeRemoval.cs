using Holdfast.Control.Jobs;
using Holdfast.Control.Loops;
using Holdfast.Control.Volumes;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Devices;
using Microsoft.Extensions.Logging;

namespace Holdfast.Control.Policies;

/// <summary>Ends volumes, with what hangs on them: the association with a policy, and turns that wait.</summary>
public sealed class VolumeRemoval(PolicyVolumes policies, TimeProvider clock, ILogger<VolumeRemoval> log)
{
    /// <summary>Forgets a volume. Its device and its backups stay; its association and its turns that wait go.</summary>
    public Task<RemoveVolumeOutcome> ForgetAsync(ProjectId project, VolumeId id, CancellationToken cancel) =>
        RemoveAsync(project, id, check: null, cancel);

    /// <summary>
    /// Deletes a volume and its file; its backups stay. A device that the service did not make is left alone, and so is its volume. The
    /// file gets another name before the row goes and is removed after: what is not finished, <c>VolumeFileUpkeep</c> undoes or
    /// finishes.
    /// </summary>
    public async Task<RemoveVolumeOutcome> DeleteAsync(ProjectId project, VolumeId id, CancellationToken cancel)
    {
        VolumeFileName? file = null;
        try
        {
            var outcome = await RemoveAsync(project, id, volume => SetAside(volume, out file), cancel);
            if (outcome != RemoveVolumeOutcome.Removed)
            {
                return outcome;
            }
        }
        catch
        {
            if (file is not null)
            {
                VolumeFile.TryRename(file.SetAside, file.Path);
            }

            throw;
        }

        if (file is not null)
        {
            Remove(file.SetAside);
        }

        return RemoveVolumeOutcome.Removed;
    }

    /// <param name="check">Asked before the row goes, in the transaction that holds the volume; an answer other than
    /// <see cref="RemoveVolumeOutcome.Removed"/> keeps it.</param>
    private async Task<RemoveVolumeOutcome> RemoveAsync(
        ProjectId project,
        VolumeId id,
        Func<Volume, RemoveVolumeOutcome>? check,
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

        if (check?.Invoke(volume) is { } answer and not RemoveVolumeOutcome.Removed)
        {
            return answer;
        }

        await VolumeStore.RemoveAsync(tx, id, cancel);
        await tx.CommitAsync(cancel);
        return RemoveVolumeOutcome.Removed;
    }

    private RemoveVolumeOutcome SetAside(Volume volume, out VolumeFileName? file)
    {
        file = null;
        if (!volume.IsOwned)
        {
            return RemoveVolumeOutcome.NotOwned;
        }

        var name = VolumeFileName.Of(DeviceAddress.Parse(volume.Source).FilePath, clock.GetUtcNow());
        file = VolumeFile.TryRename(name.Path, name.SetAside) ? name : null;
        return RemoveVolumeOutcome.Removed;
    }

    private void Remove(string path)
    {
        try
        {
            VolumeFile.Delete(path);
        }
        catch (HoldfastException e)
        {
            UpkeepLog.VolumeFileStays(log, e, path);
        }
    }
}
