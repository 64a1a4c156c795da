using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Control.Volumes;
using Holdfast.Engine;
using Holdfast.Engine.Devices;

namespace Holdfast.Control.Backups;

/// <summary>Orders what is done to backups. Each order is one transaction: the backup's state and the job that will carry it out.</summary>
public sealed class BackupService(CatalogDatabase database, BackupStore backups, VolumeStore volumes, JobStore jobs, TimeProvider clock)
{
    /// <summary>Orders a backup by hand.</summary>
    public async Task<CreateBackupOutcome> CreateAsync(ProjectId project, VolumeId id, string? name, string? description, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        if (await VolumeStore.FindAsync(tx, id, cancel) is not { } volume || volume.Project != project)
        {
            return new CreateBackupOutcome.NoSuchVolume();
        }

        if (await BusyWithAsync(tx, volume, cancel) is { } busy)
        {
            return new CreateBackupOutcome.Busy(busy);
        }

        if (volume.Status == VolumeStatus.Error)
        {
            return new CreateBackupOutcome.Busy($"Volume '{volume.Name}' is in the state error: a restore into it failed. Restore into it again first.");
        }

        var backup = new NewBackup { Id = BackupId.New(clock), Project = project, Volume = id, VolumeBytes = volume.SizeBytes, Name = name, Description = description };
        var job = new NewJob
        {
            Id = JobId.New(clock),
            Project = project,
            Kind = JobKind.CreateBackup,
            Volume = id,
            Backup = backup.Id,
            Arguments = new CreateBackupArguments { Name = name, Description = description }.ToJson(),
        };
        await backups.CreateAsync(tx, backup, cancel);
        await jobs.EnqueueAsync(tx, job, cancel);
        await CommitAsync(tx, cancel);
        return new CreateBackupOutcome.Queued(job.Id, backup.Id);
    }

    /// <summary>Orders the removal of a backup. From then on it is neither restored nor compared with.</summary>
    public async Task<DeleteBackupOutcome> DeleteAsync(ProjectId project, BackupId id, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        if (await BackupStore.FindAsync(tx, id, cancel) is not { } backup || backup.Project != project)
        {
            return new DeleteBackupOutcome.NoSuchBackup();
        }

        if (await DeleteAsync(tx, backup, cancel) is not { } job)
        {
            return new DeleteBackupOutcome.WrongState(backup.Status);
        }

        await CommitAsync(tx, cancel);
        return new DeleteBackupOutcome.Queued(job);
    }

    /// <summary>Orders a restore. A target that is not fit for it is refused here, before anything is changed.</summary>
    /// <param name="overwrite">Whether what the target holds may be lost.</param>
    public async Task<RestoreBackupOutcome> RestoreAsync(ProjectId project, BackupId id, RestoreTarget target, bool overwrite, CancellationToken cancel)
    {
        if (await backups.FindAsync(project, id, cancel) is not { } backup)
        {
            return new RestoreBackupOutcome.NoSuchBackup();
        }

        if (!backup.Status.CanMoveTo(BackupStatus.Restoring))
        {
            return new RestoreBackupOutcome.WrongState(backup.Status);
        }

        var (volume, address, refused) = await ResolveAsync(project, target, cancel);
        refused ??= address is null ? null : await RestoreTargets.CheckAsync(address, volume, backup, overwrite);
        return refused ?? await QueueRestoreAsync(backup, volume, address!, overwrite, cancel); // an address or a refusal
    }

    /// <summary>Marks a backup as being deleted and queues the job, in the caller's transaction. Null when its state forbids it.</summary>
    internal async Task<JobId?> DeleteAsync(CatalogTransaction tx, Backup backup, CancellationToken cancel)
    {
        if (!backup.Status.CanMoveTo(BackupStatus.Deleting) || backup.Status == BackupStatus.Deleting
            || !await backups.MoveAsync(tx, backup.Id, backup.Status, BackupStatus.Deleting, failure: null, cancel))
        {
            return null;
        }

        var job = new NewJob { Id = JobId.New(clock), Project = backup.Project, Kind = JobKind.DeleteBackup, Backup = backup.Id };
        await jobs.EnqueueAsync(tx, job, cancel);
        return job.Id;
    }

    private async Task<RestoreBackupOutcome> QueueRestoreAsync(Backup backup, Volume? volume, DeviceAddress address, bool overwrite, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        if (volume is not null && await BusyWithAsync(tx, volume, cancel) is { } busy)
        {
            return new RestoreBackupOutcome.TargetRefused(RestoreRefusal.Busy, busy);
        }

        if (!await backups.MoveAsync(tx, backup.Id, BackupStatus.Available, BackupStatus.Restoring, failure: null, cancel))
        {
            var now = await BackupStore.FindAsync(tx, backup.Id, cancel);
            return now is null ? new RestoreBackupOutcome.NoSuchBackup() : new RestoreBackupOutcome.WrongState(now.Status);
        }

        var job = new NewJob
        {
            Id = JobId.New(clock),
            Project = backup.Project,
            Kind = JobKind.RestoreBackup,
            Volume = volume?.Id,
            Backup = backup.Id,
            Arguments = new RestoreBackupArguments { Target = address.ToString(), Overwrite = overwrite }.ToJson(),
        };
        await jobs.EnqueueAsync(tx, job, cancel);
        await CommitAsync(tx, cancel);
        return new RestoreBackupOutcome.Queued(job.Id);
    }

    /// <summary>A device that is a registered volume is treated as that volume, so that nothing else works on it meanwhile.</summary>
    private async Task<(Volume? Volume, DeviceAddress? Address, RestoreBackupOutcome.TargetRefused? Refused)> ResolveAsync(ProjectId project, RestoreTarget target, CancellationToken cancel)
    {
        if (target is RestoreTarget.Volume byId)
        {
            return await volumes.FindAsync(project, byId.Id, cancel) is { } volume
                ? (volume, DeviceAddress.Parse(volume.Source), null)
                : (null, null, new(RestoreRefusal.NoSuchVolume, $"There is no volume {byId.Id}."));
        }

        var source = ((RestoreTarget.Device)target).Source;
        if (!DeviceAddress.TryParse(source, out var address))
        {
            return (null, null, new(RestoreRefusal.InvalidTarget, $"'{source}' names no target. Give file:///absolute/path, /dev/name or an absolute path."));
        }

        var registered = await volumes.FindBySourceAsync(address, cancel);
        return registered is not null && registered.Project != project
            ? (null, null, new(RestoreRefusal.Busy, $"'{source}' is in use by this service. Name another target."))
            : (registered, address, null);
    }

    private static async Task<string?> BusyWithAsync(CatalogTransaction tx, Volume volume, CancellationToken cancel) =>
        (await JobStore.OpenVolumesAsync(tx, [volume.Id], cancel)).Count > 0 ? $"Another operation of volume '{volume.Name}' has not ended. Wait for its end." : null;

    private async Task CommitAsync(CatalogTransaction tx, CancellationToken cancel)
    {
        await tx.CommitAsync(cancel);
        jobs.Queued.Wake();
    }
}
