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
