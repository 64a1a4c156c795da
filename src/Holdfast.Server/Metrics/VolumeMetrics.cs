using Holdfast.Control.Protection;

namespace Holdfast.Server.Metrics;

/// <summary>The metrics of each volume.</summary>
internal static class VolumeMetrics
{
    private static readonly byte[][] States =
    [
        .. Enum.GetValues<ProtectionState>().Select(state => MetricText.LabelsOf("state", state.ToString().ToLowerInvariant())),
    ];

    public static async Task WriteAsync(MetricText text, CatalogFacts facts, CancellationToken cancel)
    {
        await WriteAsync(text, MetricFamilies.VolumeInfo, facts, static _ => 1, static volume => volume.Ids, cancel);
        await WriteAsync(text, MetricFamilies.State, facts, static _ => 1, volume => States[(int)volume.Facts.StateAt(facts.At)], cancel);
        var drills = facts.Service.Drills;
        foreach (
            var (family, valueOf) in ((MetricFamily, Func<VolumeFacts, double?>)[])
                [
                    (MetricFamilies.Protected, volume => volume.BegunAt is null ? 0 : 1),
                    (MetricFamilies.GoodAge, volume => facts.AgeOf(volume.BegunAt)),
                    (MetricFamilies.GoodDuration, volume => volume.Took?.TotalSeconds),
                    (MetricFamilies.GoodRead, volume => volume.BytesRead),
                    (MetricFamilies.GoodNew, volume => volume.BytesNew),
                    (MetricFamilies.GoodStored, volume => volume.BytesStored),
                    (MetricFamilies.VerdictAge, volume => facts.AgeOf(volume.VerdictAt)),
                    (MetricFamilies.Damaged, volume => volume.DamagedBackups),
                    (MetricFamilies.LastSuccess, volume => volume.EndedAt is null ? null : (volume.Failures == 0 ? 1 : 0)),
                    (MetricFamilies.LastEnd, volume => facts.AgeOf(volume.EndedAt)),
                    (MetricFamilies.Failures, volume => volume.EndedAt is null ? null : volume.Failures),
                    (MetricFamilies.ProvenAge, volume => facts.AgeOf(volume.ProvenAt)),
                    (
                        MetricFamilies.DrillSuccess,
                        volume => drills.TryGetValue(volume.Volume, out var proven) ? (proven ? 1 : 0) : null
                    ),
                ]
        )
        {
            await WriteAsync(text, family, facts, valueOf, moreOf: null, cancel);
        }
    }

    private static async Task WriteAsync(
        MetricText text,
        MetricFamily family,
        CatalogFacts facts,
        Func<VolumeFacts, double?> valueOf,
        Func<NamedVolume, byte[]>? moreOf,
        CancellationToken cancel
    )
    {
        text.Begin(family);
        var volumes = facts.Volumes;
        for (var i = 0; i < volumes.Count;)
        {
            for (var end = Math.Min(volumes.Count, i + 256); i < end; i++)
            {
                var volume = volumes[i];
                if (valueOf(volume.Facts) is { } value)
                {
                    text.Add(volume.Labels, moreOf is null ? [] : moreOf(volume), value);
                }
            }

            await text.SendAsync(cancel);
        }
    }
}
