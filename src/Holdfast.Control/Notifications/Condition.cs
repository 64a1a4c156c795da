using Holdfast.Control.Jobs;
using Holdfast.Control.Protection;
using Holdfast.Control.Upkeep;

namespace Holdfast.Control.Notifications;

/// <summary>Something that is wrong now.</summary>
/// <param name="Cause">The same for as long as it is the same thing: the event and of what.</param>
/// <param name="Volume">Null where it is about the service.</param>
/// <param name="Since">Null where the catalog does not tell: then it is since it was seen.</param>
/// <param name="Times">In a row.</param>
/// <param name="MayOpen">False where it only keeps from ending what was told before.</param>
internal sealed record Condition(
    NotifyEvent Event,
    string Cause,
    NotifySeverity Severity,
    VolumeProtection? Volume,
    string What,
    string? Why,
    string? Do,
    DateTimeOffset? Since,
    long Times,
    bool MayOpen
)
{
    public static string CauseOf(NotifyEvent one, params string[] what) => string.Join('/', [NotifyNames.NameOf(one), .. what]);

    /// <summary>What is wrong with volumes.</summary>
    public static IReadOnlyList<Condition> OfVolumes(IReadOnlyList<VolumeProtection> volumes, DateTimeOffset now) =>
        [.. volumes.SelectMany(volume => OfVolume(volume, now))];

    /// <summary>What failed of the service's upkeep. What checks say is taken into account check by check (<see
    /// cref="SightConditions.OfChecks"/>).</summary>
    public static IReadOnlyList<Condition> OfUpkeep(IReadOnlyList<UpkeepEnd> failed) =>
        [
            .. from end in failed
            where end.Kind != JobKind.Check
            let reason = UpkeepReason.Of(end)
            select new Condition(
                NotifyEvent.UpkeepFailed,
                CauseOf(NotifyEvent.UpkeepFailed, JobKindNames.Of(end.Kind)),
                NotifySeverity.Warning,
                Volume: null,
                reason.Text,
                Why: null,
                reason.Do,
                end.EndedAt,
                Times: 1,
                MayOpen: true
            ),
        ];

    private static IEnumerable<Condition> OfVolume(VolumeProtection volume, DateTimeOffset now)
    {
        if (volume.DamagedBackups > 0)
        {
            yield return Of(volume, NotifyEvent.VolumeDamaged, ProtectionState.Damaged, now);
        }

        var failures = volume.Last?.Failures ?? 0;
        if (volume.IsInError)
        {
            yield return Of(volume, NotifyEvent.VolumeFailed, ProtectionState.Failed, now);
        }
        else if (failures > 0)
        {
            yield return Of(volume, NotifyEvent.VolumeFailed, ProtectionState.Failed, now) with
            {
                Why = volume.Last?.Reason,
                Since = volume.Last?.EndedAt,
                Times = failures,
            };
        }

        if (!volume.IsPolicyOn)
        {
            yield return Of(volume, NotifyEvent.VolumeUnprotected, ProtectionState.Unprotected, now);
        }

        // Who was told that backups fail knows why none comes. Where a clock was, or is, wrong, nothing is said of ages: what was told of
        // them stays as it is.
        if (volume.IsOverdue || (volume.IsPolicyOn && volume.IsDatedAhead))
        {
            yield return Of(volume, NotifyEvent.VolumeOverdue, ProtectionState.Overdue, now) with
            {
                Since = volume is { Newest: { } newest, WantedSince: { } wanted } ? newest.BegunAt + (now - wanted) : null,
                MayOpen = failures == 0 && volume is { IsInError: false, IsDatedAhead: false },
            };
        }
    }

    private static Condition Of(VolumeProtection volume, NotifyEvent one, ProtectionState state, DateTimeOffset now)
    {
        var reason = VolumeReason.Of(volume, state, now);
        return new Condition(
            one,
            CauseOf(one, volume.Volume.ToString()),
            reason.IsError ? NotifySeverity.Error : NotifySeverity.Warning,
            volume,
            reason.Text,
            Why: null,
            reason.Do,
            Since: null,
            Times: 1,
            MayOpen: true
        );
    }
}
