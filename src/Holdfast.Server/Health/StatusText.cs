using Holdfast.Control.Protection;

namespace Holdfast.Server.Health;

/// <summary>What is said of a project's volumes and of the service, and what to do. Console, command line and API say it alike.</summary>
internal static class StatusText
{
    /// <summary>Reasons that one answer names.</summary>
    public const int MostReasons = 100;

    private const string Warning = "warning";
    private const string Error = "error";

    public static StatusAnswer Of(IReadOnlyList<VolumeProtection> volumes, IReadOnlyList<PartHealth> parts, DateTimeOffset now)
    {
        var reasons = parts
            .Where(part => !part.IsWell)
            .Select(ReasonOf)
            .Concat(
                volumes
                    .Where(volume => volume.State is not (ProtectionState.Protected or ProtectionState.Waiting))
                    .OrderByDescending(volume => volume.State)
                    .Select(volume => ReasonOf(volume, now))
            )
            .Concat(volumes.Where(volume => volume.IsDatedAhead).Select(DatedAhead))
            .OrderBy(reason => reason.Severity == Error ? 0 : 1)
            .ToList();
        if (volumes.Count == 0)
        {
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

        var counts = ProtectionCounts.Of(volumes);
        var state = reasons.Count == 0 ? "ok" : reasons[0].Severity;
        var sentence = counts.Sentence([.. parts.Where(part => !part.IsWell).Select(NameOf)]);
        return new StatusAnswer(state, sentence, [.. reasons.Take(MostReasons)], reasons.Count, counts);
    }

    public static StatusReason ReasonOf(PartHealth part) =>
        new(
            Error,
            "part_ill",
            null,
            null,
            $"The service's {NameOf(part)} is ill: {part.Reason}.",
            part.Name switch
            {
                "repository" => "holdfast repo show",
                "free_space" => "df -h",
                _ => "journalctl -u holdfast",
            }
        );

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
