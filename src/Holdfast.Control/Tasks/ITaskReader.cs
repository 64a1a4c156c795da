namespace Holdfast.Control.Tasks;

/// <summary>Reads pages of tasks, by the means that its database offers. May be called from many threads at once.</summary>
internal interface ITaskReader : IAsyncDisposable
{
    ValueTask<TaskQueryOutcome> QueryAsync(TaskQuery query, CancellationToken cancel);
}

/// <summary>What both readers decide alike.</summary>
internal static class TaskPaging
{
    public static readonly TaskQueryOutcome.Page Empty = new(0, []);

    public static PageShape ShapeOf(TaskQuery query) =>
        new(query.Status is not null, query.Ascending, query.Marker is null ? PageStart.Top : PageStart.After);

    /// <summary>The list that holds one task or none.</summary>
    /// <param name="markerAt">When the marker was made, where there is a marker.</param>
    public static TaskQueryOutcome.Page PageOfOne(TaskQuery query, BackupTask? task, long? markerAt)
    {
        if (task is null || (query.Status is { } status && task.Status != status))
        {
            return Empty;
        }

        var shown = query.Offset == 0 && (markerAt is not { } at || IsAfter(query, task, at));
        return new TaskQueryOutcome.Page(1, shown ? [task] : []);
    }

    private static bool IsAfter(TaskQuery query, BackupTask task, long markerAt)
    {
        var order = task.CreatedAt.ToUnixTimeMilliseconds().CompareTo(markerAt);
        // a marker's time comes with a marker
        order = order != 0 ? order : string.CompareOrdinal(task.Id.ToString(), query.Marker!.Value.ToString());
        return query.Ascending ? order > 0 : order < 0;
    }
}
