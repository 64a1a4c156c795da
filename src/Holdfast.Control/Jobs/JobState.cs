namespace Holdfast.Control.Jobs;

/// <summary>What a job does. The numbers are stored.</summary>
public enum JobKind
{
    CreateBackup = 1,
    DeleteBackup = 2,
    RestoreBackup = 3,
}

/// <summary>Where a job is. The numbers are stored: they are never changed, only added to.</summary>
public enum JobState
{
    Queued = 1,
    Running = 2,
    Succeeded = 3,
    Failed = 4,
}

/// <summary>The law of a job's states; the catalog's CHECKs repeat it. See docs/job-states.md.</summary>
public static class JobStates
{
    public static bool CanMoveTo(this JobState from, JobState to) =>
        (from, to) switch
        {
            (JobState.Queued, JobState.Running) => true,
            (JobState.Queued, JobState.Failed) => true, // taken back before it began
            (JobState.Running, JobState.Succeeded or JobState.Failed) => true,
            (JobState.Running, JobState.Queued) => true, // rescued, put off, or handed back at shutdown
            _ => false,
        };
}
