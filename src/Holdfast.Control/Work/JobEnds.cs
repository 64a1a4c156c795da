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
    IEnumerable<IJobHandler> handlers,
    TimeProvider clock
)
{
    private readonly Dictionary<JobKind, IJobHandler> _handlers = handlers.ToDictionary(handler => handler.Kind);

    public IJobHandler HandlerOf(Job job) => _handlers[job.Kind];

    /// <param name="sent">What this attempt has sent to stores. So of all of these.</param>
    /// <returns>False when the lease was lost; nothing was changed then. So of all of these.</returns>
    public async Task<bool> SucceedAsync(Job job, JobLease lease, JobOutcome.Done done, StoreRequests sent, CancellationToken cancel)
    {
        var isWritten = await WriteAsync(
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

    public Task<bool> FailAsync(Job job, JobLease lease, JobFailure failure, StoreRequests sent, CancellationToken cancel) =>
        WriteAsync(
            async tx =>
            {
                await AddRequestsAsync(tx, job, lease, sent, cancel);
                var told = await TellableAsync(tx, job, failure, cancel);
                return await jobs.FinishAsync(tx, lease, told, cancel) && await FailRestAsync(tx, job, told, cancel);
            },
            cancel
        );

    public Task<bool> PutOffAsync(Job job, JobLease lease, DateTimeOffset after, StoreRequests sent, CancellationToken cancel) =>
        WriteAsync(
            async tx =>
            {
                await AddRequestsAsync(tx, job, lease, sent, cancel);
                return await jobs.PutOffAsync(tx, lease, after, cancel) && await LeaveUnfinishedAsync(tx, job, cancel);
            },
            cancel
        );

    public Task<bool> HandBackAsync(Job job, JobLease lease, StoreRequests sent, CancellationToken cancel) =>
        WriteAsync(
            async tx =>
            {
                await AddRequestsAsync(tx, job, lease, sent, cancel);
                return await jobs.HandBackAsync(tx, lease, cancel) && await LeaveUnfinishedAsync(tx, job, cancel);
            },
            cancel
        );

    /// <summary>Takes an expired job from its worker: back to the queue, or to <paramref name="failure"/>.</summary>
    public Task<bool> RescueAsync(Job job, JobFailure? failure, DateTimeOffset now, CancellationToken cancel) =>
        WriteAsync(
            async tx =>
                await jobs.RescueAsync(tx, LeaseOf(job), job.LeaseUntil ?? now, failure, now, cancel)
                && (failure is null ? await LeaveUnfinishedAsync(tx, job, cancel) : await FailRestAsync(tx, job, failure, cancel)),
            cancel
        );

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
