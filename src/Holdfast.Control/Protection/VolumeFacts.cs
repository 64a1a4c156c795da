namespace Holdfast.Control.Protection;

/// <summary>What the catalog knew of a volume's protection when it was read. Nothing of it changes with time alone: what does is asked for,
/// with the time.</summary>
public sealed class VolumeFacts
{
    public required VolumeId Volume { get; init; }

    public required string Name { get; init; }

    /// <summary>The id; not parsed, as it is told only.</summary>
    public required string Project { get; init; }

    public required string ProjectName { get; init; }

    /// <summary>When its newest good backup was ordered; null for none, and then the same of all that is said of that backup.</summary>
    public DateTimeOffset? BegunAt { get; init; }

    public DateTimeOffset? AvailableAt { get; init; }

    /// <summary>So of all three: null where nobody counted them, as after a rebuild without an export.</summary>
    public long? BytesRead { get; init; }

    public long? BytesNew { get; init; }

    public long? BytesStored { get; init; }

    /// <summary>When that backup was last looked at, and found whole.</summary>
    public DateTimeOffset? VerdictAt { get; init; }

    /// <summary>When it was last proven by a drill that a backup of it can be restored.</summary>
    public DateTimeOffset? ProvenAt { get; init; }

    /// <summary>Available backups whose last verdict is that they are damaged.</summary>
    public int DamagedBackups { get; init; }

    /// <summary>When the last order to back it up ended; null where none has.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Orders that failed since the last that succeeded.</summary>
    public int Failures { get; init; }

    /// <summary>Whether a restore into it did not come to its end.</summary>
    public bool IsInError { get; init; }

    /// <summary>When it came into its policy, on or off; null for none.</summary>
    internal DateTimeOffset? AddedAt { get; init; }

    /// <summary>Of its policy's schedule; null where no policy that is on has it.</summary>
    internal TimeSpan? LongestPause { get; init; }

    /// <summary>From the order of the newest good backup to its end, never negative; null where there is none.</summary>
    public TimeSpan? Took =>
        BegunAt is not { } begun ? null
        : AvailableAt > begun ? AvailableAt - begun
        : TimeSpan.Zero;

    /// <summary>What is to be said of it at a moment: who became overdue since this was read is so.</summary>
    public ProtectionState StateAt(DateTimeOffset now) =>
        LongestPause is { } pause
            ? ProtectionRules.StateOf(BegunAt, AddedAt, ProtectionRules.WantedSince(pause, now), Failures, DamagedBackups, IsInError)
            : ProtectionRules.StateOf(BegunAt, inPolicySince: null, wantedSince: null, Failures, DamagedBackups, IsInError);
}
