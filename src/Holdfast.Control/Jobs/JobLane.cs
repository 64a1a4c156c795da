namespace Holdfast.Control.Jobs;

/// <summary>Kinds of jobs that wait for one another in a process and for no others. See docs/concurrency-control-plane.md.</summary>
public enum JobLane
{
    /// <summary>What projects order.</summary>
    Orders,

    /// <summary>What goes through the whole repository: prune, check and copy.</summary>
    Store,

    Drills,

    /// <summary>Exports of the catalog: short, and wanted soon after a change.</summary>
    Exports,

    /// <summary>All of the service's own upkeep, in one line.</summary>
    Upkeep,
}

public static class JobLanes
{
    /// <summary>The lane that a kind waits in, where the service's own upkeep has more than one.</summary>
    public static JobLane LaneOf(this JobKind kind) =>
        kind switch
        {
            JobKind.CreateBackup or JobKind.DeleteBackup or JobKind.RestoreBackup => JobLane.Orders,
            JobKind.Prune or JobKind.Check or JobKind.Copy => JobLane.Store,
            JobKind.Drill => JobLane.Drills,
            JobKind.Export => JobLane.Exports,
            _ => throw new InvalidOperationException($"{kind} waits in no lane."),
        };

    public static bool Has(this JobLane lane, JobKind kind) =>
        lane == JobLane.Upkeep ? kind.LaneOf() != JobLane.Orders : kind.LaneOf() == lane;
}
