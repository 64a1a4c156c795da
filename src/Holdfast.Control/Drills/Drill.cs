using Holdfast.Engine.Basics;
using Holdfast.Engine.Restore;

namespace Holdfast.Control.Drills;

/// <summary>Where a drill is. The numbers are stored: they are never changed, only added to. See docs/job-states.md.</summary>
public enum DrillState
{
    Ordered = 1,
    Running = 2,

    /// <summary>Every byte was read and verified, and the command, where there is one, had nothing against it.</summary>
    Proven = 3,

    /// <summary>Stored bytes are not what was backed up.</summary>
    Damaged = 4,

    /// <summary>Every byte was verified, but the command that looked at the restored file ended with another code than 0.</summary>
    Rejected = 5,

    /// <summary>It could not be found out; nothing is said about the backup.</summary>
    Failed = 6,
}

/// <summary>Which restore point a drill looks at. The numbers are stored.</summary>
public enum DrillChoice
{
    Newest = 1,

    /// <summary>One of the others, by a number that the drill's id gives: <see cref="DrillChoices"/>.</summary>
    Older = 2,
}

/// <summary>A volume's turn to be proven restorable, and what came of it.</summary>
public sealed record Drill
{
    public required DrillId Id { get; init; }

    public required ProjectId Project { get; init; }

    /// <summary>May have been removed since.</summary>
    public required VolumeId Volume { get; init; }

    /// <summary>What it was called when the drill was ordered.</summary>
    public required string VolumeName { get; init; }

    public required DrillState State { get; init; }

    /// <summary>Whether somebody ordered it, and not the schedule.</summary>
    public required bool IsByHand { get; init; }

    /// <summary>Who ran it last; null before.</summary>
    public JobId? Job { get; init; }

    public required DateTimeOffset OrderedAt { get; init; }

    public DateTimeOffset? BeganAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>What is looked at. May have been removed since.</summary>
    public BackupId? Backup { get; init; }

    /// <summary>Its place among the volume's backups.</summary>
    public long? BackupNumber { get; init; }

    public DrillChoice? Choice { get; init; }

    /// <summary>Restore points that it was chosen from.</summary>
    public long? Choices { get; init; }

    /// <summary>What was verified; null where it was not to the end.</summary>
    public VerifyFigures? Verified { get; init; }

    /// <summary>What looked at the restored file; null for nothing.</summary>
    public DrillCommandResult? Command { get; init; }

    /// <summary>Why it is not proven, for admins: it may name objects and paths of the service. Set exactly when it has ended and is not
    /// <see cref="DrillState.Proven"/>.</summary>
    public string? Reason { get; init; }

    public bool HasEnded => State >= DrillState.Proven;
}

/// <summary>What a command that looked at a restored file said.</summary>
/// <param name="Command">As it is set, the file's place as <c>{}</c>.</param>
/// <param name="ExitCode">Null where it did not end by itself.</param>
/// <param name="Output">The last lines of what it wrote.</param>
public sealed record DrillCommandResult(string Command, int? ExitCode, string Output);

/// <summary>How a drill ends.</summary>
/// <param name="Reason">As <see cref="Drill.Reason"/>.</param>
internal sealed record DrillEnd(DrillState State, VerifyFigures? Verified, DrillCommandResult? Command, string? Reason)
{
    public static DrillEnd Damaged(string reason) => new(DrillState.Damaged, null, null, reason);

    public static DrillEnd Failed(string reason) => new(DrillState.Failed, null, null, reason);
}
