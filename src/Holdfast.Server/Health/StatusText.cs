using Holdfast.Control;
using Holdfast.Control.Protection;
using Holdfast.Control.Upkeep;

namespace Holdfast.Server.Health;

/// <summary>What is said of a project's volumes and of the service, and what to do. Console, command line and API say it alike.</summary>
internal static class StatusText
{
    /// <summary>Reasons that one answer names.</summary>
    public const int MostReasons = 100;

    private const string Warning = "warning";
    private const string Error = "error";

    /// <summary>The volumes that <see cref="StatusAnswer"/> of a project needs whole.</summary>
    public static IReadOnlyCollection<VolumeId> Named(IReadOnlyList<VolumeSight> volumes) =>
        [.. Ill(volumes).Concat(volumes.Where(volume => volume.IsDatedAhead)).Select(volume => volume.Volume).Take(MostReasons).Distinct()];

    /// <param name="volumes">All.</param>
    /// <param name="known">At least those of <see cref="Named"/> that are still there. What they have come to since is what counts of
    /// them.</param>
    public static StatusAnswer Of(
        IReadOnlyList<VolumeSight> volumes,
        IEnumerable<VolumeProtection> known,
        IReadOnlyList<PartHealth> parts,
        IReadOnlyList<UpkeepEnd> failedUpkeep,
        DateTimeOffset now
    )
    {
        var byId = known.ToDictionary(volume => volume.Volume);
        var ill = parts.Where(part => !part.IsWell).ToList();
        var (bad, ahead) = (Ill(volumes).ToList(), volumes.Where(volume => volume.IsDatedAhead).ToList());
        var upkeep = failedUpkeep.Select(UpkeepReason.Of).ToList();
        var ofVolumes = Known(bad).Where(volume => IsIll(volume.State)).Select(volume => ReasonOf(volume, now)).ToList();
        var reasons = ill.Select(ReasonOf)
            .Concat(ofVolumes.TakeWhile(reason => reason.Severity == Error))
            .Concat(upkeep.Select(ReasonOf))
            .Concat(ofVolumes.SkipWhile(reason => reason.Severity == Error))
            .Concat(Known(ahead).Select(DatedAhead))
            .Take(MostReasons)
            .ToList();
        var total = ill.Count + upkeep.Count + bad.Count + ahead.Count;
        if (volumes.Count == 0)
        {
            total++;
            reasons.Add(
                new StatusReason(
                    Warning,
                    "no_volumes",
                    null,
                    null,
                    "No volume is registered: nothing is backed up.",
                    "holdfast volume add NAME /dev/disk/by-id/…"
                )
            );
        }

        var counts = ProtectionCounts.Of(volumes.Select(volume => volume.State));
        var isError = ill.Count > 0 || bad.Any(volume => volume.State > ProtectionState.Unprotected);
        var state = isError ? Error : total > 0 ? Warning : "ok";
        var sentence = counts.Sentence([.. ill.Select(NameOf)], [.. upkeep.Select(one => one.Name)]);
        return new StatusAnswer(state, sentence, reasons, total, counts);

        IEnumerable<VolumeProtection> Known(IEnumerable<VolumeSight> sights) =>
            sights.Select(sight => byId.GetValueOrDefault(sight.Volume)).OfType<VolumeProtection>();
    }

    /// <summary>The gravest first.</summary>
    private static IOrderedEnumerable<VolumeSight> Ill(IEnumerable<VolumeSight> volumes) =>
        volumes.Where(volume => IsIll(volume.State)).OrderByDescending(volume => volume.State);

    private static bool IsIll(ProtectionState state) => state is not (ProtectionState.Protected or ProtectionState.Waiting);

    public static StatusReason ReasonOf(PartHealth part) =>
        new(
            Error,
            "part_ill",
            null,
            null,
            $"The service's {NameOf(part)} is ill: {part.Reason}.",
            part.Name switch
            {
                "free_space" => "df -h",
                _ => "journalctl -u holdfast",
            }
        );

    private static StatusReason ReasonOf(UpkeepReason upkeep) =>
        new(Warning, "upkeep_failed", null, null, upkeep.Text, upkeep.Do);

    private static string NameOf(PartHealth part) => part.Name.Replace('_', ' ');

    private static StatusReason ReasonOf(VolumeProtection volume, DateTimeOffset now)
    {
        var reason = VolumeReason.Of(volume, volume.State, now);
        return Of(reason.IsError ? Error : Warning, reason.Kind, volume, reason.Text, reason.Do);
    }

    private static StatusReason DatedAhead(VolumeProtection volume) =>
        Of(
            Warning,
            "volume_dated_ahead",
            volume,
            VolumeReason.Sentence(
                volume,
                "something of it is dated later than now: the clock of the service is behind, or was ahead, and ages say little until it "
                    + "is right"
            ),
            "date -u"
        );

    private static StatusReason Of(string severity, string kind, VolumeProtection volume, string text, string command) =>
        new(severity, kind, volume.Volume.ToString(), volume.Name, text, command);
}
