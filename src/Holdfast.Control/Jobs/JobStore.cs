using System.Data.Common;
using Dapper;
using Holdfast.Control.Catalog;
using Holdfast.Control.Loops;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Jobs;

/// <summary>The queue of jobs. See docs/job-states.md and docs/concurrency-control-plane.md.</summary>
public sealed class JobStore(CatalogDatabase database, TimeProvider clock)
{
    private const string InsertSql = """
        INSERT INTO job (id, project_id, kind, state, volume_id, backup_id, task_id, arguments, created_at, run_after, attempt,
          trace)
        VALUES (@id, @project, @kind, 1, @volume, @backup, @task, @arguments, @now, @now, 0, @trace)
        """;

    internal const string Columns =
        "id AS Id, project_id AS Project, kind AS Kind, state AS State, volume_id AS Volume, backup_id AS Backup, task_id AS Task, "
        + "arguments AS Arguments, created_at AS CreatedAt, run_after AS RunAfter, begin_at AS BeginAt, finished_at AS FinishedAt, "
        + "attempt AS Attempt, lease_owner AS LeaseOwner, lease_until AS LeaseUntil, error_code AS ErrorCode, fail_reason AS FailReason, "
        + "mark AS Mark, figures AS Figures, requests AS Requests, bytes_done AS BytesDone, bytes_total AS BytesTotal, "
        + "bytes_per_second AS BytesPerSecond, cancel_by AS CancelBy, trace AS Trace";

    private const string FindSql = $"SELECT {Columns} FROM job WHERE id = @id AND project_id = @project";
    private const string FindUpkeepSql = $"SELECT {Columns} FROM job WHERE id = @id AND kind >= 4";
    private const string OpenUpkeepSql = $"SELECT {Columns} FROM job WHERE kind = @kind AND state IN (1, 2)";
    private const string OpenSql = "SELECT DISTINCT kind FROM job WHERE state IN (1, 2) AND volume_id = @volume";
    private const string HeldBy = "id = @id AND state = 2 AND lease_owner = @owner AND attempt = @attempt";
    private const string RenewSql = $"UPDATE job SET lease_until = @until WHERE {HeldBy}";
    private const string FiguresSql = $"UPDATE job SET figures = @figures WHERE {HeldBy}";
    private const string RequestsSql = $"UPDATE job SET requests = @requests WHERE {HeldBy}";
    private const string ProgressSql =
        $"UPDATE job SET bytes_done = @done, bytes_total = @total, bytes_per_second = @perSecond WHERE {HeldBy}";
    private const string CancelerSql = "SELECT cancel_by FROM job WHERE id = @id";
    private const string AskToCancelSql = "UPDATE job SET cancel_by = coalesce(cancel_by, @by) WHERE id = @id AND state = 2";
    private const string MarkSql = $"UPDATE job SET mark = @mark, lease_until = @until WHERE {HeldBy}";
    private const string SucceedSql =
        $"UPDATE job SET state = 3, finished_at = @now, lease_owner = NULL, lease_until = NULL WHERE {HeldBy}";
    private const string FailSql =
        $"UPDATE job SET state = 4, finished_at = @now, lease_owner = NULL, lease_until = NULL, error_code = @code, fail_reason = "
        + $"@reason WHERE {HeldBy}";
    private const string PutOffSql = $"UPDATE job SET state = 1, run_after = @after, lease_owner = NULL, lease_until = NULL WHERE {HeldBy}";
    private const string HandBackSql =
        $"UPDATE job SET state = 1, attempt = attempt - 1, run_after = @now, lease_owner = NULL, lease_until = NULL WHERE {HeldBy}";
    private const string ExpiredSql = $"SELECT {Columns} FROM job WHERE state = 2 AND lease_until < @now ORDER BY lease_until LIMIT 100";
    private const string StillExpired = " AND lease_until = @until";
    private const string TakeBackSql =
        "UPDATE job SET state = 4, finished_at = @now, error_code = @code, fail_reason = @reason WHERE state = 1 AND id";
    private const string RemoveSql =
        "DELETE FROM job WHERE id IN (SELECT id FROM job WHERE state IN (3, 4) AND finished_at < @before ORDER BY finished_at LIMIT @most)";

    /// <summary>The numbers of a lane's kinds, for SQL.</summary>
    private static readonly Dictionary<JobLane, string> Kinds = Enum.GetValues<JobLane>()
        .ToDictionary(
            lane => lane,
            lane => string.Join(", ", Enum.GetValues<JobKind>().Where(kind => lane.Has(kind)).Select(kind => kind.ToString("D")))
        );

