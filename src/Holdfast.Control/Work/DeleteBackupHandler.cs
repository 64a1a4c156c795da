using Holdfast.Control.Backups;
using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Control.Loops;
using Holdfast.Control.Tasks;
using Holdfast.Engine;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Work;

/// <summary>Removes a backup that is marked as being deleted. Where deleted backups are kept for a while, only its row moves; else first
/// the
/// manifest goes, then the row. Each can be done twice.</summary>
internal sealed class DeleteBackupHandler(
    BackupStore backups,
    BackupRemoval removal,
    Repository repository,
    IOptions<UpkeepOptions> options,
    TimeProvider clock,
    ILogger<DeleteBackupHandler> log
) : IJobHandler
{
    public JobKind Kind => JobKind.DeleteBackup;

    public string FailureCode => TaskCodes.DeleteFailed;

    public async Task<JobOutcome> RunAsync(Job job, JobLease lease, JobLogWriter lines, CancellationToken cancel)
    {
        var id = job.Backup ?? throw new InvalidOperationException($"Job {job.Id} deletes no backup.");
        var backup = await backups.FindAsync(id, cancel);

        // One that was never made has nothing to bring back.
        var keep = !DeleteBackupArguments.Parse(job.Arguments).ForGood && backup is { AvailableAt: not null, FailCode: null };
        if (keep && options.Value.KeepDeletedDays is > 0 and var days)
        {
            var until = clock.GetUtcNow().AddDays(days);
            BackupLog.Kept(log, id, until);
            lines.Info($"Backup {id} is deleted, and kept until {InWords.Of(until)}: until then it can be brought back.");
            return new JobOutcome.Done((tx, token) => removal.KeepAsync(tx, id, until, token));
        }

        await repository.RemoveAsync(id, await removal.IsUnsettledAsync(id, cancel), cancel);
        lines.Info($"Backup {id} is removed for good. What nobody else needs of its bytes goes with the next prune.");
        return new JobOutcome.Done((tx, token) => BackupStore.RemoveAsync(tx, id, token));
    }

    public async Task FailAsync(CatalogTransaction tx, Job job, JobFailure failure, CancellationToken cancel)
    {
        if (job.Backup is { } backup)
        {
            await backups.MoveAsync(tx, backup, BackupStatus.Deleting, BackupStatus.ErrorDeleting, failure, cancel);
        }
    }
}
