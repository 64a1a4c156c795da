using Holdfast.Control.Backups;
using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Control.Sessions;
using Holdfast.Control.Tasks;
using Holdfast.Control.Volumes;
using Holdfast.Control.Work;
using Holdfast.Engine;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Devices;
using Holdfast.Engine.Manifests;
using Holdfast.Engine.Restore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Restores;

/// <summary>Writes a backup's bytes to a device or a registered volume. The target is checked again before its first byte is
/// written.</summary>
internal sealed class RestoreBackupHandler(
    CatalogDatabase database,
    JobStore jobs,
    BackupStore backups,
    VolumeStore volumes,
    SessionStore sessions,
    Repository repository,
    FileSystemCalls files,
    IOptions<JobOptions> options,
    TimeProvider clock,
    ILogger<RestoreBackupHandler> log
) : IJobHandler
{
    private readonly TimeSpan _lease = TimeSpan.FromSeconds(options.Value.LeaseSeconds);

    public JobKind Kind => JobKind.RestoreBackup;

    public string FailureCode => TaskCodes.RestoreFailed;

    public async Task<JobOutcome> RunAsync(Job job, JobLease lease, JobLogWriter lines, CancellationToken cancel)
    {
        var id = job.Backup ?? throw new InvalidOperationException($"Job {job.Id} restores no backup.");
        if (await backups.FindAsync(id, cancel) is not { Status: BackupStatus.Available } backup)
        {
            return Deleted(id);
        }

        // Before anything of the target is touched.
        var (manifest, fault) = await FindAsync(id, cancel);
        if (manifest is null)
        {
            return new JobOutcome.Failed(fault ?? throw new InvalidOperationException("A manifest is neither there nor missing."));
        }

        var arguments = RestoreBackupArguments.Parse(job.Arguments);
        var volume = job.Volume is { } into ? await volumes.FindAsync(into, cancel) : null;
        var (opened, mark) = await OpenAsync(job, arguments, backup, volume, cancel);
        await using var target = opened;
        lines.Info(
            $"Backup '{backup.Name}' ({id}) is restored into {(volume is null ? "a device" : $"volume '{volume.Name}'")}: "
                + $"{InWords.Bytes(manifest.VolumeSize)}{(target.IsZero ? ", of which zeros need not be written" : "")}.",
            ("volume_bytes", manifest.VolumeSize)
        );
        if (job.Mark is not null)
        {
            lines.Info("An earlier attempt had begun to write: it is written again from the start.");
        }

        if (await MarkAsync(job, lease, mark, new HeldMap(id, manifest.Root, manifest.Levels), cancel) is { } refused)
        {
            return refused;
        }

        var began = clock.GetTimestamp();
        var progress = new JobProgress(lines, clock);
        try
        {
            var did = await target.RunAsync(
                t => repository.RestoreAsync(id, t.Device, new RestoreOptions { TargetIsZero = t.IsZero }, progress, cancel),
                cancel
            );
            TellRestored(did, clock.GetElapsedTime(began), lines);
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.Corrupted)
        {
            return new JobOutcome.Failed(JobFailure.Of(FailureCode, e, damaged: true));
        }

        BackupLog.Restored(log, id, arguments.Target);
        return new JobOutcome.Done((tx, token) => CompleteAsync(tx, job, id, token));
    }

    private static void TellRestored(RestoreFigures did, TimeSpan took, JobLogWriter lines) =>
        lines.Info(
            $"Wrote {InWords.Bytes(did.BytesWritten)}, and {InWords.Bytes(did.BytesZero)} of zeros, from {InWords.Bytes(did.BytesRead)} of "
                + $"{did.Packs} packs, in {InWords.Of(took)}.",
            ("bytes_written", did.BytesWritten),
            ("bytes_zero", did.BytesZero),
            ("bytes_read", did.BytesRead),
            ("packs", did.Packs)
        );

    /// <summary>The backup is as it was; damage is remembered, and forbids nothing. A volume that a restore has begun to write to is not as
    /// it was.</summary>
    public async Task FailAsync(CatalogTransaction tx, Job job, JobFailure failure, CancellationToken cancel)
    {
        if (job.Backup is { } backup && failure.Damaged)
        {
            await backups.SetVerdictAsync(tx, backup, VerdictBy.Restore, failure.Reason, cancel);
        }

        await LeaveAsync(tx, job, VolumeStatus.Error, cancel);
    }

    /// <exception cref="HoldfastException"><see cref="FailureKind.Unavailable"/> when the target does not answer in time: a later attempt
    /// may have more luck.</exception>
    private Task<(Engine.Devices.RestoreTarget Target, RestoreMark Mark)> OpenAsync(
        Job job,
        RestoreBackupArguments arguments,
        Backup backup,
        Volume? volume,
        CancellationToken cancel
    ) =>
        files.AskAsync(
            arguments.Target,
            async () =>
            {
                var address = DeviceAddress.Parse(arguments.Target);
                var isOurs = RestoreMark.Parse(job.Mark) is { } earlier && await earlier.IsAtAsync(address);
                var target = address.OpenForWriting(
                    backup.VolumeBytes,
                    arguments.Overwrite || isOurs,
                    DeviceIdentity.TryParse(volume?.Identity)
                );
                return (target, RestoreMark.Of(address, target.Device));
            },
            abandon: late => late.Item1.DisposeAsync(),
            cancel
        );

    /// <summary>The backup's manifest, or why the backup cannot be restored at all.</summary>
    private async Task<(Manifest? Manifest, JobFailure? Fault)> FindAsync(BackupId id, CancellationToken cancel)
    {
        try
        {
            return await repository.FindAsync(id, cancel) is { } manifest
                ? (manifest, null)
                : (null, new JobFailure(FailureCode, $"The repository does not hold backup {id} any more.", Damaged: true));
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.Corrupted)
        {
            return (null, JobFailure.Of(FailureCode, e, damaged: true));
        }
    }

    /// <summary>Only somebody else's restore, through a share, does not keep the owner from that.</summary>
    private JobOutcome.Failed Deleted(BackupId id) =>
        new(new JobFailure(FailureCode, $"Backup {id} was deleted by its owner before the restore began."));

    /// <summary>The last step before the first byte: what it touches is written down, the backup's bytes are held whatever becomes of the
    /// backup, and the volume, where the target is one, shows that it is being written to.</summary>
    private async Task<JobOutcome?> MarkAsync(Job job, JobLease lease, RestoreMark mark, HeldMap map, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        if (!await jobs.MarkAsync(tx, lease, _lease, mark.ToJson(), cancel))
        {
            return new JobOutcome.LeaseLost();
        }

        if (!await sessions.BeginReadAsync(tx, lease, map, cancel))
        {
            return Deleted(map.Backup);
        }

        if (job.Volume is { } id)
        {
            if (await VolumeStore.FindAsync(tx, id, cancel) is null)
            {
                return new JobOutcome.Failed(new JobFailure(TaskCodes.VolumeGone, $"Volume {id} was removed before the restore began."));
            }

            await volumes.SetStatusAsync(tx, id, VolumeStatus.Restoring, cancel);
        }

        await tx.CommitAsync(cancel);
        return null;
    }

    private async Task CompleteAsync(CatalogTransaction tx, Job job, BackupId backup, CancellationToken cancel)
    {
        await backups.SetVerdictAsync(tx, backup, VerdictBy.Restore, reason: null, cancel);
        await LeaveAsync(tx, job, VolumeStatus.Available, cancel);
    }

    private async Task LeaveAsync(CatalogTransaction tx, Job job, VolumeStatus to, CancellationToken cancel)
    {
        if (job.Volume is { } id && await VolumeStore.FindAsync(tx, id, cancel) is { Status: VolumeStatus.Restoring })
        {
            await volumes.SetStatusAsync(tx, id, to, cancel);
        }
    }
}
