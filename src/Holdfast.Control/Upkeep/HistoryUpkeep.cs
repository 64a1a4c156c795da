using Holdfast.Control.Drills;
using Holdfast.Control.Jobs;
using Holdfast.Control.Loops;
using Holdfast.Control.Tasks;
using Holdfast.Control.Users;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Upkeep;

/// <summary>Removes what is kept for a set time only: ended tasks, jobs and drills, expired tokens.</summary>
public sealed class HistoryUpkeep(
    TaskStore tasks,
    JobStore jobs,
    DrillStore drills,
    TokenStore tokens,
    IOptions<TaskOptions> taskOptions,
    IOptions<JobOptions> jobOptions,
    TimeProvider clock,
    ILogger<HistoryUpkeep> log
) : LoopService(clock, log)
{
    /// <summary>Rows a transaction: few enough that nobody waits for it.</summary>
    private const int Batch = 1000;

    protected override TimeSpan Interval => TimeSpan.FromHours(1);

    public override async Task<bool> RunOnceAsync(DateTimeOffset now, CancellationToken cancel)
    {
        var taskHistory = now.AddDays(-taskOptions.Value.HistoryDays);
        var jobHistory = now.AddDays(-jobOptions.Value.KeepDays);
        var removedTasks = await AllAsync(() => tasks.RemoveEndedAsync(taskHistory, Batch, cancel));
        var removedJobs = await AllAsync(() => jobs.RemoveEndedAsync(jobHistory, Batch, cancel));
        await AllAsync(() => drills.RemoveEndedAsync(jobHistory, Batch, cancel));
        var removedTokens = await tokens.RemoveExpiredAsync(cancel);
        if (removedTasks + removedJobs + removedTokens > 0)
        {
            UpkeepLog.Removed(log, removedTasks, removedJobs, removedTokens);
        }

        return false;
    }

    private static async Task<long> AllAsync(Func<Task<int>> removeSome)
    {
        var removed = 0L;
        int some;
        do
        {
            some = await removeSome();
            removed += some;
        } while (some == Batch);
        return removed;
    }
}
