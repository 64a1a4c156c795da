using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Control.Loops;
using Holdfast.Control.Work;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Upkeep;

/// <summary>
/// Queues the service's own upkeep, a job of each kind once a day at its time, however many servers there are. After a downtime a missed
/// turn is made up for once.
/// </summary>
internal sealed class UpkeepSchedule(
    CatalogDatabase database,
    JobStore jobs,
    IEnumerable<IJobHandler> handlers,
    IOptions<UpkeepOptions> options,
    IOptions<SecondCopyOptions> second,
    TimeProvider clock,
    ILogger<UpkeepSchedule> log
) : LoopService(clock, log)
{
    /// <summary>What was ordered by hand says so in its arguments, and is not the day's turn. What was ordered while a clock was ahead
    /// would keep every turn back until that time comes.</summary>
    private const string LastSql =
        "SELECT max(created_at) FROM job WHERE kind = @kind AND arguments = '{}' AND created_at <= @latest";

    private readonly DateTimeOffset _began = clock.GetUtcNow();

    protected override TimeSpan Interval => TimeSpan.FromMinutes(1);

    public override async Task<bool> RunOnceAsync(DateTimeOffset now, CancellationToken cancel)
    {
        foreach (var (kind, at) in Times())
        {
            if (at.Length > 0 && handlers.Any(handler => handler.Kind == kind))
            {
                await QueueIfDueAsync(kind, DailyTime.LastSlot(at, now), now + ClockUpkeep.Tolerance, cancel);
            }
        }

        return false;
    }

    private IEnumerable<(JobKind Kind, string At)> Times() =>
        [
            (JobKind.Prune, options.Value.PruneAt),
            (JobKind.Export, options.Value.ExportAt),
            (JobKind.Drill, options.Value.DrillAt),
            (JobKind.Check, options.Value.CheckAt),
            (JobKind.Copy, second.Value.Place is null ? "" : options.Value.CopyAt),
        ];

    /// <param name="latest">Further ahead no right clock is.</param>
    private async Task QueueIfDueAsync(JobKind kind, DateTimeOffset slot, DateTimeOffset latest, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        await tx.TakeTurnAsync(CatalogTurn.Upkeep, cancel);
        var last = await tx.FindAsync<long?>(LastSql, new { kind = (int)kind, latest = latest.ToUnixTimeMilliseconds() }, cancel);

        // A service that never did it begins at the first time that it lives to see.
        var isDue = last is { } at ? at < slot.ToUnixTimeMilliseconds() : slot >= _began;
        if (isDue && await jobs.QueueUpkeepAsync(tx, kind, "{}", cancel) is not null)
        {
            await tx.CommitAsync(cancel);
            jobs.Queued.Wake();
        }
    }
}
