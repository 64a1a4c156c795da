using Holdfast.Control.Policies;

namespace Holdfast.Control.Scheduling;

/// <summary>What is to become of the slots of a policy that have come since it was last looked at. Pure.</summary>
/// <param name="Fire">The slot to fire now, or null.</param>
/// <param name="Missed">Slots to record as missed, newest first.</param>
/// <param name="MissedDays">Of each day in UTC with missed slots the newest of them, also where <paramref name="Missed"/> leaves some out;
/// newest first.</param>
/// <param name="Newest">The newest slot of all, or null when there was none.</param>
internal sealed record DueSlots(
    DateTimeOffset? Fire,
    IReadOnlyList<DateTimeOffset> Missed,
    IReadOnlyList<DateTimeOffset> MissedDays,
    DateTimeOffset? Newest
)
{
    /// <summary>So many missed slots of a policy are recorded at most; so a year of downtime does not write a year of rows. See
    /// docs/decisions/0005-missed-slots.md.</summary>
    public const int MostSlots = 100;

    /// <summary>So many tasks of missed slots a policy gets at most, over all its volumes; but at least one slot.</summary>
    public const int MostTasks = 1000;

    /// <param name="from">The slot that was to be fired next.</param>
    /// <param name="last">The newest slot that was ever dealt with, or null: slots up to it are not dealt with again, whatever the clock
    /// does.</param>
    /// <param name="catchUp">The newest slot is fired if it is not older.</param>
    public static DueSlots Find(
        Schedule schedule,
        DateTimeOffset from,
        DateTimeOffset? last,
        DateTimeOffset now,
        TimeSpan catchUp,
        int volumes
    )
    {
        var after = from - TimeSpan.FromMilliseconds(1);
        var slots = schedule.Slots(last > after ? last.Value : after, now).ToList();
        if (slots.Count == 0)
        {
            return new DueSlots(null, [], [], null);
        }

        slots.Reverse();
        var fire = now - slots[0] <= catchUp ? slots[0] : (DateTimeOffset?)null;
        var most = Math.Clamp(MostTasks / Math.Max(1, volumes), 1, MostSlots);
        var missed = slots.Skip(fire is null ? 0 : 1).ToList();
        var days = missed.DistinctBy(Scheduling.MissedDays.Of).Take(Scheduling.MissedDays.Most);
        return new DueSlots(fire, [.. missed.Take(most)], [.. days], slots[0]);
    }
}
