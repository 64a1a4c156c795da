namespace Holdfast.Control.Tasks;

/// <summary>Which tasks of a policy to list, in which order, and which page of them. Ordered by creation, ties by id in the same
/// direction.</summary>
public sealed record TaskQuery
{
    public required ProjectId Project { get; init; }

    public required PolicyId Policy { get; init; }

    /// <summary>Only this task.</summary>
    public BackupTaskId? Task { get; init; }

    /// <summary>Only tasks in this status.</summary>
    public BackupTaskStatus? Status { get; init; }

    public bool Ascending { get; init; }

    /// <summary>At most so many; at least 1.</summary>
    public required int Limit { get; init; }

    /// <summary>How many matching tasks to skip, counted after the marker. Never negative. Costs time in proportion, up to the number of
    /// tasks.</summary>
    public long Offset { get; init; }

    /// <summary>Continue after this task, which must be one of this policy's but need not match the filters.</summary>
    public BackupTaskId? Marker { get; init; }
}

public abstract record TaskQueryOutcome
{
    private TaskQueryOutcome() { }

    /// <summary><paramref name="Count"/>: tasks that match, before limit, offset and marker.</summary>
    public sealed record Page(long Count, IReadOnlyList<BackupTask> Tasks) : TaskQueryOutcome;

    /// <summary>The project has no such policy.</summary>
    public sealed record NoSuchPolicy : TaskQueryOutcome
    {
        public static readonly NoSuchPolicy Instance = new();
    }

    /// <summary>The marker is not a task of this policy.</summary>
    public sealed record NoSuchMarker : TaskQueryOutcome
    {
        public static readonly NoSuchMarker Instance = new();
    }
}
