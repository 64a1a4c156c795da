using Holdfast.Control.Catalog;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Devices;

namespace Holdfast.Control.Volumes;

public enum VolumeOperationOutcome
{
    Done = 1,
    NoSuchVolume = 2,

    /// <summary>A backup or a restore of it is under way.</summary>
    Busy = 3,

    /// <summary>To be extended, but the service did not make its device.</summary>
    NotOwned = 4,

    /// <summary>To be extended to what it has, or less.</summary>
    NotLarger = 5,

    /// <summary>To be extended in the state error: its content is neither the old nor the new.</summary>
    InError = 6,
}

/// <summary>What an operator does to a volume by hand.</summary>
public sealed class VolumeOperations(CatalogDatabase database, VolumeStore volumes)
{
    /// <summary>
    /// Makes an owned volume larger; what is added reads as zeros. The file first, its row then: a file that is larger than its row says is
    /// only backed up larger, a row that says more than there is would promise it.
    /// </summary>
    /// <param name="size">Bytes, at most <see cref="OwnedVolumes.MaxSizeBytes"/>.</param>
    /// <exception cref="HoldfastException">The file system does not hold a file of that size, or does not answer.</exception>
    public async Task<VolumeOperationOutcome> ExtendAsync(ProjectId project, VolumeId id, long size, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, OwnedVolumes.MaxSizeBytes);
        if (await volumes.FindAsync(project, id, cancel) is not { } volume)
        {
            return VolumeOperationOutcome.NoSuchVolume;
        }

        if (RefusalOf(volume, size) is { } refusal)
        {
            return refusal;
        }

        var file =
            DeviceAddress.PathIn(volume.Source)
            ?? throw new InvalidOperationException($"The catalog holds '{volume.Source}' as a volume's address.");
        await FileSystemCalls.Asking.AskAsync(
            file,
            () =>
                Task.Run(() =>
                {
                    VolumeFile.Grow(file, size);
                    return true;
                }),
            abandon: null,
            cancel
        );
        return await ChangeAsync(
            project,
            id,
            async (tx, now) =>
            {
                if (RefusalOf(now, size) is { } late)
                {
                    return late;
                }

                await volumes.SetSizeAsync(tx, id, size, cancel);
                return VolumeOperationOutcome.Done;
            },
            cancel
        );
    }

    /// <summary>Says by hand that a volume is available or in error. Never while something works on it: that would be undone by its
    /// end.</summary>
    public Task<VolumeOperationOutcome> ResetStatusAsync(ProjectId project, VolumeId id, VolumeStatus status, CancellationToken cancel) =>
        ChangeAsync(
            project,
            id,
            async (tx, volume) =>
            {
                if (IsBusy(volume))
                {
                    return VolumeOperationOutcome.Busy;
                }

                await volumes.SetStatusAsync(tx, id, status, cancel);
                return VolumeOperationOutcome.Done;
            },
            cancel
        );

    private static bool IsBusy(Volume volume) => volume.Status is VolumeStatus.BackingUp or VolumeStatus.Restoring;

    private static VolumeOperationOutcome? RefusalOf(Volume volume, long size) =>
        !volume.IsOwned ? VolumeOperationOutcome.NotOwned
        : IsBusy(volume) ? VolumeOperationOutcome.Busy
        : volume.Status == VolumeStatus.Error ? VolumeOperationOutcome.InError
        : size <= volume.SizeBytes ? VolumeOperationOutcome.NotLarger
        : null;

    private async Task<VolumeOperationOutcome> ChangeAsync(
        ProjectId project,
        VolumeId id,
        Func<CatalogTransaction, Volume, Task<VolumeOperationOutcome>> change,
        CancellationToken cancel
    )
    {
        await using var tx = await database.BeginAsync(cancel);
        await tx.TakeTurnAsync(id, cancel);
        if (await VolumeStore.FindAsync(tx, id, cancel) is not { } volume || volume.Project != project)
        {
            return VolumeOperationOutcome.NoSuchVolume;
        }

        var outcome = await change(tx, volume);
        if (outcome == VolumeOperationOutcome.Done)
        {
            await tx.CommitAsync(cancel);
        }

        return outcome;
    }
}
