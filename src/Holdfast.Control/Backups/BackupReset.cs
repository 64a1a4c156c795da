using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Engine;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Backups;

public enum BackupResetOutcome
{
    Done = 1,
    NoSuchBackup = 2,

    /// <summary>A job makes, restores or deletes it: its end would undo what is said here.</summary>
    Busy = 3,

    /// <summary>To be available, but it was never made whole, or the repository does not hold it any more.</summary>
    NotThere = 4,
}

/// <summary>Says by hand that a backup is available or in error. Available it is only when the repository holds it: nobody is told that
/// there is something to restore where there is nothing.</summary>
public sealed class BackupReset(CatalogDatabase database, BackupStore backups, Repository repository)
{
    /// <summary>What a backup in error has as its reason then.</summary>
    private static readonly JobFailure ByHand = new("Holdfast.Reset", "An admin set the status to error.");

    /// <param name="isAvailable">False for in error.</param>
    /// <exception cref="HoldfastException">The repository does not answer, or the backup's manifest is damaged.</exception>
    public async Task<BackupResetOutcome> RunAsync(ProjectId project, BackupId id, bool isAvailable, CancellationToken cancel)
    {
        if (await backups.FindAsync(project, id, cancel) is not { } shown)
        {
            return BackupResetOutcome.NoSuchBackup;
        }

        if (shown.Status is BackupStatus.Creating or BackupStatus.Restoring or BackupStatus.Deleting)
        {
            return BackupResetOutcome.Busy;
        }

        // The store is asked before the transaction, never in one.
        if (isAvailable && (shown.AvailableAt is null || await repository.FindAsync(id, cancel) is null))
        {
            return BackupResetOutcome.NotThere;
        }

        var to = isAvailable ? BackupStatus.Available : BackupStatus.Error;
        if (shown.Status == to)
        {
            return BackupResetOutcome.Done;
        }

        await using var tx = await database.BeginAsync(cancel);
        if (!await backups.MoveAsync(tx, id, shown.Status, to, isAvailable ? null : ByHand, cancel))
        {
            return BackupResetOutcome.Busy;
        }

        await tx.CommitAsync(cancel);
        return BackupResetOutcome.Done;
    }
}
