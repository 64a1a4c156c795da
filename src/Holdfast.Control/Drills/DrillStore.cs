using Holdfast.Control.Backups;
using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Control.Volumes;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Drills;

/// <summary>
/// The turns of volumes to be proven restorable, and the evidence that they leave. One job at a time carries drills out: it takes every
/// turn that is ordered, also one that is ordered while it runs.
/// </summary>
public sealed class DrillStore(CatalogDatabase database, JobStore jobs, TimeProvider clock)
{
    /// <summary>The arguments of a job that drills only what was ordered, and not what the schedule chooses.</summary>
    internal const string ByHandArguments = """{"by_hand":true}""";

    private const string HasPoint = "EXISTS (SELECT 1 FROM backup b WHERE b.volume_id = v.id AND b.status = 2)";
    private const string WithPointsSql =
        $"SELECT v.id AS Id, v.project_id AS ProjectId, v.name AS Name FROM volume v WHERE v.project_id = @project AND {HasPoint} "
        + "ORDER BY v.id";

    /// <summary>Those that were never drilled, then those whose last drill ended longest ago, whatever it found: one that fails each time
    /// keeps no other from its turn.</summary>
    private const string DueSql = $"""
        SELECT v.id AS Id, v.project_id AS ProjectId, v.name AS Name FROM volume v
        WHERE {HasPoint} AND NOT EXISTS (SELECT 1 FROM drill o WHERE o.volume_id = v.id AND o.state IN (1, 2))
        ORDER BY coalesce((SELECT max(d.ended_at) FROM drill d WHERE d.volume_id = v.id AND d.state >= 3), 0), v.id LIMIT @most
        """;
    private const string PlannedSql = "SELECT count(*) FROM drill WHERE job_id = @job AND by_hand = 0";
    private const string InsertSql = """
        INSERT INTO drill (id, project_id, volume_id, volume_name, state, by_hand, job_id, ordered_at)
        VALUES (@id, @project, @volume, @name, 1, @hand, @job, @now)
        """;
    private const string WaitingSql = "SELECT id FROM drill WHERE volume_id = @volume AND state = 1 ORDER BY id LIMIT 1";
    private const string ByHandSql = "UPDATE drill SET by_hand = 1 WHERE id = @id AND state = 1";
    private const string AnyWaitingSql = "SELECT id FROM drill WHERE state = 1 LIMIT 1";
    private const string NextSql = $"SELECT {DrillRow.Columns} FROM drill WHERE state = 1 ORDER BY by_hand DESC, id LIMIT 1";
    private const string LastChoiceSql =
        "SELECT choice FROM drill WHERE volume_id = @volume AND by_hand = 0 AND state IN (3, 4, 5) ORDER BY id DESC LIMIT 1";
    private const string TakeBackSql = """
        UPDATE drill SET state = 1, began_at = NULL, backup_id = NULL, backup_number = NULL, choice = NULL, choices = NULL WHERE state = 2
        """;
    private const string BeginSql = """
        UPDATE drill SET state = 2, job_id = @job, began_at = @now, backup_id = @backup, backup_number = @number, choice = @choice,
          choices = @choices
        WHERE id = @id AND state = 1 AND by_hand = @hand
        """;
    private const string EndSql = """
        UPDATE drill SET state = @state, job_id = @job, ended_at = @now, root = @root, bytes_verified = @verified, bytes_zero = @zero,
          bytes_read = @read, packs = @packs, took_ms = @took, command = @command, exit_code = @code, output = @output, reason = @reason
        WHERE id = @id AND state IN (1, 2)
        """;
    private const string DropSql = "DELETE FROM drill WHERE id = @id AND state = 1 AND by_hand = 0";
    private const string FailOpenSql = """
        UPDATE drill SET state = 6, ended_at = @now, reason = @reason
        WHERE state = 2 OR (state = 1 AND (job_id = @job OR ordered_at <= @ordered))
        """;
    private const string OfJobSql = $"SELECT {DrillRow.Columns} FROM drill WHERE job_id = @job AND state >= 3 ORDER BY id";
    private const string FindSql = $"SELECT {DrillRow.Columns} FROM drill WHERE id = @id AND project_id = @project";
    private const string ListSql = $"SELECT {DrillRow.Columns} FROM drill WHERE project_id = @project ORDER BY id DESC LIMIT @most";
    private const string ListOfVolumeSql =
        $"SELECT {DrillRow.Columns} FROM drill WHERE project_id = @project AND volume_id = @volume ORDER BY id DESC LIMIT @most";
    private const string RemoveSql =
        "DELETE FROM drill WHERE id IN (SELECT id FROM drill WHERE state >= 3 AND ended_at < @before ORDER BY ended_at LIMIT @most)";

    /// <summary>A drill of the project; null when it has none of that id.</summary>
    public async Task<Drill?> FindAsync(ProjectId project, DrillId id, CancellationToken cancel) =>
        (await database.ReadFirstAsync<DrillRow>(FindSql, new { id = id.ToString(), project = project.Value }, cancel))?.ToDrill();

