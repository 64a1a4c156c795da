using Holdfast.Client;
using Holdfast.Terminal;
using Holdfast.Verbs.Options;

namespace Holdfast.Verbs.Policies;

/// <summary>One firing by hand, followed to its end.</summary>
internal sealed class PolicyRun(HoldfastApi api, PolicyItem policy, TimeProvider clock)
{
    /// <summary>Fires, waits until each task has ended, and returns the tasks, oldest first.</summary>
    public async Task<IReadOnlyList<TaskItem>> RunAsync(Action<IReadOnlyList<TaskItem>>? seen, CancellationToken cancel)
    {
        var firing = await Firing.StartAsync(api, policy.Id, clock, cancel);
        return await Waiting.GoesOnAsync(
            $"the backups go on: holdfast task list {Shell.Word(policy.Name)}",
            () => firing.WaitAsync(seen, cancel),
            cancel
        );
    }

    /// <summary>Trouble of the tasks that failed, or null.</summary>
    public static string? Trouble(PolicyItem policy, IReadOnlyList<TaskItem> tasks)
    {
        var failed = tasks.Where(task => task.Status is "EXECUTE_FAIL" or "EXECUTE_TIMEOUT").ToList();
        return failed.Count == 0
            ? null
            : $"policy '{policy.Name}': {failed.Count} of {tasks.Count} task{(tasks.Count == 1 ? "" : "s")} failed: "
                + $"{failed[0].FailReason ?? failed[0].Status}";
    }
}
