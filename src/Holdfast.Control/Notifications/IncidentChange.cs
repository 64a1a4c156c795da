using Holdfast.Control.Protection;

namespace Holdfast.Control.Notifications;

/// <summary>What is to be written so that what is known to be wrong is what is wrong. Pure.</summary>
/// <param name="Opened">Not known before.</param>
/// <param name="Changed">Known, and more often so, or graver, than it was. <c>Condition</c> is null where only <c>Quiet</c>
/// changed.</param>
/// <param name="Ended">Known, and over.</param>
/// <param name="Conditions">All that is wrong.</param>
internal sealed record IncidentChange(
    IReadOnlyList<Condition> Opened,
    IReadOnlyList<(Incident Was, Condition Condition, long Quiet)> Changed,
    IReadOnlyList<Incident> Ended,
    IReadOnlyList<Condition> Conditions
)
{
    public bool IsNothing => Opened.Count + Changed.Count + Ended.Count == 0;

    /// <param name="isOurs">Of what is about the service: whether this process may say that it is over.</param>
    public static IncidentChange Of(
        IReadOnlyList<Condition> conditions,
        IReadOnlyList<Incident> open,
        IReadOnlyList<VolumeProtection> volumes,
        Func<Incident, bool> isOurs
    )
    {
        var byCause = open.ToDictionary(one => one.Cause);
        var causes = conditions.Select(one => one.Cause).ToHashSet();
        var there = volumes.Select(volume => volume.Volume).ToHashSet();
        return new IncidentChange(
            [.. conditions.Where(one => one.MayOpen && !byCause.ContainsKey(one.Cause))],
            [
                .. from one in conditions
                where byCause.TryGetValue(one.Cause, out var was) && (was.Times != one.Times || was.Severity != one.Severity)
                select (byCause[one.Cause], one, 0L),
            ],
            [.. open.Where(one => !causes.Contains(one.Cause) && IsOver(one))],
            conditions
        );

        bool IsOver(Incident one) =>
            one.Event switch
            {
                NotifyEvent.ServiceIll or NotifyEvent.RepositoryNearlyFull => isOurs(one),
                // What one of them found lasts until another finds it no more.
                NotifyEvent.DamageFound => false,
                NotifyEvent.DrillFailed => one.Volume is not { } volume || !there.Contains(volume),
                _ => true,
            };
    }

    /// <summary>With what drills and checks say that were not looked at before.</summary>
    public IncidentChange With(
        (IReadOnlyList<EndedDrill> Drills, IReadOnlyList<EndedCheck> Checks) seen,
        IReadOnlyList<Incident> open,
        IReadOnlyList<VolumeProtection> volumes
    )
    {
        var all = this;
        foreach (var drills in seen.Drills.GroupBy(drill => drill.Volume))
        {
            var volume = volumes.FirstOrDefault(one => one.Volume == drills.Key);
            var was = open.FirstOrDefault(one => one.Cause == SightConditions.CauseOf(drills.Key));
            all = volume is null ? all : all.With(was, SightConditions.OfDrills([.. drills], volume, was), 0);
        }

        if (seen.Checks.Count == 0)
        {
            return all;
        }

        var known = open.FirstOrDefault(one => one.Cause == SightConditions.CauseOfChecks);
        var (condition, quiet) = SightConditions.OfChecks(seen.Checks, known);
        return all.With(known, condition, quiet);
    }

    private IncidentChange With(Incident? was, Condition? now, long quiet) =>
        (was, now) switch
        {
            (null, null) => this,
            (null, { } opened) => this with { Opened = [.. Opened, opened], Conditions = [.. Conditions, opened] },
            ({ } ended, null) => this with { Ended = [.. Ended, ended] },
            ({ } known, { } still) => this with { Changed = [.. Changed, (known, still, quiet)], Conditions = [.. Conditions, still] },
        };
}
