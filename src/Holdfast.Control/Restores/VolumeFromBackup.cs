using Holdfast.Control.Backups;
using Holdfast.Control.Quotas;
using Holdfast.Control.Shares;
using Holdfast.Control.Volumes;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Restores;

public abstract record VolumeFromBackupOutcome
{
    private VolumeFromBackupOutcome() { }

    /// <summary>The volume is there; the job writes the backup into it.</summary>
    public sealed record Queued(Volume Volume, JobId Job) : VolumeFromBackupOutcome;

    public sealed record NoSuchBackup : VolumeFromBackupOutcome;

    public sealed record WrongState(BackupStatus Status) : VolumeFromBackupOutcome;

    /// <summary>The project may not have one more volume of that size.</summary>
    public sealed record QuotaExceeded(QuotaBreach Breach) : VolumeFromBackupOutcome;

    /// <summary>The size that was asked for is less than the backup's.</summary>
    public sealed record TooSmall(long BackupBytes) : VolumeFromBackupOutcome;
}

/// <summary>Makes a new volume of what a backup holds: the project's own backup, or one that is shared with it. One transaction makes the
/// volume, in the state of being restored, and queues the job that fills it: an empty volume is never shown as one that holds the
/// backup.</summary>
public sealed class VolumeFromBackup(BackupService service, ShareStore shares, OwnedVolumes volumes)
{
    /// <param name="describe">The volume to make of the backup; its size is at least the backup's, or it is refused.</param>
    public async Task<VolumeFromBackupOutcome> CreateAsync(
        ProjectId project,
        BackupId id,
        Func<Backup, NewVolume> describe,
        CancellationToken cancel
    )
    {
        if (await shares.FindReadableAsync(project, id, cancel) is not { } backup)
        {
            return new VolumeFromBackupOutcome.NoSuchBackup();
        }

        if (backup.Status != BackupStatus.Available)
        {
            return new VolumeFromBackupOutcome.WrongState(backup.Status);
        }

        var wanted = describe(backup);
        wanted = wanted with { SizeBytes = Math.Max(1, wanted.SizeBytes) }; // early versions made backups of nothing
        if (wanted.SizeBytes < backup.VolumeBytes)
        {
            return new VolumeFromBackupOutcome.TooSmall(backup.VolumeBytes);
        }

        RestoreBackupOutcome outcome = new RestoreBackupOutcome.NoSuchBackup();
        var created = await volumes.CreateAsync(
            project,
            wanted,
            VolumeStatus.Restoring,
            async (tx, volume, address) =>
            {
                outcome = await service.QueueRestoreAsync(
                    tx,
                    project,
                    id,
                    volume.Id,
                    address,
                    overwrite: true,
                    cancel
                );
                return outcome is RestoreBackupOutcome.Queued;
            },
            cancel
        );
        if (created is CreateVolumeOutcome.QuotaExceeded full)
        {
            return new VolumeFromBackupOutcome.QuotaExceeded(full.Breach);
        }

        if (created is CreateVolumeOutcome.Made made && outcome is RestoreBackupOutcome.Queued queued)
        {
            service.TellWorkers();
            return new VolumeFromBackupOutcome.Queued(made.Volume, queued.Job);
        }

        // Somebody else took the backup meanwhile.
        return outcome is RestoreBackupOutcome.WrongState wrong
            ? new VolumeFromBackupOutcome.WrongState(wrong.Status)
            : new VolumeFromBackupOutcome.NoSuchBackup();
    }
}
