using Holdfast.Control.Shares;
using Holdfast.Control.Volumes;
using Holdfast.Engine;

namespace Holdfast.Control.Backups;

public abstract record VolumeFromBackupOutcome
{
    private VolumeFromBackupOutcome()
    {
    }

    /// <summary>The volume is there; the job writes the backup into it.</summary>
    public sealed record Queued(Volume Volume, JobId Job) : VolumeFromBackupOutcome;

    public sealed record NoSuchBackup : VolumeFromBackupOutcome;

    public sealed record WrongState(BackupStatus Status) : VolumeFromBackupOutcome;

    /// <summary>The size that was asked for is less than the backup's.</summary>
    public sealed record TooSmall(long BackupBytes) : VolumeFromBackupOutcome;

    public sealed record Refused(string Message) : VolumeFromBackupOutcome;
}

/// <summary>Makes a new volume of what a backup holds: the project's own backup, or one that is shared with it.</summary>
public sealed class VolumeFromBackup(BackupService service, ShareStore shares, ManagedVolumes volumes)
{
    /// <param name="describe">The volume to make of the backup; its size is at least the backup's, or it is refused.</param>
    public async Task<VolumeFromBackupOutcome> CreateAsync(ProjectId project, BackupId id, Func<Backup, NewVolume> describe, CancellationToken cancel)
    {
        if (await shares.FindReadableAsync(project, id, cancel) is not { } backup)
        {
            return new VolumeFromBackupOutcome.NoSuchBackup();
        }

        if (!backup.Status.CanMoveTo(BackupStatus.Restoring))
        {
            return new VolumeFromBackupOutcome.WrongState(backup.Status);
        }

        var wanted = describe(backup);
        if (wanted.SizeBytes < backup.VolumeBytes)
        {
            return new VolumeFromBackupOutcome.TooSmall(backup.VolumeBytes);
        }

        var volume = await volumes.CreateAsync(project, wanted, cancel);
        var outcome = await service.RestoreAsync(project, backup, new RestoreTarget.Volume(volume.Id), overwrite: true, isNew: true, cancel);
        if (outcome is RestoreBackupOutcome.Queued queued)
        {
            return new VolumeFromBackupOutcome.Queued(volume with { Status = VolumeStatus.Restoring }, queued.Job);
        }

        // Somebody else took the backup meanwhile. The volume was seen by nobody that counts on it.
        await volumes.DeleteAsync(project, volume.Id, CancellationToken.None);
        return outcome switch
        {
            RestoreBackupOutcome.WrongState wrong => new VolumeFromBackupOutcome.WrongState(wrong.Status),
            RestoreBackupOutcome.TargetRefused refused => new VolumeFromBackupOutcome.Refused(refused.Message),
            _ => new VolumeFromBackupOutcome.NoSuchBackup(),
        };
    }
}
