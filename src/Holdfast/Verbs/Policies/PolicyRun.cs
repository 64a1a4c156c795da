using Holdfast.Client;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Policies;

/// <summary>One firing by hand, followed to its end.</summary>
internal sealed class PolicyRun(HoldfastApi api, PolicyItem policy, TimeProvider clock)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Fires, waits until each task has ended, and returns the tasks, oldest first.</summary>
    public async Task<TaskPage> RunAsync(Action<TaskPage>? seen, CancellationToken cancel)
    {
        var before = (await api.ListTasksAsync(policy.Id, new TaskFilter(Limit: 1), cancel)).Tasks;
        await api.ExecutePolicyAsync(policy.Id, cancel);
        return await Waiting.GoesOnAsync(
            $"the backups go on: holdfast task list {Shell.Word(policy.Name)}",
            () => FollowAsync(before is [var newest] ? newest.Id : null, seen, cancel),
            cancel
        );
    }

    /// <summary>Trouble of the tasks that failed, or null.</summary>
    public static string? Trouble(PolicyItem policy, TaskPage page)
    {
        var failed = page.Tasks.Where(task => task.Status is "EXECUTE_FAIL" or "EXECUTE_TIMEOUT").ToList();
        return failed.Count == 0
            ? null
            : $"policy '{policy.Name}': {failed.Count} of {page.Tasks.Count} task{(page.Tasks.Count == 1 ? "" : "s")} failed: "
                + $"{failed[0].FailReason ?? failed[0].Status}";
    }

    // Tasks are in the order of their making: what comes after the newest one of before is of this firing.
    private async Task<TaskPage> FollowAsync(string? after, Action<TaskPage>? seen, CancellationToken cancel)
    {
        while (true)
        {
            var page = await api.ListTasksAsync(policy.Id, new TaskFilter(Limit: 1000, Marker: after, SortDir: "asc"), cancel);
            seen?.Invoke(page);
            if (page.Tasks.All(task => task.HasEnded))
            {
                return page;
            }

            await Task.Delay(PollInterval, clock, cancel);
        }
    }
}
