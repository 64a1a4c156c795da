using Holdfast.Control.Backups;
using Holdfast.Control.Catalog;
using Holdfast.Control.Drills;
using Holdfast.Control.Jobs;
using Holdfast.Control.Loops;
using Holdfast.Control.Sessions;
using Holdfast.Control.Tasks;
using Holdfast.Control.Work;
using Holdfast.Engine;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Manifests;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Upkeep;

/// <summary>
/// Proves that volumes can be restored: each turn's restore point is restored to nowhere, or into a file that a command looks at, and what
/// came of it is kept. A job takes turns until none waits; run again after a crash it goes on where the dead attempt was. See
/// docs/decisions/0025-restore-drills.md.
/// </summary>
internal sealed class DrillHandler(
    JobStore jobs,
    DrillStore drills,
    BackupStore backups,
    SessionStore sessions,
    Repository repository,
    DrillFile file,
    IOptions<UpkeepOptions> options,
    IOptions<JobOptions> jobOptions,
    TimeProvider clock,
    ILogger<DrillHandler> log
) : IJobHandler
{
    /// <summary>Drills that a job names when it says which are not proven.</summary>
    private const int MostNamed = 5;

    private readonly TimeSpan _lease = TimeSpan.FromSeconds(jobOptions.Value.LeaseSeconds);

    public JobKind Kind => JobKind.Drill;

    public string FailureCode => TaskCodes.RestoreFailed;

    public async Task<JobOutcome> RunAsync(Job job, JobLease lease, JobLogWriter lines, CancellationToken cancel)
    {
        file.RemoveLeft();
        var planned = job.Arguments == DrillStore.ByHandArguments ? 0 : options.Value.DrillVolumes;
        var isOurs = await WriteAsync(lease, tx => drills.BeginJobAsync(tx, job.Id, planned, cancel), cancel);
        while (isOurs && await drills.NextAsync(cancel) is { } drill)
        {
            isOurs = await TakeTurnAsync(job, lease, drill, lines, cancel);
        }

        return isOurs ? await OutcomeAsync(job, cancel) : new JobOutcome.LeaseLost();
    }

    /// <summary>What the job was at has failed with it. What was ordered meanwhile waits for the next one.</summary>
    public async Task FailAsync(CatalogTransaction tx, Job job, JobFailure failure, CancellationToken cancel)
    {
        await drills.FailOpenAsync(tx, job, failure.Reason, cancel);
        await drills.QueueWhereWantedAsync(tx, cancel);
    }

    /// <returns>False when the lease was lost.</returns>
    private async Task<bool> TakeTurnAsync(Job job, JobLease lease, Drill drill, JobLogWriter lines, CancellationToken cancel)
    {
        // Before anything is said about a backup: where the repository is away, nothing is.
        await repository.ThrowIfGoneAsync(cancel);
        var points = await backups.RestorePointsAsync(drill.Volume, cancel);
        if (points.Count == 0)
        {
            return await LeaveAsync(job, lease, drill, cancel);
        }

        var last = drill.IsByHand ? null : await drills.LastChoiceAsync(drill.Volume, cancel);
        var (point, choice) = DrillChoices.Choose(drill.Id, points, last);
        var (manifest, fault) = await FindManifestAsync(point.Id, cancel);
        var isBegun = false;
        var isOurs = await WriteAsync(
            lease,
            async tx =>
                isBegun =
                    await HoldAsync(tx, lease, point.Id, manifest, cancel)
                    && await drills.BeginAsync(tx, drill, job.Id, point, choice, points.Count, cancel),
            cancel
        );
        if (!isOurs || !isBegun)
        {
            return isOurs; // in this moment the point was deleted, or the turn ordered by hand: chosen anew
        }

        lines.Info($"Volume '{drill.VolumeName}': backup '{point.Name}' ({point.Id}) is restored, of {points.Count} that there are.");
        var found = fault ?? await LookAsync(drill.Id, point, new JobProgress(lines, clock), cancel);
        Tell(drill, found, lines);
        return found is { } end
            ? await EndAsync(job, lease, drill, point.Id, end, cancel)
            : await WriteAsync(lease, tx => DrillStore.TakeBackAsync(tx, cancel), cancel);
    }

    private static void Tell(Drill drill, DrillEnd? found, JobLogWriter lines)
    {
        if (found is null)
        {
            lines.Info($"Volume '{drill.VolumeName}': the backup was removed meanwhile; another is chosen.");
        }
        else if (found is { State: DrillState.Proven, Verified: { } verified })
        {
            lines.Info(
                $"Volume '{drill.VolumeName}' is proven: {InWords.Bytes(verified.BytesVerified)} verified in {InWords.Of(verified.Took)}.",
                ("bytes_verified", verified.BytesVerified),
                ("bytes_read", verified.BytesRead)
            );
        }
        else
        {
            lines.Error($"Volume '{drill.VolumeName}' is not proven: {found.Reason}");
        }
    }

    /// <summary>There is nothing to look at: whoever ordered it by hand is told, and nobody else.</summary>
    private Task<bool> LeaveAsync(Job job, JobLease lease, Drill drill, CancellationToken cancel) =>
        drill.IsByHand
            ? EndAsync(
                job,
                lease,
                drill,
                backup: null,
                DrillEnd.Failed($"Volume '{drill.VolumeName}' has no restore point any more."),
                cancel
            )
            : WriteAsync(lease, tx => DrillStore.DropAsync(tx, drill.Id, cancel), cancel);

    /// <summary>The point's map stays for as long as it is looked at, whatever becomes of the backup. False when that is not available any
    /// more.</summary>
    private async Task<bool> HoldAsync(CatalogTransaction tx, JobLease lease, BackupId id, Manifest? manifest, CancellationToken cancel) =>
        manifest is not null
            ? await sessions.BeginReadAsync(tx, lease, new HeldMap(id, manifest.Root, manifest.Levels), cancel)
            : await BackupStore.FindAsync(tx, id, cancel) is { Status: BackupStatus.Available };

    /// <summary>The manifest, or what its absence proves.</summary>
    private async Task<(Manifest? Manifest, DrillEnd? Fault)> FindManifestAsync(BackupId id, CancellationToken cancel)
    {
        try
        {
            if (await repository.FindAsync(id, cancel) is { } manifest)
            {
                return (manifest, null);
            }

            await repository.ThrowIfGoneAsync(cancel);
            return (null, NoManifest(id));
        }
        catch (HoldfastException e) when (!e.IsTransient)
        {
            return (null, e.Kind == FailureKind.Corrupted ? DrillEnd.Damaged(e.Message) : DrillEnd.Failed(e.Message));
        }
    }

    /// <summary>Restores the point. What is damaged is read once more before that is said of it: its chunks may just have been moved into
    /// another pack, and a medium may have had one bad moment.</summary>
    /// <returns>Null when the backup was removed meanwhile.</returns>
    private async Task<DrillEnd?> LookAsync(DrillId drill, Backup point, JobProgress progress, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return file.IsWanted
                    ? await file.LookAsync(drill, point, progress, cancel)
                    : new DrillEnd(DrillState.Proven, await repository.VerifyAsync(point.Id, progress, cancel), null, null);
            }
            catch (HoldfastException e) when (e.Kind == FailureKind.Corrupted && attempt == 1)
            {
                DrillLog.LookedAgain(log, drill, point.Id, e.Message);
            }
            catch (HoldfastException e) when (!e.IsTransient)
            {
                await repository.ThrowIfGoneAsync(cancel);
                return e.Kind switch
                {
                    FailureKind.Corrupted => DrillEnd.Damaged(e.Message),
                    FailureKind.NotFound when await repository.FindAsync(point.Id, cancel) is null => await backups.FindAsync(
                        point.Id,
                        cancel
                    )
                        is { Status: BackupStatus.Available }
                        ? NoManifest(point.Id)
                        : null,
                    _ => DrillEnd.Failed(e.Message),
                };
            }
        }
    }

    /// <summary>Writes down what was found, with the backup what that says of its bytes, and with the job how far it is.</summary>
    /// <param name="backup">What was looked at; null where there was nothing.</param>
    private async Task<bool> EndAsync(Job job, JobLease lease, Drill drill, BackupId? backup, DrillEnd end, CancellationToken cancel)
    {
        var isOurs = await WriteAsync(
            lease,
            async tx =>
            {
                await drills.EndAsync(tx, drill, job.Id, backup, end, cancel);
                if (backup is { } looked && (end.State == DrillState.Damaged || end.Verified is not null))
                {
                    var found = end.State == DrillState.Damaged ? VerdictOf(job) : null;
                    await backups.SetVerdictAsync(tx, looked, VerdictBy.Drill, found, cancel);
                }

                var figures = DrillFigures.Of(await DrillStore.OfJobAsync(tx, job.Id, cancel));
                await jobs.SetFiguresAsync(tx, lease, figures.ToJson(), cancel);
            },
            cancel
        );
        if (isOurs && end.State == DrillState.Proven)
        {
            DrillLog.Proven(log, drill.Id, drill.Volume, backup, end.Verified?.BytesVerified ?? 0);
        }
        else if (isOurs)
        {
            DrillLog.NotProven(log, drill.Id, drill.Volume, backup, end.Reason ?? "");
        }

        return isOurs;
    }

    /// <summary>The job succeeds when all that it looked at is proven.</summary>
    private async Task<JobOutcome> OutcomeAsync(Job job, CancellationToken cancel)
    {
        var ended = await drills.OfJobAsync(job.Id, cancel);
        var not = ended.Where(drill => drill.State != DrillState.Proven).ToList();
        if (not.Count == 0)
        {
            return new JobOutcome.Done((tx, token) => drills.QueueWhereWantedAsync(tx, token), jobs.Queued.Wake);
        }

        var named = not.Take(MostNamed).Select(drill => $"Volume '{drill.VolumeName}', backup {drill.Backup}: {drill.Reason}");
        return new JobOutcome.Failed(
            new JobFailure(
                FailureCode,
                $"{not.Count} of {ended.Count} drills did not prove that their volume can be restored. {string.Join(' ', named)} 'holdfast "
                    + "drill list' shows them all.",
                Damaged: not.Any(drill => drill.State == DrillState.Damaged)
            )
        );
    }

    /// <summary>For whoever may see the backup: names no path of the service's own, as an object's message may.</summary>
    private static string VerdictOf(Job job) =>
        $"A restore drill found that the repository holds damaged data of this backup. The service's log says more under job {job.Id}.";

    private static DrillEnd NoManifest(BackupId id) =>
        DrillEnd.Damaged($"The repository does not hold 'manifests/{id}', the backup's manifest. Put back a copy of it.");

    private Task<bool> WriteAsync(JobLease lease, Func<CatalogTransaction, Task> write, CancellationToken cancel) =>
        jobs.WriteHeldAsync(lease, _lease, write, cancel);

    /// <summary>Writes what only the holder of the lease may write.</summary>
    /// <param name="write">False undoes it.</param>
    /// <returns>False when the lease was lost.</returns>
    private async Task<bool> WriteAsync(JobLease lease, Func<CatalogTransaction, Task<bool>> write, CancellationToken cancel)
    {
        await using var tx = await jobs.BeginHeldAsync(lease, _lease, cancel);
        if (tx is null)
        {
            return false;
        }

        if (await write(tx))
        {
            await tx.CommitAsync(cancel);
        }

        return true;
    }
}