    /// <summary>The project's drills, those ordered last first.</summary>
    /// <param name="volume">Null for all; may have been removed since.</param>
    /// <param name="most">How many at most.</param>
    public async Task<IReadOnlyList<Drill>> ListAsync(ProjectId project, VolumeId? volume, int most, CancellationToken cancel) =>
        ToDrills(
            await database.ReadAllAsync<DrillRow>(
                volume is null ? ListSql : ListOfVolumeSql,
                new
                {
                    project = project.Value,
                    volume = volume?.ToString(),
                    most,
                },
                cancel
            )
        );

    /// <summary>Orders drills of the newest restore point of a volume, or of each of the project's volumes that has one. A turn that waits
    /// already is that turn. Where no job that drills is open, one is queued.</summary>
    public async Task<DrillOrderOutcome> OrderAsync(ProjectId project, VolumeId? volume, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        await tx.TakeTurnAsync(CatalogTurn.Upkeep, cancel);
        var volumes = await tx.QueryAsync<VolumeToDrill>(WithPointsSql, new { project = project.Value }, cancel);
        if (volume is { } only)
        {
            volumes = [.. volumes.Where(one => one.Id == only.ToString())];
            if (volumes.Count == 0)
            {
                return await VolumeStore.FindAsync(tx, only, cancel) is { } there && there.Project == project
                    ? new DrillOrderOutcome.NothingToRestore()
                    : new DrillOrderOutcome.NoSuchVolume();
            }
        }

        var ordered = new List<string>();
        foreach (var one in volumes)
        {
            ordered.Add(await OrderAsync(tx, one, byHand: true, job: null, cancel));
        }

        await QueueWhereWantedAsync(tx, cancel);
        await tx.CommitAsync(cancel);
        jobs.Queued.Wake();
        var drills = new List<Drill>();
        foreach (var id in ordered)
        {
            drills.AddRange(await FindAsync(project, DrillId.Parse(id, null), cancel) is { } drill ? [drill] : []);
        }

        return new DrillOrderOutcome.Ordered(drills);
    }

    /// <summary>Begins an attempt of a job: what an earlier one was at when it died waits again, and the schedule's turns are ordered, once
    /// a job.</summary>
    /// <param name="planned">How many volumes the schedule gives a turn; 0 for a job that was queued by hand.</param>
    internal async Task BeginJobAsync(CatalogTransaction tx, JobId job, int planned, CancellationToken cancel)
    {
        await tx.TakeTurnAsync(CatalogTurn.Upkeep, cancel);
        await tx.ExecuteAsync(TakeBackSql, null, cancel);
        if (planned == 0 || await tx.FindAsync<long>(PlannedSql, new { job = job.Value }, cancel) > 0)
        {
            return;
        }

        foreach (var one in await tx.QueryAsync<VolumeToDrill>(DueSql, new { most = planned }, cancel))
        {
            await OrderAsync(tx, one, byHand: false, job, cancel);
        }
    }

    /// <summary>The turn that comes next: what was ordered by hand before what the schedule chose.</summary>
    internal async Task<Drill?> NextAsync(CancellationToken cancel) =>
        (await database.ReadFirstAsync<DrillRow>(NextSql, null, cancel))?.ToDrill();

    /// <summary>What the last turn of the volume by the schedule looked at; null where none did.</summary>
    internal async Task<DrillChoice?> LastChoiceAsync(VolumeId volume, CancellationToken cancel) =>
        (DrillChoice?)await database.ReadFirstAsync<int?>(LastChoiceSql, new { volume = volume.ToString() }, cancel);

    /// <summary>A restore point is being looked at. False when the turn does not wait any more, or was ordered by hand since it was
    /// read.</summary>
    internal async Task<bool> BeginAsync(
        CatalogTransaction tx,
        Drill drill,
        JobId job,
        Backup point,
        DrillChoice choice,
        int choices,
        CancellationToken cancel
    ) =>
        await tx.ExecuteAsync(
            BeginSql,
            new
            {
                id = drill.Id.ToString(),
                hand = drill.IsByHand ? 1 : 0,
                job = job.Value,
                backup = point.Id.ToString(),
                number = point.Number,
                choice = (int)choice,
                choices,
                now = NowMs(),
            },
            cancel
        ) == 1;

    /// <summary>What is being looked at is gone: the turn waits again.</summary>
    internal static Task TakeBackAsync(CatalogTransaction tx, CancellationToken cancel) => tx.ExecuteAsync(TakeBackSql, null, cancel);

    /// <summary>There is nothing of the volume to look at any more, and nobody asked: the turn is forgotten.</summary>
    internal static Task DropAsync(CatalogTransaction tx, DrillId id, CancellationToken cancel) =>
        tx.ExecuteAsync(DropSql, new { id = id.ToString() }, cancel);

