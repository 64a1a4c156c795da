using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Engine.Basics;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Tasks;

/// <summary>The tasks of policies, and their counters.</summary>
public sealed class TaskStore : IAsyncDisposable
{
    private const string InsertSql = """
        INSERT INTO task (id, policy_id, project_id, volume_id, status, origin, slot_at, created_at, finished_at, backup_name,
          backup_id, job_id, code, message)
        VALUES (@id, @policy, @project, @volume, @status, @origin, @slot, @created, @finished, @name, @backup, @job, @code, @message)
        """;

    private const string FindSql = $"SELECT {TaskRow.Columns} FROM task WHERE id = @id AND project_id = @project";
    private const string StatusSql = "SELECT id AS Id, policy_id AS PolicyId, status AS Status FROM task WHERE id = @id";
    private const string StartSql = "UPDATE task SET status = @to, backup_id = @backup WHERE id = @id AND status = @from";
    private const string FinishSql =
        "UPDATE task SET status = @to, finished_at = @now, code = @code, message = @message WHERE id = @id AND status = @from";
    private const string OpenSql = "SELECT DISTINCT volume_id FROM task WHERE status IN (1, 2) AND volume_id";
    private const string RunningSql = "SELECT 1 FROM task WHERE policy_id = @policy AND status = @status LIMIT 1";
    private const string WaitingSql = $"SELECT {TaskRow.Columns} FROM task WHERE policy_id = @policy AND status = 1";
    private const string SkipSql =
        "UPDATE task SET status = 6, finished_at = @now, code = @code, message = @reason WHERE status = 1 AND id";
    private const string OldSql =
        "SELECT id AS Id, policy_id AS PolicyId, status AS Status FROM task WHERE created_at < @before AND finished_at IS NOT NULL ORDER "
            + "BY created_at LIMIT @most";
    private const string SkippedAheadSql =
        "SELECT id FROM task WHERE policy_id = @policy AND status = 6 AND (slot_at > @now OR created_at > @now)";
    private const string RemoveSql = "DELETE FROM task WHERE id";
    private const string DropSql = "DELETE FROM task WHERE status = 1 AND id";

    private readonly CatalogDatabase _database;
    private readonly TimeProvider _clock;
    private readonly bool _storeSkipped;
    private readonly ITaskReader _reader;

    public TaskStore(CatalogDatabase database, TimeProvider clock, IOptions<TaskOptions> options)
    {
        _database = database;
        _clock = clock;
        _storeSkipped = options.Value.StoreSkipped;
        _reader = database.Dialect == SqlDialect.Sqlite ? new SqliteTaskReader(database) : new PostgresTaskReader(database);
    }

    /// <summary>Lists a policy's tasks. Costs the same however many there are, but for <see cref="TaskQuery.Offset"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A limit below 1 or a negative offset.</exception>
    public ValueTask<TaskQueryOutcome> QueryAsync(TaskQuery query, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(query.Offset);
        return _reader.QueryAsync(query, cancel);
    }

    public async Task<BackupTask?> FindAsync(ProjectId project, BackupTaskId id, CancellationToken cancel) =>
        (await _database.ReadFirstAsync<TaskRow>(FindSql, new { id = id.ToString(), project = project.Value }, cancel))?.ToTask();

    /// <summary>Whether a run of this policy has not ended.</summary>
    public static async Task<bool> HasOpenAsync(CatalogTransaction tx, PolicyId policy, CancellationToken cancel) =>
        await tx.FindAsync<long?>(RunningSql, new { policy = policy.ToString(), status = (int)BackupTaskStatus.Waiting }, cancel)
            is not null
        || await tx.FindAsync<long?>(RunningSql, new { policy = policy.ToString(), status = (int)BackupTaskStatus.Running }, cancel)
            is not null;

    /// <summary>Those of the volumes that have a task, of whatever policy, that has not ended.</summary>
    public static async Task<IReadOnlySet<VolumeId>> OpenVolumesAsync(
        CatalogTransaction tx,
        IReadOnlyCollection<VolumeId> volumes,
        CancellationToken cancel
    ) =>
        (
            await tx.QueryAsync<string>(
                $"{OpenSql} {tx.Dialect.IsIn("@volumes")}",
                new { volumes = SqlDialect.Ids(volumes) },
                cancel
            )
        )
            .Select(v => VolumeId.Parse(v, null))
            .ToHashSet();

