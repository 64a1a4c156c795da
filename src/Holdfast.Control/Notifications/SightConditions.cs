using Holdfast.Control.Drills;
using Holdfast.Control.Protection;
using Holdfast.Control.Upkeep;
using Holdfast.Control.Volumes;
using Holdfast.Engine.Upkeep;

namespace Holdfast.Control.Notifications;

/// <summary>What ended drills and checks say. Pure.</summary>
internal static class SightConditions
{
    /// <summary>What is wrong after these drills of one volume, the last of which counts.</summary>
    /// <param name="drills">At least one, in their order.</param>
    /// <param name="volume">Null where it is gone.</param>
    /// <param name="open">What was wrong before; null for nothing.</param>
    /// <returns>Null where the last one proved the volume.</returns>
    public static Condition? OfDrills(IReadOnlyList<EndedDrill> drills, VolumeProtection? volume, Incident? open)
    {
        var last = drills[^1];
        if (last.State == DrillState.Proven)
        {
            return null;
        }

        var run = drills.Reverse().TakeWhile(one => one.State != DrillState.Proven).Count();
        return new Condition(
            NotifyEvent.DrillFailed,
            CauseOf(last.Volume),
            last.State == DrillState.Failed ? NotifySeverity.Warning : NotifySeverity.Error,
            volume,
            $"Volume '{VolumeNames.Told(volume?.Name ?? last.VolumeName, last.Volume)}': a drill did not prove that its backup"
                + $"{(last.BackupNumber is { } number ? $" no. {number}" : "")} can be restored.",
            last.State switch
            {
                DrillState.Damaged => "stored bytes are not what was backed up",
                DrillState.Rejected => "all bytes are what was backed up, and the command that looked at the restored volume refused it",
                _ => "it could not be found out; nothing is said about the backup",
            },
            $"holdfast drill list --volume {last.Volume}",
            last.EndedAt,
            run + (run == drills.Count ? open?.Times ?? 0 : 0),
            MayOpen: true
        );
    }

    public static string CauseOf(VolumeId volume) => Condition.CauseOf(NotifyEvent.DrillFailed, volume.ToString());

    public static string CauseOfChecks { get; } = Condition.CauseOf(NotifyEvent.DamageFound, "repository");

    /// <summary>What is wrong after these checks. One that found nothing says little about what the one before found: each reads a share
    /// of the packs. So damage lasts until every share was read since and nothing was found.</summary>
    /// <param name="checks">At least one, in their order.</param>
    /// <param name="open">What was wrong before; null for nothing.</param>
    /// <returns>Null where nothing is; and how many checks since the last bad one found nothing.</returns>
    public static (Condition? Condition, long Quiet) OfChecks(IReadOnlyList<EndedCheck> checks, Incident? open)
    {
        var (times, quiet) = (open?.Times ?? 0, open?.Quiet ?? 0);
        EndedCheck? bad = null;
        foreach (var check in checks)
        {
            if (!check.Succeeded)
            {
                (bad, times, quiet) = (check, times + 1, 0);
            }
            else if (times > 0 && ++quiet >= CheckHandler.Shares)
            {
                (bad, times, quiet) = (null, 0, 0);
            }
        }

        return times == 0 ? (null, 0)
            : bad is null ? (open is null ? null : Again(open), quiet)
            : (Of(bad, times), quiet);
    }

    /// <summary>As it was.</summary>
    private static Condition Again(Incident open) =>
        new(open.Event, open.Cause, open.Severity, null, open.What, null, null, open.Since, open.Times, MayOpen: true);

    private static Condition Of(EndedCheck bad, long times)
    {
        var figures = bad.Figures is { } json ? CheckFigures.FromJson(json) : null;
        var found = figures is { Sound: false };
        return new Condition(
            NotifyEvent.DamageFound,
            CauseOfChecks,
            found ? NotifySeverity.Error : NotifySeverity.Warning,
            Volume: null,
            found
                ? $"A check of the repository found damage: {figures!.Damage.Count}{(figures.DamageCut ? " and more" : "")} objects are "
                    + $"not as they were written, and {figures.DamagedBackups.Count} backups cannot be restored whole."
                : "The repository could not be checked.",
            found ? "stored bytes are not what was written; 'holdfast repo repair' mends what can be mended" : null,
            $"holdfast job show {bad.Id}",
            bad.EndedAt,
            times,
            MayOpen: true
        );
    }
}