    /// <summary>
    /// One statement. A job whose volume another one is at is passed over; should two claims choose two jobs of one volume in the same
    /// moment, the unique index <c>job_running_volume</c> refuses the second, which then looks again. One that was never tried waits for no
    /// time: a clock that was set back does not keep it. Upkeep has lanes of its own: hours of it keep no backup waiting.
    /// </summary>
    private string ClaimSql(JobLane lane) => $"""
        UPDATE job SET state = 2, attempt = attempt + 1, lease_owner = @owner, lease_until = @until, begin_at = coalesce(begin_at, @now),
          bytes_done = NULL, bytes_total = NULL, bytes_per_second = NULL
        WHERE state = 1 AND id = (
          SELECT j.id FROM job j
          WHERE j.state = 1 AND j.kind IN ({KindsOf(lane)}) AND (j.run_after <= @now OR j.attempt = 0)
            AND NOT EXISTS (SELECT 1 FROM job r WHERE r.state = 2 AND r.volume_id = j.volume_id)
          ORDER BY j.run_after, j.id LIMIT 1 {database.Dialect.SkipLocked})
        RETURNING {Columns}
        """;

    /// <summary>Woken when this process queued a job, after the transaction that did.</summary>
    public WakeSignal Queued { get; } = new();

    /// <summary>Woken when an attempt of a job has ended in this process, after the transaction that wrote its end.</summary>
    public WakeSignal Ended { get; } = new();

    public async Task<Job?> FindAsync(ProjectId project, JobId id, CancellationToken cancel) =>
        await database.ReadFirstAsync<Job>(FindSql, new { id = id.Value, project = project.Value }, cancel);

    /// <summary>Queues a job. Call <see cref="WakeSignal.Wake"/> of <see cref="Queued"/> once the transaction is done.</summary>
    public async Task EnqueueAsync(CatalogTransaction tx, NewJob job, CancellationToken cancel) =>
        await tx.ExecuteAsync(
            InsertSql,
            new
            {
                id = job.Id.Value,
                project = job.Project.Value,
                kind = (int)job.Kind,
                volume = job.Volume?.ToString(),
                backup = job.Backup?.ToString(),
                task = job.Task?.ToString(),
                arguments = job.Arguments,
                now = NowMs(),
                trace = Tracing.Parent,
            },
            cancel
        );

    /// <summary>Queues a job of the service's own upkeep. Null, and nothing is queued, when one of its kind is open. Call <see
    /// cref="WakeSignal.Wake"/> of <see cref="Queued"/> once the transaction is done.</summary>
    public async Task<JobId?> QueueUpkeepAsync(CatalogTransaction tx, JobKind kind, string arguments, CancellationToken cancel)
    {
        await tx.TakeTurnAsync(CatalogTurn.Upkeep, cancel);
        if (await tx.FindAsync<Job>(OpenUpkeepSql, new { kind = (int)kind }, cancel) is not null)
        {
            return null;
        }

        var job = new NewJob
        {
            Id = JobId.New(clock),
            Project = NewJob.OfService,
            Kind = kind,
            Arguments = arguments,
        };
        await EnqueueAsync(tx, job, cancel);
        return job.Id;
    }

    /// <summary>The open job of a kind of upkeep, or null.</summary>
    public Task<Job?> FindOpenAsync(JobKind kind, CancellationToken cancel) =>
        database.ReadFirstAsync<Job>(OpenUpkeepSql, new { kind = (int)kind }, cancel);

    /// <summary>A job of the service's own upkeep.</summary>
    public Task<Job?> FindUpkeepAsync(JobId id, CancellationToken cancel) =>
        database.ReadFirstAsync<Job>(FindUpkeepSql, new { id = id.Value }, cancel);

    /// <summary>Writes down what a job has done so far, JSON. False when the lease was lost.</summary>
    public async Task<bool> SetFiguresAsync(CatalogTransaction tx, JobLease held, string figures, CancellationToken cancel)
    {
        var parameters = Held(held);
        parameters.Add("figures", figures);
        return await tx.ExecuteAsync(FiguresSql, parameters, cancel) == 1;
    }

    /// <summary>Writes down what a job has sent to stores, JSON. False when the lease was lost.</summary>
    public async Task<bool> SetRequestsAsync(CatalogTransaction tx, JobLease held, string requests, CancellationToken cancel)
    {
        var parameters = Held(held);
        parameters.Add("requests", requests);
        return await tx.ExecuteAsync(RequestsSql, parameters, cancel) == 1;
    }