    /// <summary>Records the tasks of one firing of one policy, whose row the transaction holds. Leaves skipped ones out where the options
    /// say so.</summary>
    /// <returns>How many were recorded.</returns>
    public async Task<int> CreateForFiringAsync(
        CatalogTransaction tx,
        ProjectId project,
        PolicyId policy,
        IReadOnlyCollection<BackupTask> tasks,
        CancellationToken cancel
    )
    {
        var recorded = tasks.Where(task => _storeSkipped || task.Status != BackupTaskStatus.Skipped).ToList();
        if (recorded.Count == 0)
        {
            return 0;
        }

        await TaskCounters.MakeAsync(tx, policy, cancel);
        foreach (var task in recorded)
        {
            await tx.ExecuteAsync(InsertSql, ParametersOf(task, project), cancel);
        }

        await TaskCounters.AddAsync(
            tx,
            policy,
            recorded.CountBy(task => task.Status).Select(s => KeyValuePair.Create(s.Key, (long)s.Value)),
            cancel
        );
        return recorded.Count;
    }

    /// <summary>The task's backup begins. A task that runs already (its job is run again) stays as it is.</summary>
    /// <returns>False when the task is gone, with its policy.</returns>
    public static async Task<bool> StartAsync(CatalogTransaction tx, BackupTaskId id, BackupId backup, CancellationToken cancel)
    {
        if (await StatusOfAsync(tx, id, cancel) is not { } task)
        {
            return false;
        }

        if (task.Status == BackupTaskStatus.Running)
        {
            return true;
        }

        await MoveAsync(
            tx,
            id,
            task,
            BackupTaskStatus.Running,
            StartSql,
            new
            {
                id = id.ToString(),
                from = (int)task.Status,
                to = (int)BackupTaskStatus.Running,
                backup = backup.ToString(),
            },
            cancel
        );
        return true;
    }

    /// <summary>The task ends. <paramref name="failure"/> is null exactly for a success.</summary>
    /// <returns>False when the task is gone, with its policy.</returns>
    public async Task<bool> FinishAsync(CatalogTransaction tx, BackupTaskId id, JobFailure? failure, CancellationToken cancel)
    {
        if (await StatusOfAsync(tx, id, cancel) is not { } task)
        {
            return false;
        }

        var to = failure switch
        {
            null => BackupTaskStatus.Success,
            { TimedOut: true } => BackupTaskStatus.TimedOut,
            _ => BackupTaskStatus.Failed,
        };
        var now = _clock.GetUtcNow().ToUnixTimeMilliseconds();
        await MoveAsync(
            tx,
            id,
            task,
            to,
            FinishSql,
            new
            {
                id = id.ToString(),
                from = (int)task.Status,
                to = (int)to,
                now,
                code = failure?.Code,
                message = failure?.Reason,
            },
            cancel
        );
        return true;
    }

    /// <summary>
    /// Takes back the turns that have not begun, of one volume or of all: their tasks are skipped and their jobs end. What runs is left to
    /// finish as an ordinary backup.
    /// </summary>
    /// <param name="reason">In plain words, for the person who reads the list: why the run was not carried out.</param>
    /// <returns>How many were taken back.</returns>
    public async Task<int> SkipWaitingAsync(
        CatalogTransaction tx,
        PolicyId policy,
        VolumeId? volume,
        string reason,
        CancellationToken cancel
    )
    {
        var sql = volume is null ? WaitingSql : $"{WaitingSql} AND volume_id = @volume";
        var waiting = (await tx.QueryAsync<TaskRow>(sql, new { policy = policy.ToString(), volume = volume?.ToString() }, cancel))
            .Where(task => task.JobId is not null)
            .ToList();
        if (waiting.Count == 0)
        {
            return 0;
        }

        // Jobs before tasks, as a worker locks them; a job that a worker has just claimed is left out, and so is its task.
        var code = volume is null ? TaskCodes.NotExecuted : TaskCodes.NotAssociated;
        var now = _clock.GetUtcNow().ToUnixTimeMilliseconds();
        // filtered above
        var ended = await JobStore.TakeBackAsync(tx, [.. waiting.Select(task => new JobId(task.JobId!))], code, reason, now, cancel);
        var ids = waiting.Where(task => ended.Contains(new JobId(task.JobId!))).Select(task => task.Id).ToArray(); // filtered above
        if (ids.Length == 0)
        {
            return 0;
        }

        await TaskCounters.LockAsync(tx, policy, cancel);
        var skipped = await tx.ExecuteAsync(
            $"{(_storeSkipped ? SkipSql : DropSql)} {tx.Dialect.IsIn("@ids")}",
            new
            {
                ids = SqlDialect.Ids(ids),
                now,
                code,
                reason,
            },
            cancel
        );
        await TaskCounters.AddAsync(
            tx,
            policy,
            _storeSkipped
                ? [new(BackupTaskStatus.Waiting, -skipped), new(BackupTaskStatus.Skipped, skipped)]
                : [new(BackupTaskStatus.Waiting, -skipped)],
            cancel
        );
        return skipped;
    }

