using Holdfast.Control.Backups;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Protection;

/// <summary>What the catalog knows of how well a volume is protected, and what follows from it at one moment.</summary>
public sealed record VolumeProtection
{
    public required ProjectId Project { get; init; }

    public required string ProjectName { get; init; }

    public required VolumeId Volume { get; init; }

    public required string Name { get; init; }

    public required ProtectionState State { get; init; }

    /// <summary>The policy that it is in, on or off; null for none.</summary>
    public PolicyId? Policy { get; init; }

    public string? PolicyName { get; init; }

    public bool IsPolicyOn { get; init; }

    /// <summary>When its newest good backup must have begun, by the schedule, so that it is not overdue; null where no policy that is on
    /// says so.</summary>
    public DateTimeOffset? WantedSince { get; init; }

    /// <summary>Whether its newest good backup is older than its policy wants, whatever else is wrong with it.</summary>
    public bool IsOverdue { get; init; }

    /// <summary>The available backup of the highest number that was not found damaged.</summary>
    public GoodBackup? Newest { get; init; }

    /// <summary>Available backups whose last verdict is that they are damaged.</summary>
    public int DamagedBackups { get; init; }

    /// <summary>Whether its status is error: a restore into it did not come to its end, and its content is neither the old nor the new.
    /// Backups of it are refused until one has.</summary>
    public bool IsInError { get; init; }

    /// <summary>How the last order to back it up ended; null where none has.</summary>
    public LastOutcome? Last { get; init; }

    /// <summary>The last restore that was proven by a drill.</summary>
    public DateTimeOffset? ProvenAt { get; init; }

    /// <summary>Whether something of it is dated later than now: a clock was, or is, wrong, and ages say less than they seem to.</summary>
    public bool IsDatedAhead { get; init; }
}

/// <param name="BegunAt">When the backup was ordered: what was written to the volume later is not in it.</param>
/// <param name="Took">From the order to the end, by the service's clock; never negative.</param>
/// <param name="BytesRead">So of all three: null where nobody counted them, as after a rebuild without an export.</param>
public sealed record GoodBackup(
    BackupId Id,
    DateTimeOffset BegunAt,
    TimeSpan Took,
    long? BytesRead,
    long? BytesNew,
    long? BytesStored,
    BackupVerdict? Verdict
);

/// <param name="Failures">In a row; 0 where the last succeeded.</param>
public sealed record LastOutcome(DateTimeOffset EndedAt, int Failures, string? Code, string? Reason);
