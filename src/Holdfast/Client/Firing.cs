using System.Runtime.CompilerServices;

namespace Holdfast.Client;

/// <summary>One firing of a policy by hand. Which tasks are of this firing is known by their ids: the service's clock may have been set
/// back since the ones before, and lists are in the order of time.</summary>
internal sealed class Firing
{
    private const int PageSize = 1000;
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

    private readonly HoldfastApi _api;
    private readonly string _policyId;
    private readonly TimeProvider _clock;
    private readonly HashSet<string> _before = [];

    private Firing(HoldfastApi api, string policyId, TimeProvider clock) => (_api, _policyId, _clock) = (api, policyId, clock);

    /// <summary>Returns when the tasks are made.</summary>
    public static async Task<Firing> StartAsync(HoldfastApi api, string policyId, TimeProvider clock, CancellationToken cancel)
    {
        var firing = new Firing(api, policyId, clock);
        firing._before.UnionWith((await firing.AllAsync(cancel)).Select(task => task.Id));
        await api.ExecutePolicyAsync(policyId, cancel);
        return firing;
    }

    /// <summary>Waits until each task has ended, and returns the tasks, oldest first. <paramref name="seen"/> is told of each
    /// look.</summary>
    public async Task<IReadOnlyList<TaskItem>> WaitAsync(Action<IReadOnlyList<TaskItem>>? seen, CancellationToken cancel)
    {
        var made = (await AllAsync(cancel)).Where(task => !_before.Contains(task.Id)).Reverse().ToList();
        while (true)
        {
            seen?.Invoke(made);
            if (made.TrueForAll(task => task.HasEnded))
            {
                return made;
            }

            await Task.Delay(PollInterval, _clock, cancel);
            made = await AgainAsync(made, cancel);
        }
    }

    /// <summary>The same tasks as they are now. They stand on the first page, unless the clock says otherwise.</summary>
    private async Task<List<TaskItem>> AgainAsync(List<TaskItem> tasks, CancellationToken cancel)
    {
        var open = tasks.Where(task => !task.HasEnded).Select(task => task.Id).ToHashSet();
        var now = new Dictionary<string, TaskItem>();
        await foreach (var page in PagesAsync(cancel))
        {
            foreach (var task in page.Tasks.Where(task => open.Remove(task.Id)))
            {
                now[task.Id] = task;
            }

            if (open.Count == 0)
            {
                break;
            }
        }

        // One that is in the list no more was removed with its volume or policy: nothing is left to wait for.
        return [.. tasks.Where(task => !open.Contains(task.Id)).Select(task => now.GetValueOrDefault(task.Id, task))];
    }

    private async Task<List<TaskItem>> AllAsync(CancellationToken cancel)
    {
        var all = new List<TaskItem>();
        await foreach (var page in PagesAsync(cancel))
        {
            all.AddRange(page.Tasks);
        }

        return all;
    }

    private async IAsyncEnumerable<TaskPage> PagesAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        string? marker = null;
        while (true)
        {
            var page = await _api.ListTasksAsync(_policyId, new TaskFilter(Limit: PageSize, Marker: marker), cancel);
            yield return page;
            if (page.Tasks.Count < PageSize)
            {
                yield break;
            }

            marker = page.Tasks[^1].Id;
        }
    }
}
