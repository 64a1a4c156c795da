using Holdfast.Control.Protection;

namespace Holdfast.Control.Notifications;

/// <summary>What is told when something is over. Pure.</summary>
internal static class Recovery
{
    /// <summary>Whether the end of something is worth a word. A volume that went, or that nothing backs up any more, is not well
    /// again.</summary>
    public static bool IsOne(Incident ended, VolumeProtection? volume) =>
        ended.Told
        && (ended.Volume is null || volume is not null)
        && (ended.Event != NotifyEvent.VolumeOverdue || volume is { IsPolicyOn: true });

    /// <param name="ended">All of one volume, or one of the service; at least one.</param>
    /// <param name="still">What is still wrong with that volume.</param>
    public static (NotifyEvent Event, string What) Of(
        IReadOnlyList<Incident> ended,
        VolumeProtection? volume,
        IReadOnlyList<Condition> still
    )
    {
        if (volume is null)
        {
            return (
                NotifyEvent.ServiceRecovered,
                ended[0].Event == NotifyEvent.DamageFound
                    ? "The repository: nothing is known to be damaged any more; every share of it was read since, and is sound."
                    : $"This is over: {ended[0].What}"
            );
        }

        var parts = ended.OrderBy(one => one.Event).Select(one => OfVolume(one.Event, volume)).Distinct();
        var rest = still.Count == 0 ? "" : $" Still wrong: {string.Join(" ", still.Select(one => one.What))}";
        return (NotifyEvent.VolumeRecovered, $"{VolumeReason.Sentence(volume, string.Join("; ", parts))}{rest}");
    }

    private static string OfVolume(NotifyEvent ended, VolumeProtection volume) =>
        ended switch
        {
            NotifyEvent.VolumeFailed or NotifyEvent.VolumeOverdue => $"it is backed up again; {VolumeReason.NewestOf(volume)}",
            NotifyEvent.VolumeDamaged => "none of its backups is known to be damaged any more",
            NotifyEvent.VolumeUnprotected => $"policy '{volume.PolicyName}' has it, and is on",
            _ => "a drill has proven that it can be restored",
        };
}
