using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Control.Tasks;

namespace Holdfast.Control.Protection;

/// <summary>Counts a project's backups by days, in the transactions that end their jobs, and tells what was counted.</summary>
public sealed class DayFigureStore(CatalogDatabase database, TimeProvider clock)
{
    private const long DayMs = 86_400_000;

    private const string SucceededSql = """
        INSERT INTO day_figure (project_id, day, succeeded, failed, bytes_read, bytes_new, bytes_stored)
        SELECT b.project_id, @day, 1, 0, coalesce(b.bytes_read, 0), coalesce(b.bytes_new, 0), coalesce(b.bytes_stored, 0)
        FROM backup b WHERE b.id = @backup
        ON CONFLICT (project_id, day) DO UPDATE
        SET succeeded = day_figure.succeeded + 1, bytes_read = day_figure.bytes_read + excluded.bytes_read,
          bytes_new = day_figure.bytes_new + excluded.bytes_new, bytes_stored = day_figure.bytes_stored + excluded.bytes_stored
        """;

    private const string FailedSql = """
        INSERT INTO day_figure (project_id, day, succeeded, failed, bytes_read, bytes_new, bytes_stored)
        VALUES (@project, @day, 0, 1, 0, 0, 0)
        ON CONFLICT (project_id, day) DO UPDATE SET failed = day_figure.failed + 1
        """;

    private const string ListSql =
        "SELECT day AS Day, succeeded AS Succeeded, failed AS Failed, bytes_read AS BytesRead, bytes_new AS BytesNew, "
        + "bytes_stored AS BytesStored FROM day_figure WHERE project_id = @project AND day > @before AND day <= @last";

    private const string MissedSql =
        "SELECT day AS Day, CAST(sum(volumes) AS bigint) AS Count FROM missed_day WHERE project_id = @project AND day > @before "
        + "AND day <= @last GROUP BY day";

    /// <summary>Along <c>task_by_policy_status</c>, which holds all it asks.</summary>
    private static readonly string SkippedSql = $"""
        SELECT CAST(t.created_at / {DayMs} AS integer) AS Day, count(*) AS Count
        FROM policy p JOIN task t ON t.policy_id = p.id AND t.status = {(int)BackupTaskStatus.Skipped} AND t.created_at >= @since
        WHERE p.project_id = @project GROUP BY CAST(t.created_at / {DayMs} AS integer)
        """;

    /// <summary>The last days, today being the last of them, in order and without a gap.</summary>
    /// <param name="count">How many, at least 1.</param>
    public async Task<IReadOnlyList<DayFigures>> ListAsync(ProjectId project, int count, CancellationToken cancel)
    {
        var today = DayOf(clock.GetUtcNow());
        var first = today - count + 1;
        var days = new
        {
            project = project.Value,
            before = first - 1,
            last = today,
            since = first * DayMs,
        };
        var counted = (await database.ReadAllAsync<Row>(ListSql, days, cancel)).ToDictionary(row => row.Day);
        var skipped = await CountAsync(SkippedSql, days, cancel);
        var missed = await CountAsync(MissedSql, days, cancel);
        return
        [
            .. Enumerable
                .Range(first, count)
                .Select(day => Of(day, counted.GetValueOrDefault(day), skipped.GetValueOrDefault(day), missed.GetValueOrDefault(day))),
        ];
    }

    /// <summary>Counts the end of a job that backs a volume up. Last in its transaction: it takes the day's row.</summary>
    /// <param name="failure">Null where it succeeded, and its backup has its figures.</param>
    internal static async Task CountAsync(
        CatalogTransaction tx,
        Job job,
        JobFailure? failure,
        DateTimeOffset now,
        CancellationToken cancel
    )
    {
        if (job is { Kind: JobKind.CreateBackup, Backup: { } backup })
        {
            await tx.ExecuteAsync(
                failure is null ? SucceededSql : FailedSql,
                new
                {
                    project = job.Project.Value,
                    backup = backup.ToString(),
                    day = DayOf(now),
                },
                cancel
            );
        }
    }

    private async Task<IReadOnlyDictionary<int, long>> CountAsync(string sql, object days, CancellationToken cancel) =>
        (await database.ReadAllAsync<CountRow>(sql, days, cancel)).ToDictionary(row => row.Day, row => row.Count);

    private static int DayOf(DateTimeOffset time) => (int)(time.ToUnixTimeMilliseconds() / DayMs);

    private static DayFigures Of(int day, Row? counted, long skipped, long missed) =>
        new(
            DateOnly.FromDateTime(DateTime.UnixEpoch.AddDays(day)),
            counted?.Succeeded ?? 0,
            counted?.Failed ?? 0,
            skipped,
            missed,
            counted?.BytesRead ?? 0,
            counted?.BytesNew ?? 0,
            counted?.BytesStored ?? 0
        );

    private sealed class Row
    {
        public int Day { get; set; }

        public long Succeeded { get; set; }

        public long Failed { get; set; }

        public long BytesRead { get; set; }

        public long BytesNew { get; set; }

        public long BytesStored { get; set; }
    }

    private sealed class CountRow
    {
        public int Day { get; set; }

        public long Count { get; set; }
    }
}
