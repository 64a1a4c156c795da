using Holdfast.Control.Catalog;
using Holdfast.Control.Loops;
using Holdfast.Control.Policies;
using Holdfast.Control.Scheduling;
using Holdfast.Control.Tasks;
using Holdfast.Control.Users;
using Microsoft.Extensions.Logging;

namespace Holdfast.Control.Upkeep;

/// <summary>
/// Repairs what a clock that was ahead has left. No slot is fired twice, so a policy that was fired for a day in the future would keep
/// silent until then; a job that was put off or claimed then would wait for then. Times that lie further ahead than any right clock puts
/// them are taken back to now, and that is told. Skipped turns of times that have not come are forgotten: these times come again.
/// </summary>
public sealed class ClockUpkeep(CatalogDatabase database, TimeProvider clock, ILogger<ClockUpkeep> log) : LoopService(clock, log)
{
    /// <summary>How far ahead a time may lie: clocks of servers differ, and one is set back by an hour now and then. Within it a slot stays
    /// fired. It is longer than the longest delay between two attempts of a job and than any lease.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromHours(2);

    private const string AheadSql = """
        SELECT p.id FROM policy p LEFT JOIN policy_firing f ON f.policy_id = p.id
        WHERE f.last_slot_at > @limit OR (p.enabled = 1 AND p.next_fire_at > @now AND p.updated_at > @limit)
        """;

    private const string JobsSql = "UPDATE job SET run_after = @now WHERE state = 1 AND run_after > @limit";
    private const string LeasesSql = "UPDATE job SET lease_until = @now WHERE state = 2 AND lease_until > @limit";
    private const string TokensSql = "UPDATE token SET expires_at = @last WHERE expires_at > @limit";

    protected override TimeSpan Interval => TimeSpan.FromMinutes(1);

    public override async Task<bool> RunOnceAsync(DateTimeOffset now, CancellationToken cancel)
    {
        var times = new { now = now.ToUnixTimeMilliseconds(), limit = (now + Tolerance).ToUnixTimeMilliseconds() };
        var moved = 0;
        foreach (var id in await database.ReadAllAsync<string>(AheadSql, times, cancel))
        {
            moved += await TakeBackAsync(PolicyId.Parse(id, null), now, cancel) ? 1 : 0;
        }

        await using var tx = await database.BeginAsync(cancel);
        var jobs = await tx.ExecuteAsync(JobsSql, times, cancel) + await tx.ExecuteAsync(LeasesSql, times, cancel);
        var last = now + TokenStore.Lifetime;
        var tokens = await tx.ExecuteAsync(
            TokensSql,
            new { last = last.ToUnixTimeMilliseconds(), limit = (last + Tolerance).ToUnixTimeMilliseconds() },
            cancel
        );
        await tx.CommitAsync(cancel);
        if (moved + jobs + tokens > 0)
        {
            UpkeepLog.ClockWasAhead(log, moved, jobs, tokens);
        }

        return false;
    }

    /// <summary>Slots between now and the one that was fired last come again: when they were fired it was not their time.</summary>
    private async Task<bool> TakeBackAsync(PolicyId id, DateTimeOffset now, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        if (await PolicyStore.LockAsync(tx, id, cancel) is not { } policy)
        {
            return false;
        }

        await FiringRecords.TakeBackAsync(tx, id, now, cancel);
        await PolicyStore.TakeBackAsync(tx, id, policy.Enabled ? policy.Schedule.NextAfter(now) : null, now, cancel);
        await TaskStore.ForgetSkippedAsync(tx, id, now, cancel);
        await MissedDays.ForgetAsync(tx, id, now, cancel);
        await tx.CommitAsync(cancel);
        return true;
    }
}
