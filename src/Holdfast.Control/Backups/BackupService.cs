using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Control.Quotas;
using Holdfast.Control.Volumes;
using Holdfast.Engine;
using Holdfast.Engine.Devices;

namespace Holdfast.Control.Backups;

/// <summary>Orders what is done to backups. Each order is one transaction: the backup's state and the job that will carry it out.</summary>
public sealed class BackupService(CatalogDatabase database, BackupStore backups, VolumeStore volumes, JobStore jobs, QuotaStore quotas, TimeProvider clock)
{
    /// <summary>Orders a backup by hand.</summary>
    public async Task<CreateBackupOutcome> CreateAsync(ProjectId project, BackupOrder order, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        if (await VolumeStore.FindAsync(tx, order.Volume, cancel) is not { } volume || volume.Project != project)
        {
            return new CreateBackupOutcome.NoSuchVolume();
        }

        if (await RefuseAsync(tx, volume, order, cancel) is { } refused)
        {
            return refused;
        }

        var backup = new NewBackup
        {
            Id = BackupId.New(clock),
            Project = project,
            Volume = volume.Id,
            VolumeBytes = volume.SizeBytes,
            Name = order.Name,
            Description = order.Description,
            Tags = order.Tags,
        };
        var job = new NewJob
        {
            Id = JobId.New(clock),
            Project = project,
            Kind = JobKind.CreateBackup,
            Volume = volume.Id,
            Backup = backup.Id,
            Arguments = new CreateBackupArguments { Name = order.Name, Description = order.Description, Tags = order.Tags, Full = order.Full }.ToJson(),
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
        return await backups.FindAsync(project, id, cancel) is { } backup
            ? await RestoreAsync(project, backup, target, overwrite, isNew: false, cancel)
            : new RestoreBackupOutcome.NoSuchBackup();
    }

    /// <summary>As the other, of a backup that the caller may read: its project's own, or one that is shared with it.</summary>
    /// <param name="isNew">The volume was made for this: until the backup is in it, it is not available.</param>
    internal async Task<RestoreBackupOutcome> RestoreAsync(ProjectId project, Backup backup, RestoreTarget target, bool overwrite, bool isNew, CancellationToken cancel)
    {
        if (!backup.Status.CanMoveTo(BackupStatus.Restoring))
        {
            return new RestoreBackupOutcome.WrongState(backup.Status);
        }

        var (volume, address, refused) = await ResolveAsync(project, target, cancel);
        refused ??= address is null ? null : await RestoreTargets.CheckAsync(address, volume, backup, overwrite);
        return refused ?? await QueueRestoreAsync(project, backup, volume, address!, overwrite, isNew, cancel); // an address or a refusal
    }

    /// <summary>State first, then quota: who may not anyway is not told to make room.</summary>
    private async Task<CreateBackupOutcome?> RefuseAsync(CatalogTransaction tx, Volume volume, BackupOrder order, CancellationToken cancel)
    {
        if (await BusyWithAsync(tx, volume, cancel) is { } busy)
        {
            return new CreateBackupOutcome.Busy(busy);
        }

        return volume.Status switch
        {
            VolumeStatus.Error => new CreateBackupOutcome.WrongState($"Volume '{volume.Name}' is in the state error: a restore into it failed. Restore into it again first."),
            VolumeStatus.InUse when !order.AllowInUse => new CreateBackupOutcome.InUse($"Volume '{volume.Name}' is in use. Say that it may be read all the same ('force'), or detach it first."),
            _ => await quotas.FindBreachAsync(tx, volume.Project, volume.Id, volume.SizeBytes, cancel) is { } breach ? new CreateBackupOutcome.QuotaExceeded(breach) : null,
        };
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

    private async Task<RestoreBackupOutcome> QueueRestoreAsync(ProjectId project, Backup backup, Volume? volume, DeviceAddress address, bool overwrite, bool isNew, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        if (volume is not null && await BusyWithAsync(tx, volume, cancel) is { } busy)
        {
            return new RestoreBackupOutcome.TargetRefused(RestoreRefusal.OperationRunning, busy);
        }

        if (!await backups.MoveAsync(tx, backup.Id, BackupStatus.Available, BackupStatus.Restoring, failure: null, cancel))
        {
            var now = await BackupStore.FindAsync(tx, backup.Id, cancel);
            return now is null ? new RestoreBackupOutcome.NoSuchBackup() : new RestoreBackupOutcome.WrongState(now.Status);
        }

        var job = new NewJob
        {
            Id = JobId.New(clock),
            Project = project,
            Kind = JobKind.RestoreBackup,
            Volume = volume?.Id,
            Backup = backup.Id,
            Arguments = new RestoreBackupArguments { Target = address.ToString(), Overwrite = overwrite }.ToJson(),
        };
        await jobs.EnqueueAsync(tx, job, cancel);
        if (isNew && volume is not null)
        {
            await volumes.SetStatusAsync(tx, volume.Id, VolumeStatus.Restoring, cancel);
        }

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
