using Holdfast.Control.Backups;
using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Control.Tasks;
using Holdfast.Engine;

namespace Holdfast.Control.Work;

/// <summary>Removes a backup that is marked as being deleted: first the manifest, then the row. Each can be done twice.</summary>
internal sealed class DeleteBackupHandler(BackupStore backups, Repository repository) : IJobHandler
{
    public JobKind Kind => JobKind.DeleteBackup;

    public string FailureCode => TaskCodes.DeleteFailed;

    public async Task<JobOutcome> RunAsync(Job job, JobLease lease, CancellationToken cancel)
    {
        var backup = job.Backup ?? throw new InvalidOperationException($"Job {job.Id} deletes no backup.");
        await repository.RemoveAsync(backup, cancel);
        return new JobOutcome.Done((tx, token) => BackupStore.RemoveAsync(tx, backup, token));
    }

    public async Task FailAsync(CatalogTransaction tx, Job job, JobFailure failure, CancellationToken cancel)
    {
        if (job.Backup is { } backup)
        {
            await backups.MoveAsync(tx, backup, BackupStatus.Deleting, BackupStatus.ErrorDeleting, failure, cancel);
        }
    }
}