    /// <summary>Removes ended tasks that are older, at most so many, counters and all. Returns how many; fewer than asked for when no more
    /// are left.</summary>
    public async Task<int> RemoveEndedAsync(DateTimeOffset before, int most, CancellationToken cancel)
    {
        await using var tx = await _database.BeginAsync(cancel);
        var old = await tx.QueryAsync<StatusRow>(OldSql, new { before = before.ToUnixTimeMilliseconds(), most }, cancel);
        foreach (var policy in old.GroupBy(task => task.PolicyId).OrderBy(policy => policy.Key, StringComparer.Ordinal))
        {
            await RemoveAsync(tx, PolicyId.Parse(policy.Key, null), [.. policy.Select(task => task.Id)], cancel);
        }

        await tx.CommitAsync(cancel);
        return old.Count;
    }

    /// <summary>Removes a policy's skipped turns of times that have not come: a clock that was ahead has made them.</summary>
    internal static async Task ForgetSkippedAsync(CatalogTransaction tx, PolicyId policy, DateTimeOffset now, CancellationToken cancel)
    {
        var ahead = new { policy = policy.ToString(), now = now.ToUnixTimeMilliseconds() };
        if (await tx.QueryAsync<string>(SkippedAheadSql, ahead, cancel) is { Count: > 0 } ids)
        {
            await RemoveAsync(tx, policy, [.. ids], cancel);
        }
    }

    public ValueTask DisposeAsync() => _reader.DisposeAsync();

    /// <summary>Where a task is, held so until the transaction ends. Null when it is gone, with its policy.</summary>
    private static async Task<StatusRow?> StatusOfAsync(CatalogTransaction tx, BackupTaskId id, CancellationToken cancel)
    {
        if (await tx.FindAsync<StatusRow>(StatusSql, new { id = id.ToString() }, cancel) is not { } seen)
        {
            return null;
        }

        await TaskCounters.LockAsync(tx, PolicyId.Parse(seen.PolicyId, null), cancel);
        return await tx.FindAsync<StatusRow>(StatusSql, new { id = id.ToString() }, cancel);
    }

    /// <summary>What another server has removed meanwhile is not counted again.</summary>
    private static async Task RemoveAsync(CatalogTransaction tx, PolicyId policy, string[] ids, CancellationToken cancel)
    {
        await TaskCounters.LockAsync(tx, policy, cancel);
        var sql = $"{RemoveSql} {tx.Dialect.IsIn("@ids")} RETURNING status";
        var removed = await tx.QueryAsync<int>(sql, new { ids = SqlDialect.Ids(ids) }, cancel);
        await TaskCounters.AddAsync(
            tx,
            policy,
            removed.CountBy(status => (BackupTaskStatus)status).Select(s => KeyValuePair.Create(s.Key, -(long)s.Value)),
            cancel
        );
    }

    private static async Task MoveAsync(
        CatalogTransaction tx,
        BackupTaskId id,
        StatusRow task,
        BackupTaskStatus to,
        string sql,
        object parameters,
        CancellationToken cancel
    )
    {
        if (!task.Status.CanMoveTo(to))
        {
            throw new InvalidOperationException($"Task {id} is {task.Status} and cannot become {to}.");
        }

        await tx.ExecuteAsync(sql, parameters, cancel);
        await TaskCounters.MoveAsync(tx, PolicyId.Parse(task.PolicyId, null), task.Status, to, 1, cancel);
    }

    private static object ParametersOf(BackupTask task, ProjectId project) =>
        new
        {
            id = task.Id.ToString(),
            policy = task.Policy.ToString(),
            project = project.Value,
            volume = task.Volume.ToString(),
            status = (int)task.Status,
            origin = (int)task.Origin,
            slot = task.SlotAt?.ToUnixTimeMilliseconds(),
            created = task.CreatedAt.ToUnixTimeMilliseconds(),
            finished = task.FinishedAt?.ToUnixTimeMilliseconds(),
            name = task.BackupName,
            backup = task.Backup?.ToString(),
            job = task.Job?.Value,
            code = task.Code,
            message = task.Message,
        };

    private sealed class StatusRow
    {
        public string Id { get; set; } = "";

        public string PolicyId { get; set; } = "";

        public BackupTaskStatus Status { get; set; }
    }
}
