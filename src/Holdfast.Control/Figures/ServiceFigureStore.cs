using Holdfast.Control.Catalog;
using Holdfast.Control.Drills;
using Holdfast.Control.Jobs;
using Holdfast.Control.Tasks;
using Holdfast.Control.Upkeep;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Figures;

/// <summary>Reads <see cref="ServiceFigures"/>: a statement a subject, however much there is, all of the same moment. Writes
/// nothing.</summary>
public sealed class ServiceFigureStore(CatalogDatabase database, TimeProvider clock)
{
    private const string TasksSql = "SELECT status AS Status, CAST(sum(tasks) AS bigint) AS Tasks FROM task_counter GROUP BY status";

    // The WHERE is that of an index of what is open. The plus keeps SQLite from reading all jobs in the order of another, by kind.
    private const string QueuesSql =
        "SELECT +kind AS Kind, state AS State, count(*) AS Jobs, min(created_at) AS OldestAt FROM job WHERE state IN (1, 2) "
            + "GROUP BY +kind, state";

    // One of a time that lies ahead, from when a clock was, is the last only where there is no other; ids are of the time at which they
    // were given.
    private const string DrillsSql = """
        SELECT d.volume_id AS VolumeId, d.state AS State
        FROM (
          SELECT volume_id, coalesce(max(CASE WHEN id < @latest THEN id END), max(id)) AS id FROM drill WHERE state >= 3 GROUP BY volume_id
        ) l JOIN drill d ON d.id = l.id
        """;

    /// <exception cref="HoldfastException">The catalog cannot be reached, or is none.</exception>
    public async Task<ServiceFigures> ReadAsync(CancellationToken cancel)
    {
        await using var tx = await database.BeginReadingAsync(cancel);
        var tasks = await tx.QueryAsync<TaskRow>(TasksSql, null, cancel);
        var queues = await tx.QueryAsync<QueueRow>(QueuesSql, null, cancel);
        var now = clock.GetUtcNow();
        var upkeep = await UpkeepEnds.ListAsync(tx, now, cancel);
        var prune = await PruneRuns.FindLastAsync(tx, now, cancel);
        var latest = new DrillId(Guid.CreateVersion7(now + ClockUpkeep.Tolerance)).ToString();
        var drills = await tx.QueryAsync<DrillRow>(DrillsSql, new { latest }, cancel);
        return new ServiceFigures(
            BackupTaskStatuses.All.ToDictionary(
                status => status,
                status => tasks.Where(row => row.Status == (int)status).Sum(row => row.Tasks)
            ),
            [.. Enum.GetValues<JobKind>().Select(kind => QueueOf(kind, [.. queues.Where(row => row.Kind == (int)kind)]))],
            upkeep,
            prune,
            drills.ToDictionary(row => row.VolumeId, row => row.State == (int)DrillState.Proven)
        );
    }

    private static QueueFigures QueueOf(JobKind kind, IReadOnlyList<QueueRow> rows)
    {
        var (queued, running) = (Of(JobState.Queued), Of(JobState.Running));
        return new QueueFigures(kind, queued?.Jobs ?? 0, running?.Jobs ?? 0, queued?.OldestAt);

        QueueRow? Of(JobState state) => rows.FirstOrDefault(row => row.State == (int)state);
    }

    private sealed class TaskRow
    {
        public int Status { get; set; }

        public long Tasks { get; set; }
    }

    private sealed class QueueRow
    {
        public int Kind { get; set; }

        public int State { get; set; }

        public long Jobs { get; set; }

        public DateTimeOffset OldestAt { get; set; }
    }

    private sealed class DrillRow
    {
        public VolumeId VolumeId { get; set; }

        public int State { get; set; }
    }
}
