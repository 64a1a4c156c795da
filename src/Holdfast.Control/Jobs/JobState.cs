namespace Holdfast.Control.Jobs;

/// <summary>What a job does. The numbers are stored.</summary>
public enum JobKind
{
    CreateBackup = 1,
    DeleteBackup = 2,
    RestoreBackup = 3,

    /// <summary>From here on the service's own upkeep: of no project, and of each kind one is open at a time.</summary>
    Prune = 4,
    Check = 5,
    Drill = 6,
    Export = 7,
    Copy = 8,
}

/// <summary>Where a job is. The numbers are stored: they are never changed, only added to. Each move is one statement of <see
/// cref="JobStore"/>,
/// whose WHERE names the state that it leaves. See docs/job-states.md.</summary>
public enum JobState
{
    Queued = 1,
    Running = 2,
    Succeeded = 3,
    Failed = 4,
}
