namespace Holdfast.Control.Tasks;

/// <summary>Where one volume's turn in one firing of a policy is. The numbers are stored: they are never changed, only added to.</summary>
public enum BackupTaskStatus
{
    /// <summary>Queued; its backup has not begun.</summary>
    Waiting = 1,

    /// <summary>Its backup has begun. A task whose worker died stays here while the job waits for its next attempt.</summary>
    Running = 2,

    /// <summary>The backup is available.</summary>
    Success = 3,

    /// <summary>The backup could not be made.</summary>
    Failed = 4,

    /// <summary>The backup ran into the execution limit and was stopped.</summary>
    TimedOut = 5,

    /// <summary>Due, but deliberately not carried out.</summary>
    Skipped = 6,
}

/// <summary>What made a policy fire. The numbers are stored.</summary>
public enum TaskOrigin
{
    Scheduled = 1,
    Manual = 2,
}

/// <summary>The law of a task's states; the catalog's CHECKs and the counters repeat it. See docs/job-states.md.</summary>
public static class BackupTaskStatuses
{
    public static IReadOnlyList<BackupTaskStatus> All { get; } = Enum.GetValues<BackupTaskStatus>();

    public static bool CanMoveTo(this BackupTaskStatus from, BackupTaskStatus to) =>
        (from, to) switch
        {
            (BackupTaskStatus.Waiting, BackupTaskStatus.Running) => true,
            (BackupTaskStatus.Waiting, BackupTaskStatus.Failed or BackupTaskStatus.TimedOut or BackupTaskStatus.Skipped) => true,
            (BackupTaskStatus.Running, BackupTaskStatus.Success or BackupTaskStatus.Failed or BackupTaskStatus.TimedOut) => true,
            _ => false,
        };

    /// <summary>Whether a task in this status is over and never changes again.</summary>
    public static bool IsEnd(this BackupTaskStatus status) => status is not (BackupTaskStatus.Waiting or BackupTaskStatus.Running);
}
