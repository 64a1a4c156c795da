using System.Globalization;
using Holdfast.Control.Volumes;

namespace Holdfast.Control.Protection;

/// <summary>What is wrong with a volume and what to do, as console, command line, API and messages say it.</summary>
/// <param name="IsError">Else a warning.</param>
/// <param name="Kind"><c>volume_damaged</c>, <c>volume_failed</c>, <c>volume_overdue</c> or <c>volume_unprotected</c>.</param>
/// <param name="Text">A sentence with the volume's name.</param>
/// <param name="Do">A command line that helps, or shows more.</param>
public sealed record VolumeReason(bool IsError, string Kind, string Text, string Do)
{
    /// <summary>What is said of a volume whose status is error.</summary>
    public const string InError =
        "a restore into it did not come to its end, so what it holds is neither the old nor the new, and nothing backs it up until a "
        + "restore into it has succeeded";

    /// <param name="state">Which of the things that may be wrong with it; neither <see cref="ProtectionState.Protected"/> nor <see
    /// cref="ProtectionState.Waiting"/>.</param>
    public static VolumeReason Of(VolumeProtection volume, ProtectionState state, DateTimeOffset now)
    {
        var newest = NewestOf(volume);
        return state switch
        {
            ProtectionState.Damaged => new(
                true,
                "volume_damaged",
                Sentence(volume, $"{volume.DamagedBackups} of its backups cannot be restored whole; {newest}"),
                "holdfast repo check"
            ),
            ProtectionState.Failed when volume.IsInError => new(
                true,
                "volume_failed",
                Sentence(volume, $"{InError}; {newest}"),
                $"holdfast backup list --volume {volume.Volume}"
            ),
            ProtectionState.Failed => new(
                true,
                "volume_failed",
                Sentence(
                    volume,
                    $"the last {(volume.Last?.Failures > 1 ? $"{volume.Last.Failures} orders" : "order")} to back it up failed: "
                        + $"{volume.Last?.Reason?.TrimEnd('.')}; {newest}"
                ),
                $"holdfast backup list --volume {volume.Volume}"
            ),
            ProtectionState.Overdue => new(
                true,
                "volume_overdue",
                Sentence(
                    volume,
                    $"{newest}, and policy '{volume.PolicyName}' wants one that began after {TimeOf(volume.WantedSince ?? now)}"
                ),
                $"holdfast policy execute {volume.Policy}"
            ),
            _ => new(
                false,
                "volume_unprotected",
                Sentence(
                    volume,
                    volume.Policy is null ? $"no policy has it; {newest}" : $"its policy '{volume.PolicyName}' is off; {newest}"
                ),
                volume.Policy is null
                    ? $"holdfast policy associate POLICY {volume.Volume}"
                    : $"holdfast policy enable {volume.Policy}"
            ),
        };
    }

    public static string Sentence(VolumeProtection volume, string what) =>
        $"Volume '{VolumeNames.Told(volume.Name, volume.Volume)}': {what}.";

    /// <summary>When its newest good backup began, as a part of a sentence.</summary>
    public static string NewestOf(VolumeProtection volume) =>
        volume.Newest is { } good ? $"its newest good backup began {TimeOf(good.BegunAt)}" : "it has no good backup";

    public static string TimeOf(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
