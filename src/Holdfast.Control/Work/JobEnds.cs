using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Control.Protection;
using Holdfast.Control.Sessions;
using Holdfast.Control.Tasks;
using Holdfast.Control.Volumes;
using Holdfast.Engine.Objects;

namespace Holdfast.Control.Work;

/// <summary>
/// Writes the end of a job's attempt together with its session's, and of a job with its task's and with what the handler adds: all of it in
/// one transaction, which the holder of the lease alone can commit.
/// </summary>
internal sealed class JobEnds(
    CatalogDatabase database,
    JobStore jobs,
    TaskStore tasks,
    JobLogStore logs,
    IEnumerable<IJobHandler> handlers,
    TimeProvider clock
)
{
    private readonly Dictionary<JobKind, IJobHandler> _handlers = handlers.ToDictionary(handler => handler.Kind);

    public IJobHandler HandlerOf(Job job) => _handlers[job.Kind];

    /// <summary>The log of the attempt at a job that was just claimed.</summary>
    public JobLogWriter OpenLog(Job job) => logs.Open(job);

    /// <param name="lines">The attempt's log, whose last line is written here. So of all of these.</param>
    /// <param name="sent">What this attempt has sent to stores. So of all of these.</param>
    /// <returns>False when the lease was lost; nothing was changed then. So of all of these.</returns>
    public async Task<bool> SucceedAsync(
        Job job,
        JobLease lease,
        JobOutcome.Done done,
        StoreRequests sent,
        JobLogWriter lines,
        CancellationToken cancel
    )
    {
        var isWritten = await WriteAsync(
            lines,
            async tx =>
            {
                await AddRequestsAsync(tx, job, lease, sent, cancel);
                if (done.Figures is { } figures)
                {
                    await jobs.SetFiguresAsync(tx, lease, figures, cancel);
                }

                if (!await jobs.FinishAsync(tx, lease, failure: null, cancel))
                {
                    return false;
                }

                await SessionStore.EndAsync(tx, job.Id, unfinished: null, cancel);
                await TellEndAsync(tx, job, failure: null, cancel);
                await lines.EndAsync(tx, JobLogLevel.Info, "Done.", cancel, Took(job));
                await done.WriteAsync(tx, cancel);
                await DayFigureStore.CountAsync(tx, job, failure: null, clock.GetUtcNow(), cancel);
                return true;
            },
            cancel
        );
        if (isWritten)
        {
            done.Tell?.Invoke();
        }

        return isWritten;
    }

    public Task<bool> FailAsync(
        Job job,
        JobLease lease,
        JobFailure failure,
        StoreRequests sent,
        JobLogWriter lines,
        CancellationToken cancel
    ) =>
        WriteAsync(
            lines,
            async tx =>
            {
                await AddRequestsAsync(tx, job, lease, sent, cancel);
                var told = await TellableAsync(tx, job, failure, cancel);
                if (!await jobs.FinishAsync(tx, lease, told, cancel))
                {
                    return false;
                }

                await lines.EndAsync(tx, JobLogLevel.Error, $"Failed: {told.Reason}", cancel, ("code", told.Code), Took(job));
                return await FailRestAsync(tx, job, told, cancel);
            },
            cancel
        );

    /// <param name="error">Why, which passes.</param>
    public Task<bool> PutOffAsync(
        Job job,
        JobLease lease,
        Exception error,
        DateTimeOffset after,
        StoreRequests sent,
        JobLogWriter lines,
        CancellationToken cancel
    ) =>
        WriteAsync(
            lines,
            async tx =>
            {
                await AddRequestsAsync(tx, job, lease, sent, cancel);
                if (!await jobs.PutOffAsync(tx, lease, after, cancel))
                {
                    return false;
                }

                var told = await TellableAsync(tx, job, JobFailure.Of("", error), cancel);
                var text =
                    $"Attempt {job.Attempt} failed for a reason that may pass: {told.Reason} It is tried again after "
                    + $"{InWords.Of(after)}.";
                await lines.EndAsync(tx, JobLogLevel.Warning, text, cancel);
                return await LeaveUnfinishedAsync(tx, job, cancel);
            },
            cancel
        );

    public Task<bool> HandBackAsync(Job job, JobLease lease, StoreRequests sent, JobLogWriter lines, CancellationToken cancel) =>
        WriteAsync(
            lines,
            async tx =>
            {
                await AddRequestsAsync(tx, job, lease, sent, cancel);
                if (!await jobs.HandBackAsync(tx, lease, cancel))
                {
                    return false;
                }

                const string Text = "Stopped, because the service ends. It is back in the queue, and the attempt does not count.";
                await lines.EndAsync(tx, JobLogLevel.Info, Text, cancel);
                return await LeaveUnfinishedAsync(tx, job, cancel);
            },
            cancel
        );

    /// <summary>Takes an expired job from its worker: back to the queue, or to <paramref name="failure"/>.</summary>
    public Task<bool> RescueAsync(Job job, JobFailure? failure, DateTimeOffset now, CancellationToken cancel) =>
        WriteAsync(
            async tx =>
            {
                if (!await jobs.RescueAsync(tx, LeaseOf(job), job.LeaseUntil ?? now, failure, now, cancel))
                {
                    return false;
                }

                await logs.TryAppendAsync(tx, job.Id, [RescuedLine(job, failure)], cancel);
                return failure is null ? await LeaveUnfinishedAsync(tx, job, cancel) : await FailRestAsync(tx, job, failure, cancel);
            },
            cancel
        );

    /// <summary>Ends a job that waits. False, and nothing is changed, when it does not wait.</summary>
    public Task<bool> EndWaitingAsync(Job job, JobFailure failure, CancellationToken cancel) =>
        WriteAsync(
            async tx =>
            {
                if (!await jobs.EndWaitingAsync(tx, job.Id, failure, cancel))
                {
                    return false;
                }

                await logs.TryAppendAsync(tx, job.Id, [logs.LineOf(JobLogLevel.Warning, job.Attempt, failure.Reason)], cancel);
                return await FailRestAsync(tx, job, failure, cancel);
            },
            cancel
        );

    /// <summary>Why a job failed that somebody stopped.</summary>
    public JobFailure CanceledBy(Job job, string name) => new(HandlerOf(job).FailureCode, $"Canceled by '{name}'.");

    private JobLogLine RescuedLine(Job job, JobFailure? failure) =>
        failure is null
            ? logs.LineOf(
                JobLogLevel.Warning,
                job.Attempt,
                $"Who carried attempt {job.Attempt} out gave no sign of life and lost the job. It is back in the queue."
            )
            : logs.LineOf(JobLogLevel.Error, job.Attempt, $"Failed: {failure.Reason}", ("code", failure.Code));

    private (string Name, object Value) Took(Job job) =>
        ("took_ms", job.BeginAt is { } began ? (long)(clock.GetUtcNow() - began).TotalMilliseconds : 0L);

    /// <summary>With a reason for whoever may see the backup: see <see cref="FailureTexts"/>.</summary>
    private static async Task<JobFailure> TellableAsync(CatalogTransaction tx, Job job, JobFailure failure, CancellationToken cancel)
    {
        if (failure.Error is not { } error)
        {
            return failure;
        }

        var volume = job.Volume is { } id ? await VolumeStore.FindAsync(tx, id, cancel) : null;
        return failure with { Reason = FailureTexts.Of(error, job, volume?.Name), Error = null };
    }

    /// <summary>To what earlier attempts have sent. Where the lease was lost nothing is written, as the end that follows finds
    /// out.</summary>
    private async Task AddRequestsAsync(CatalogTransaction tx, Job job, JobLease lease, StoreRequests sent, CancellationToken cancel)
    {
        if (sent.Total > 0)
        {
            await jobs.SetRequestsAsync(tx, lease, (StoreRequests.FromJson(job.Requests) + sent).ToJson(), cancel);
        }
    }

    private static JobLease LeaseOf(Job job) => new(job.Id, job.LeaseOwner ?? "", job.Attempt);

    /// <summary>Ends the attempt's session. Who still carries the attempt out can neither register nor commit anything from here
    /// on.</summary>
    private static async Task<bool> LeaveUnfinishedAsync(CatalogTransaction tx, Job job, CancellationToken cancel)
    {
        await SessionStore.EndAsync(tx, job.Id, job.Kind == JobKind.CreateBackup ? job.Backup : null, cancel);
        return true;
    }

    private async Task<bool> FailRestAsync(CatalogTransaction tx, Job job, JobFailure failure, CancellationToken cancel)
    {
        await LeaveUnfinishedAsync(tx, job, cancel);
        await TellEndAsync(tx, job, failure, cancel);
        await HandlerOf(job).FailAsync(tx, job, failure, cancel);
        await DayFigureStore.CountAsync(tx, job, failure, clock.GetUtcNow(), cancel);
        return true;
    }

    /// <summary>Writes the end where others look for it: with the job's task, and as the last that was heard of its volume.</summary>
    private async Task TellEndAsync(CatalogTransaction tx, Job job, JobFailure? failure, CancellationToken cancel)
    {
        if (job.Task is { } task)
        {
            await tasks.FinishAsync(tx, task, failure, cancel);
        }

        await VolumeOutcomes.WriteAsync(tx, job, failure, clock.GetUtcNow(), cancel);
    }

    private async Task<bool> WriteAsync(JobLogWriter lines, Func<CatalogTransaction, Task<bool>> write, CancellationToken cancel)
    {
        await lines.HoldAsync(cancel);
        var isWritten = await WriteAsync(write, cancel);
        if (isWritten)
        {
            lines.Ended();
        }

        return isWritten;
    }

    private async Task<bool> WriteAsync(Func<CatalogTransaction, Task<bool>> write, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        if (!await write(tx))
        {
            return false;
        }

        await tx.CommitAsync(cancel);
        jobs.Ended.Wake();
        return true;
    }
}