    /// <summary>Writes down what was found, and with the volume when it was proven.</summary>
    /// <param name="backup">What was looked at; null where there was nothing.</param>
    internal async Task EndAsync(CatalogTransaction tx, Drill drill, JobId job, BackupId? backup, DrillEnd end, CancellationToken cancel)
    {
        var now = NowMs();
        await tx.ExecuteAsync(
            EndSql,
            new
            {
                id = drill.Id.ToString(),
                job = job.Value,
                state = (int)end.State,
                now,
                root = end.Verified?.Root,
                verified = end.Verified?.BytesVerified,
                zero = end.Verified?.BytesZero,
                read = end.Verified?.BytesRead,
                packs = end.Verified?.Packs,
                took = (long?)end.Verified?.Took.TotalMilliseconds,
                command = end.Command?.Command,
                code = end.Command?.ExitCode,
                output = end.Command?.Output,
                reason = end.Reason,
            },
            cancel
        );
        if (end.State == DrillState.Proven && backup is { } proven)
        {
            await VolumeStore.SetProvenAsync(tx, drill.Volume, proven, now, cancel);
        }
    }

    /// <summary>The job failed: so did what it was at, and what it was queued for. What was ordered since waits for the next.</summary>
    internal Task FailOpenAsync(CatalogTransaction tx, Job job, string reason, CancellationToken cancel) =>
        tx.ExecuteAsync(
            FailOpenSql,
            new
            {
                job = job.Id.Value,
                ordered = job.CreatedAt.ToUnixTimeMilliseconds(),
                reason,
                now = NowMs(),
            },
            cancel
        );

    /// <summary>Queues a job where turns wait and none is open that would take them. In the transaction that ends a job, whose order keeps
    /// a turn that is ordered at that moment from waiting for nobody.</summary>
    internal async Task QueueWhereWantedAsync(CatalogTransaction tx, CancellationToken cancel)
    {
        await tx.TakeTurnAsync(CatalogTurn.Upkeep, cancel);
        if (await tx.FindAsync<string>(AnyWaitingSql, null, cancel) is not null)
        {
            await jobs.QueueUpkeepAsync(tx, JobKind.Drill, ByHandArguments, cancel);
        }
    }

    /// <summary>The drills that a job has ended.</summary>
    internal static async Task<IReadOnlyList<Drill>> OfJobAsync(CatalogTransaction tx, JobId job, CancellationToken cancel) =>
        ToDrills(await tx.QueryAsync<DrillRow>(OfJobSql, new { job = job.Value }, cancel));

    /// <inheritdoc cref="OfJobAsync(CatalogTransaction, JobId, CancellationToken)"/>
    internal async Task<IReadOnlyList<Drill>> OfJobAsync(JobId job, CancellationToken cancel) =>
        ToDrills(await database.ReadAllAsync<DrillRow>(OfJobSql, new { job = job.Value }, cancel));

    /// <summary>Removes evidence that is older than it is kept, at most so many. Returns how many.</summary>
    public async Task<int> RemoveEndedAsync(DateTimeOffset before, int most, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        var removed = await tx.ExecuteAsync(RemoveSql, new { before = before.ToUnixTimeMilliseconds(), most }, cancel);
        await tx.CommitAsync(cancel);
        return removed;
    }

    private static IReadOnlyList<Drill> ToDrills(IReadOnlyList<DrillRow> rows) => [.. rows.Select(row => row.ToDrill())];

    private async Task<string> OrderAsync(CatalogTransaction tx, VolumeToDrill volume, bool byHand, JobId? job, CancellationToken cancel)
    {
        if (
            await tx.FindAsync<string>(WaitingSql, new { volume = volume.Id }, cancel) is { } waiting
            && await tx.ExecuteAsync(ByHandSql, new { id = waiting }, cancel) == 1
        )
        {
            return waiting;
        }

        var id = DrillId.New(clock).ToString();
        await tx.ExecuteAsync(
            InsertSql,
            new
            {
                id,
                project = volume.ProjectId,
                volume = volume.Id,
                name = volume.Name,
                hand = byHand ? 1 : 0,
                job = job?.Value,
                now = NowMs(),
            },
            cancel
        );
        return id;
    }

    private long NowMs() => clock.GetUtcNow().ToUnixTimeMilliseconds();

    private sealed class VolumeToDrill
    {
        public string Id { get; set; } = "";

        public string ProjectId { get; set; } = "";

        public string Name { get; set; } = "";
    }
}

/// <summary>What became of an order of drills.</summary>
public abstract record DrillOrderOutcome
{
    private DrillOrderOutcome() { }

    /// <param name="Drills">A turn for each volume that has a restore point.</param>
    public sealed record Ordered(IReadOnlyList<Drill> Drills) : DrillOrderOutcome;

    public sealed record NoSuchVolume : DrillOrderOutcome;

    /// <summary>The volume has no restore point.</summary>
    public sealed record NothingToRestore : DrillOrderOutcome;
}
