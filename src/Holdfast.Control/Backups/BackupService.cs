using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Control.Quotas;
using Holdfast.Control.Volumes;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Devices;

namespace Holdfast.Control.Backups;

/// <summary>Orders what is done to backups. Each order is one transaction: the backup's state and the job that will carry it out.</summary>
public sealed class BackupService(
    CatalogDatabase database,
    BackupStore backups,
    VolumeStore volumes,
    JobStore jobs,
    QuotaStore quotas,
    TimeProvider clock
)
{
    /// <summary>Orders a backup by hand.</summary>
    public async Task<CreateBackupOutcome> CreateAsync(ProjectId project, BackupOrder order, CancellationToken cancel)
    {
        var size = await volumes.FindAsync(project, order.Volume, cancel) is { } known
            ? await DeviceSize.OfAsync(known.Source, cancel)
            : null;
        await using var tx = await database.BeginAsync(cancel);
        if (await VolumeStore.FindAsync(tx, order.Volume, cancel) is not { } volume || volume.Project != project)
        {
            return new CreateBackupOutcome.NoSuchVolume();
        }

        // What is recorded is what was true at the last backup. A device that is not there has no size: that is told when it is to be read.
        var bytes = size is > 0 ? size.Value : volume.SizeBytes;
        if (await RefuseAsync(tx, volume, bytes, order, cancel) is { } refused)
        {
            return refused;
        }

        if (order.Incremental == true && await ParentTroubleAsync(tx, volume, cancel) is { } orphan)
        {
            return orphan;
        }

        var backup = new NewBackup
        {
            Id = BackupId.New(clock),
            Project = project,
            Volume = volume.Id,
            VolumeBytes = bytes,
            Name = order.Name,
            Description = order.Description,
            Metadata = order.Metadata,
            Container = order.Container,
            Incremental = order.Incremental,
            Tags = order.Tags,
        };
        var job = new NewJob
        {
            Id = JobId.New(clock),
            Project = project,
            Kind = JobKind.CreateBackup,
            Volume = volume.Id,
            Backup = backup.Id,
            Arguments = new CreateBackupArguments
            {
                Name = order.Name,
                Description = order.Description,
                Tags = order.Tags,
                Full = order.Full,
            }.ToJson(),
        };
        await backups.CreateAsync(tx, backup, cancel);
        await jobs.EnqueueAsync(tx, job, cancel);
        await CommitAsync(tx, cancel);
        return new CreateBackupOutcome.Queued(job.Id, backup.Id);
    }

    /// <summary>Whoever asks for an incremental backup says that there is one to go on from.</summary>
    private static async Task<CreateBackupOutcome.WrongState?> ParentTroubleAsync(
        CatalogTransaction tx,
        Volume volume,
        CancellationToken cancel
    ) =>
        await BackupStore.LatestAsync(tx, volume.Project, volume.Id, cancel) switch
        {
            null => new(
                $"No backups available to do an incremental backup: volume '{volume.Name}' has none. Order it without 'incremental'."
            ),
            { Status: not BackupStatus.Available } last => new(
                $"The parent backup must be available for incremental backup: {last.Id} is {last.Status.WireName()}. "
                    + "Order it without 'incremental'."
            ),
            _ => null,
        };

    /// <summary>Orders the removal of a backup. From then on it is neither restored nor compared with.</summary>
    public async Task<DeleteBackupOutcome> DeleteAsync(ProjectId project, BackupId id, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        if (await BackupStore.FindAsync(tx, id, cancel) is not { } backup || backup.Project != project)
        {
            return new DeleteBackupOutcome.NoSuchBackup();
        }

        if (await BackupStore.IsBeingRestoredAsync(tx, backup, cancel))
        {
            return new DeleteBackupOutcome.WrongState(BackupStatus.Restoring);
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
    public async Task<RestoreBackupOutcome> RestoreAsync(
        ProjectId project,
        BackupId id,
        RestoreTarget target,
        bool overwrite,
        CancellationToken cancel
    )
    {
        if (await backups.FindAsync(project, id, cancel) is not { } backup)
        {
            return new RestoreBackupOutcome.NoSuchBackup();
        }

        if (backup.Status != BackupStatus.Available)
        {
            return new RestoreBackupOutcome.WrongState(backup.Status);
        }

        var (volume, address, refused) = await ResolveAsync(project, target, cancel);
        if (refused is not null || address is null)
        {
            return refused ?? throw new InvalidOperationException("A target has neither an address nor a fault.");
        }

        // Before the target is tried: what our own jobs have open would look like a stranger's.
        if (volume is not null && await RefuseBusyAsync(volume, cancel) is { } busy)
        {
            return busy;
        }

        if (await RestoreTargets.CheckAsync(address, volume, backup, overwrite, cancel) is { } unfit)
        {
            return unfit;
        }

        await using var tx = await database.BeginAsync(cancel);
        if (volume is not null && await RefuseBusyAsync(tx, volume, cancel) is { } meanwhile)
        {
            return meanwhile;
        }

        var outcome = await QueueRestoreAsync(tx, project, backup.Id, volume?.Id, address, overwrite, cancel);
        if (outcome is RestoreBackupOutcome.Queued)
        {
            await CommitAsync(tx, cancel);
        }

        return outcome;
    }

    /// <summary>Queues the job, in the caller's transaction, which must be undone when that is refused. The backup may be another project's
    /// that is shared with this one: such restores are not counted, neither for the owner's nor for each other. Call
    /// <see cref="TellWorkers"/> once the transaction is done.</summary>
    internal async Task<RestoreBackupOutcome> QueueRestoreAsync(
        CatalogTransaction tx,
        ProjectId project,
        BackupId backup,
        VolumeId? volume,
        DeviceAddress address,
        bool overwrite,
        CancellationToken cancel
    )
    {
        if (await BackupStore.FindAsync(tx, backup, cancel) is not { } held)
        {
            return new RestoreBackupOutcome.NoSuchBackup();
        }

        if (held.Status != BackupStatus.Available)
        {
            return new RestoreBackupOutcome.WrongState(held.Status);
        }

        if (held.Project == project && await BackupStore.IsBeingRestoredAsync(tx, held, cancel))
        {
            return new RestoreBackupOutcome.WrongState(BackupStatus.Restoring);
        }

        var job = new NewJob
        {
            Id = JobId.New(clock),
            Project = project,
            Kind = JobKind.RestoreBackup,
            Volume = volume,
            Backup = backup,
            Arguments = new RestoreBackupArguments { Target = address.ToString(), Overwrite = overwrite }.ToJson(),
        };
        await jobs.EnqueueAsync(tx, job, cancel);
        return new RestoreBackupOutcome.Queued(job.Id);
    }

    /// <summary>Wakes whoever waits for jobs: one was queued, and its transaction is done.</summary>
    internal void TellWorkers() => jobs.Queued.Wake();

    /// <summary>State first, then quota: who may not anyway is not told to make room.</summary>
    private async Task<CreateBackupOutcome?> RefuseAsync(
        CatalogTransaction tx,
        Volume volume,
        long bytes,
        BackupOrder order,
        CancellationToken cancel
    )
    {
        var open = await JobStore.OpenKindsAsync(tx, volume.Id, cancel);
        return volume.Status switch
        {
            _ when open.Contains(JobKind.CreateBackup) => new CreateBackupOutcome.Busy(
                $"An earlier backup of volume '{volume.Name}' has not ended. Wait for its end."
            ),
            _ when open.Count > 0 => new CreateBackupOutcome.WrongState(
                $"A backup is being restored into volume '{volume.Name}'. Wait for its end."
            ),
            VolumeStatus.Error => new CreateBackupOutcome.WrongState(
                $"Volume '{volume.Name}' is in the state error: a restore into it failed. Restore into it again first."
            ),
            _ => await quotas.FindBreachAsync(tx, volume.Project, volume.Id, bytes, QuotaRelief.None, cancel) is { } breach
                ? new CreateBackupOutcome.QuotaExceeded(breach)
                : null,
        };
    }

    /// <summary>Marks a backup as being deleted and queues the job, in the caller's transaction, which holds its row. Null when its state
    /// forbids it, or a restore that its own project ordered; somebody else's restore forbids nothing, and ends with a reason.</summary>
    internal async Task<JobId?> DeleteAsync(CatalogTransaction tx, Backup backup, CancellationToken cancel)
    {
        if (
            !backup.Status.CanMoveTo(BackupStatus.Deleting)
            || await BackupStore.IsBeingRestoredAsync(tx, backup, cancel)
            || !await backups.MoveAsync(tx, backup.Id, backup.Status, BackupStatus.Deleting, failure: null, cancel)
        )
        {
            return null;
        }

        // One whose removal failed was kept before.
        var forGood = backup.Status == BackupStatus.ErrorDeleting;
        var job = DeleteBackupArguments.Order(JobId.New(clock), backup.Project, backup.Id, forGood);
        await jobs.EnqueueAsync(tx, job, cancel);
        return job.Id;
    }

    /// <summary>A device that is a registered volume is treated as that volume, so that nothing else works on it meanwhile.</summary>
    private async Task<(Volume? Volume, DeviceAddress? Address, RestoreBackupOutcome.TargetRefused? Refused)> ResolveAsync(
        ProjectId project,
        RestoreTarget target,
        CancellationToken cancel
    )
    {
        if (target is RestoreTarget.Volume byId)
        {
            if (await volumes.FindAsync(project, byId.Id, cancel) is not { } volume)
            {
                return (null, null, new(RestoreRefusal.NoSuchVolume, $"There is no volume {byId.Id}."));
            }

            var (at, silent) = await ReadAsync(volume.Source, $"The device of volume '{volume.Name}'", cancel);
            return at is null && silent is null
                ? throw new InvalidOperationException($"The catalog holds '{volume.Source}' as a volume's address.")
                : (volume, at, silent);
        }

        var source = ((RestoreTarget.Device)target).Source;
        var (address, mute) = await ReadAsync(source, $"'{source}'", cancel);
        if (mute is not null)
        {
            return (null, null, mute);
        }

        if (address is null)
        {
            return (
                null,
                null,
                new(RestoreRefusal.InvalidTarget, $"'{source}' names no target. Give file:///absolute/path, /dev/name or an absolute path.")
            );
        }

        var registered = await volumes.FindBySourceAsync(address, cancel);
        if (registered is not null && registered.Project != project)
        {
            return (null, null, new(RestoreRefusal.Busy, $"'{source}' is in use by this service. Name another target."));
        }

        return registered is null && volumes.RefusalOf(address) is { } own
            ? (null, null, new(RestoreRefusal.Unsuitable, own))
            : (registered, address, null);
    }

    /// <summary>Reading an address follows links, so it asks a file system, which may not answer. Null for a text that is none.</summary>
    private static async Task<(DeviceAddress? Address, RestoreBackupOutcome.TargetRefused? Silent)> ReadAsync(
        string source,
        string what,
        CancellationToken cancel
    )
    {
        try
        {
            var read = await FileSystemCalls.Asking.AskAsync(
                source,
                () => Task.FromResult(DeviceAddress.TryParse(source, out var address) ? address : null),
                abandon: null,
                cancel
            );
            return (read, null);
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.Unavailable)
        {
            return (null, new(RestoreRefusal.NotWritable, $"{what} does not answer. {e.Message}"));
        }
    }

    private async Task<RestoreBackupOutcome.TargetRefused?> RefuseBusyAsync(Volume volume, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        return await RefuseBusyAsync(tx, volume, cancel);
    }

    private static async Task<RestoreBackupOutcome.TargetRefused?> RefuseBusyAsync(
        CatalogTransaction tx,
        Volume volume,
        CancellationToken cancel
    )
    {
        var open = await JobStore.OpenKindsAsync(tx, volume.Id, cancel);
        return open.Contains(JobKind.CreateBackup)
                ? new(RestoreRefusal.BackupRunning, $"A backup of volume '{volume.Name}' has not ended. Wait for its end.")
            : open.Count > 0 ? new(RestoreRefusal.Busy, $"A restore into volume '{volume.Name}' has not ended. Wait for its end.")
            : null;
    }

    private async Task CommitAsync(CatalogTransaction tx, CancellationToken cancel)
    {
        await tx.CommitAsync(cancel);
        TellWorkers();
    }
}
