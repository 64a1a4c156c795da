using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;

namespace Holdfast.Control.Work;

/// <summary>What became of the wish to stop a job.</summary>
public enum CancelOutcome
{
    /// <summary>It had not begun, and has ended.</summary>
    Ended,

    /// <summary>Who carries it out is asked, and stops within seconds, or when a call of the system returns.</summary>
    Asked,

    /// <summary>It had ended before.</summary>
    Over,

    /// <summary>Its kind is not stopped: a deletion was acknowledged.</summary>
    Refused,
}

/// <summary>Stops jobs because somebody wants it. A job that is stopped has failed, with who stopped it as the reason: it leaves what any
/// failure leaves (docs/job-states.md).</summary>
public sealed class JobCancellation
{
    private readonly CatalogDatabase _database;
    private readonly JobStore _jobs;
    private readonly JobEnds _ends;

    internal JobCancellation(CatalogDatabase database, JobStore jobs, JobEnds ends) => (_database, _jobs, _ends) = (database, jobs, ends);

    /// <param name="by">The name of who wants it.</param>
    public async Task<CancelOutcome> CancelAsync(Job job, string by, CancellationToken cancel)
    {
        if (job.Kind == JobKind.DeleteBackup)
        {
            return CancelOutcome.Refused;
        }

        var failure = _ends.CanceledBy(job, by);
        if (await _ends.EndWaitingAsync(job, failure, cancel))
        {
            return CancelOutcome.Ended;
        }

        await using var tx = await _database.BeginAsync(cancel);
        var isAsked = await JobStore.AskToCancelAsync(tx, job.Id, by, cancel);
        await tx.CommitAsync(cancel);
        return isAsked ? CancelOutcome.Asked
            // Between both looks it went back into the queue, or ended.
            : await _ends.EndWaitingAsync(job, failure, cancel) ? CancelOutcome.Ended
            : CancelOutcome.Over;
    }
}
