using Holdfast.Control.Policies;

namespace Holdfast.Control.Protection;

/// <summary>When a volume is overdue, and what is said of it. Pure: what is known goes in, a word comes out.</summary>
public static class ProtectionRules
{
    /// <summary>A schedule repeats itself within this, of however many days it is.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromDays(62);

    /// <summary>The longest pause between two slots of a schedule, from the slots that follow a moment.</summary>
    public static TimeSpan LongestPause(Schedule schedule, DateTimeOffset from)
    {
        var (longest, last) = (TimeSpan.Zero, schedule.NextAfter(from));
        foreach (var slot in schedule.Slots(last, last + Look))
        {
            longest = slot - last > longest ? slot - last : longest;
            last = slot;
        }

        return longest;
    }

    /// <summary>When a good backup must have begun at the latest: one and a half pauses ago.</summary>
    public static DateTimeOffset WantedSince(TimeSpan longestPause, DateTimeOffset now) => now - (longestPause * 1.5);

    /// <param name="newest">When the newest good backup began; null for none.</param>
    /// <param name="inPolicySince">When the volume came into its policy; null where no policy that is on has it.</param>
    /// <param name="wantedSince">See <see cref="WantedSince"/>; null where no policy that is on has it.</param>
    /// <param name="failures">Orders that failed since the last one that succeeded.</param>
    /// <param name="damaged">Available backups that were found damaged.</param>
    /// <param name="isInError">Whether a restore into the volume did not come to its end: it is not backed up as it is.</param>
    public static ProtectionState StateOf(
        DateTimeOffset? newest,
        DateTimeOffset? inPolicySince,
        DateTimeOffset? wantedSince,
        int failures,
        int damaged,
        bool isInError
    ) =>
        (damaged, failures, wantedSince) switch
        {
            ( > 0, _, _) => ProtectionState.Damaged,
            (_, > 0, _) => ProtectionState.Failed,
            _ when isInError => ProtectionState.Failed,
            (_, _, null) => ProtectionState.Unprotected,
            // A volume that came a moment ago into a policy is not late with its first backup, nor with its next.
            _ when (newest is null || newest < wantedSince) && (inPolicySince is null || inPolicySince < wantedSince) =>
                ProtectionState.Overdue,
            _ => newest is null ? ProtectionState.Waiting : ProtectionState.Protected,
        };
}
