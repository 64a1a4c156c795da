using System.Globalization;
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

        var counts = CountsOf(volumes);
        var state = reasons.Count == 0 ? "ok" : reasons[0].Severity;
        return new StatusAnswer(state, SentenceOf(counts, parts), [.. reasons.Take(MostReasons)], reasons.Count, counts);
    }

    private static StatusVolumes CountsOf(IReadOnlyList<VolumeProtection> volumes)
    {
        int Count(ProtectionState state) => volumes.Count(volume => volume.State == state);
        return new StatusVolumes(
            volumes.Count,
            Count(ProtectionState.Protected),
            Count(ProtectionState.Waiting),
            Count(ProtectionState.Unprotected),
            Count(ProtectionState.Overdue),
            Count(ProtectionState.Failed),
            Count(ProtectionState.Damaged)
        );
    }

    private static string SentenceOf(StatusVolumes counts, IReadOnlyList<PartHealth> parts)
    {
        var ill = parts.Where(part => !part.IsWell).Select(part => NameOf(part)).ToList();
        var service = ill.Count == 0 ? "" : $"The service is ill ({string.Join(", ", ill)}). ";
        if (counts.Total == 0)
        {
            return $"{service}Nothing is protected yet: no volume is registered.";
        }

        List<string> bad =
        [
            .. from one in ((int Count, string Text)[])
                [
                    (counts.Damaged, "with damaged backups"),
                    (counts.Failed, "failed"),
                    (counts.Overdue, "overdue"),
                    (counts.Unprotected, "in no policy that is on"),
                ]
            where one.Count > 0
            select $"{one.Count} {one.Text}",
        ];
        var waiting = counts.Waiting == 0 ? "" : $" {Volumes(counts.Waiting)} for the first backup.";
        return bad.Count > 0
                ? $"{service}{counts.Total - counts.Protected - counts.Waiting} of {counts.Total} volumes not protected as they should be: "
                    + $"{string.Join(", ", bad)}.{waiting}"
            : counts.Waiting == counts.Total ? $"{service}{Volumes(counts.Waiting)} for the first backup."
            : $"{service}{All(counts.Protected)} as young a good backup as the policy wants.{waiting}";
    }

    private static string Volumes(int count) => count == 1 ? "1 volume waits" : $"{count} volumes wait";

    private static string All(int count) => count == 1 ? "The one volume has" : $"{count} volumes are protected: each has";

    private static StatusReason ReasonOf(PartHealth part) =>
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
        var newest = volume.Newest is { } good
            ? $"its newest good backup began {TimeOf(good.BegunAt)}"
            : "it has no good backup";
        return volume.State switch
        {
            ProtectionState.Damaged => Of(
                Error,
                "volume_damaged",
                volume,
                $"{volume.DamagedBackups} of its backups cannot be restored whole; {newest}",
                "holdfast repo check"
            ),
            ProtectionState.Failed => Of(
                Error,
                "volume_failed",
                volume,
                $"the last {(volume.Last?.Failures > 1 ? $"{volume.Last.Failures} orders" : "order")} to back it up failed: "
                    + $"{volume.Last?.Reason?.TrimEnd('.')}; {newest}",
                $"holdfast backup list --volume {volume.Volume}"
            ),
            ProtectionState.Overdue => Of(
                Error,
                "volume_overdue",
                volume,
                $"{newest}, and policy '{volume.PolicyName}' wants one that began after {TimeOf(volume.WantedSince ?? now)}",
                $"holdfast policy execute {volume.Policy}"
            ),
            _ => Of(
                Warning,
                "volume_unprotected",
                volume,
                volume.Policy is null
                    ? $"no policy has it; {newest}"
                    : $"its policy '{volume.PolicyName}' is off; {newest}",
                volume.Policy is null
                    ? $"holdfast policy associate POLICY {volume.Volume}"
                    : $"holdfast policy enable {volume.Policy}"
            ),
        };
    }

    private static StatusReason DatedAhead(VolumeProtection volume) =>
        Of(
            Warning,
            "volume_dated_ahead",
            volume,
            "something of it is dated later than now: the clock of the service is behind, or was ahead, and ages say little until it is "
                + "right",
            "date -u"
        );

    private static StatusReason Of(string severity, string kind, VolumeProtection volume, string what, string command) =>
        new(severity, kind, volume.Volume.ToString(), volume.Name, $"Volume '{volume.Name}': {what}.", command);

    private static string TimeOf(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