    /// <summary>Writes down how far an attempt is; nothing where the lease was lost.</summary>
    internal async Task SetProgressAsync(JobLease held, JobProgressFigures reached, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        var parameters = Held(held);
        parameters.Add("done", reached.Done);
        parameters.Add("total", reached.Total);
        parameters.Add("perSecond", reached.PerSecond);
        await tx.ExecuteAsync(ProgressSql, parameters, cancel);
        await tx.CommitAsync(cancel);
    }

    /// <summary>Name of who wants a job stopped; null where nobody does.</summary>
    internal Task<string?> FindCancelerAsync(JobId id, CancellationToken cancel) =>
        database.ReadFirstAsync<string>(CancelerSql, new { id = id.Value }, cancel);

    /// <summary>Asks who carries a job out to stop. False when it does not run.</summary>
    internal static async Task<bool> AskToCancelAsync(CatalogTransaction tx, JobId id, string by, CancellationToken cancel) =>
        await tx.ExecuteAsync(AskToCancelSql, new { id = id.Value, by }, cancel) == 1;

    /// <summary>Ends a job that waits. False when it does not.</summary>
    internal async Task<bool> EndWaitingAsync(CatalogTransaction tx, JobId id, JobFailure failure, CancellationToken cancel) =>
        (await TakeBackAsync(tx, [id], failure.Code, failure.Reason, NowMs(), cancel)).Count == 1;

    /// <summary>What queued and running jobs do with a volume. Until the transaction ends nobody else orders anything of it by
    /// hand.</summary>
    public static async Task<IReadOnlyList<JobKind>> OpenKindsAsync(CatalogTransaction tx, VolumeId volume, CancellationToken cancel)
    {
        await tx.TakeTurnAsync(volume, cancel);
        return [.. (await tx.QueryAsync<int>(OpenSql, new { volume = volume.ToString() }, cancel)).Select(kind => (JobKind)kind)];
    }

    /// <summary>Takes the job that has waited longest and may run now, or null when there is none.</summary>
    /// <param name="owner">A name that no other claim, here or elsewhere, ever used.</param>
    /// <param name="lane">Of which kinds it is to be.</param>
    public async Task<Job?> ClaimAsync(
        string owner,
        TimeSpan lease,
        DateTimeOffset now,
        CancellationToken cancel,
        JobLane lane = JobLane.Orders
    )
    {
        while (true)
        {
            await using var tx = await database.BeginAsync(cancel);
            try
            {
                var job = await tx.FindAsync<Job>(
                    ClaimSql(lane),
                    new
                    {
                        owner,
                        now = now.ToUnixTimeMilliseconds(),
                        until = (now + lease).ToUnixTimeMilliseconds(),
                    },
                    cancel
                );
                await tx.CommitAsync(cancel);
                return job;
            }
            catch (DbException e) when (e.SqlState == "23505")
            {
                // Another server has just begun a job of the same volume; the next look passes that volume over.
            }
        }
    }

    /// <summary>False when the lease was lost.</summary>
    public async Task<bool> RenewAsync(JobLease held, TimeSpan lease, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        var renewed = await RenewAsync(tx, held, lease, cancel);
        await tx.CommitAsync(cancel);
        return renewed;
    }

    /// <summary>Begins a transaction that only the holder of a lease can be in, and renews the lease in it. Null when it was
    /// lost.</summary>
    public async Task<CatalogTransaction?> BeginHeldAsync(JobLease held, TimeSpan lease, CancellationToken cancel)
    {
        var tx = await database.BeginAsync(cancel);
        try
        {
            if (await RenewAsync(tx, held, lease, cancel))
            {
                return tx;
            }
        }
        catch
        {
            await tx.DisposeAsync();
            throw;
        }

        await tx.DisposeAsync();
        return null;
    }

    /// <summary>Writes what only the holder of a lease may write.</summary>
    /// <returns>False when the lease was lost; nothing is written then.</returns>
    public async Task<bool> WriteHeldAsync(
        JobLease held,
        TimeSpan lease,
        Func<CatalogTransaction, Task> write,
        CancellationToken cancel
    )
    {
        await using var tx = await BeginHeldAsync(held, lease, cancel);
        if (tx is null)
        {
            return false;
        }

        await write(tx);
        await tx.CommitAsync(cancel);
        return true;
    }

    /// <summary>Renews within a transaction that depends on the lease: until its end nobody else can take the job.</summary>
    public async Task<bool> RenewAsync(CatalogTransaction tx, JobLease held, TimeSpan lease, CancellationToken cancel) =>
        await tx.ExecuteAsync(RenewSql, Held(held, until: NowMs() + (long)lease.TotalMilliseconds), cancel) == 1;

    /// <summary>Renews as the other, and writes down what the job's bytes are about to touch. An earlier attempt's mark is
    /// replaced.</summary>
    public async Task<bool> MarkAsync(CatalogTransaction tx, JobLease held, TimeSpan lease, string mark, CancellationToken cancel) =>
        await tx.ExecuteAsync(MarkSql, Held(held, until: NowMs() + (long)lease.TotalMilliseconds, mark: mark), cancel) == 1;

    /// <summary>The job ends. <paramref name="failure"/> is null exactly for a success.</summary>
    /// <returns>False when the lease was lost: then nothing was changed, and the transaction must not be committed.</returns>
    public async Task<bool> FinishAsync(CatalogTransaction tx, JobLease held, JobFailure? failure, CancellationToken cancel) =>
        await tx.ExecuteAsync(failure is null ? SucceedSql : FailSql, Held(held, code: failure?.Code, reason: failure?.Reason), cancel)
        == 1;

    /// <summary>Back to the queue until <paramref name="after"/>; the attempt counts. False when the lease was lost.</summary>
    public async Task<bool> PutOffAsync(CatalogTransaction tx, JobLease held, DateTimeOffset after, CancellationToken cancel) =>
        await tx.ExecuteAsync(PutOffSql, Held(held, after: after.ToUnixTimeMilliseconds()), cancel) == 1;

    /// <summary>Back to the queue, as if it had not been claimed: at shutdown. False when the lease was lost.</summary>
    public async Task<bool> HandBackAsync(CatalogTransaction tx, JobLease held, CancellationToken cancel) =>
        await tx.ExecuteAsync(HandBackSql, Held(held), cancel) == 1;

    /// <summary>Running jobs whose worker gave no sign of life for longer than its lease; at most 100.</summary>
    public async Task<IReadOnlyList<Job>> ExpiredAsync(DateTimeOffset now, CancellationToken cancel) =>
        await database.ReadAllAsync<Job>(ExpiredSql, new { now = now.ToUnixTimeMilliseconds() }, cancel);

    /// <summary>Takes an expired job from its worker, back to the queue (<paramref name="failure"/> null) or to its end. False when it was
    /// renewed or taken meanwhile.</summary>
    /// <param name="until">The end of the lease as it was seen.</param>
    public async Task<bool> RescueAsync(
        CatalogTransaction tx,
        JobLease expired,
        DateTimeOffset until,
        JobFailure? failure,
        DateTimeOffset now,
        CancellationToken cancel
    ) =>
        await tx.ExecuteAsync(
            (failure is null ? PutOffSql : FailSql) + StillExpired,
            Held(
                expired,
                now: now,
                until: until.ToUnixTimeMilliseconds(),
                after: now.ToUnixTimeMilliseconds(),
                code: failure?.Code,
                reason: failure?.Reason
            ),
            cancel
        ) == 1;

    /// <summary>Removes ended jobs, at most so many. Returns how many.</summary>
    public async Task<int> RemoveEndedAsync(DateTimeOffset before, int most, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        var removed = await tx.ExecuteAsync(RemoveSql, new { before = before.ToUnixTimeMilliseconds(), most }, cancel);
        await tx.CommitAsync(cancel);
        return removed;
    }

    /// <summary>Ends jobs that nobody has claimed. Returns those that it ended; a claimed one is left alone.</summary>
    internal static async Task<IReadOnlySet<JobId>> TakeBackAsync(
        CatalogTransaction tx,
        IReadOnlyCollection<JobId> jobs,
        string code,
        string reason,
        long nowMs,
        CancellationToken cancel
    ) => (
            await tx.QueryAsync<string>(
                $"{TakeBackSql} {tx.Dialect.IsIn("@ids")} RETURNING id",
                new
                {
                    ids = SqlDialect.Ids(jobs),
                    code,
                    reason,
                    now = nowMs,
                },
                cancel
            )
        ).Select(id => new JobId(id)).ToHashSet();

    private static string KindsOf(JobLane lane) => Kinds[lane];

    private long NowMs() => clock.GetUtcNow().ToUnixTimeMilliseconds();

    private DynamicParameters Held(
        JobLease held,
        DateTimeOffset? now = null,
        long? until = null,
        long? after = null,
        string? code = null,
        string? reason = null,
        string? mark = null
    )
    {
        var parameters = new DynamicParameters(
            new
            {
                id = held.Job.Value,
                owner = held.Owner,
                attempt = held.Attempt,
            }
        );
        parameters.Add("now", now?.ToUnixTimeMilliseconds() ?? NowMs());
        parameters.Add("until", until);
        parameters.Add("after", after);
        parameters.Add("code", code);
        parameters.Add("reason", reason);
        parameters.Add("mark", mark);
        return parameters;
    }
}
