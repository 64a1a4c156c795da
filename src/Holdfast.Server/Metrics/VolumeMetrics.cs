using System.Buffers;
using System.IO.Pipelines;
using Holdfast.Control.Figures;
using Holdfast.Control.Protection;

namespace Holdfast.Server.Metrics;

/// <summary>The metrics of each volume. Most of them only change with the catalog and are written once, when it has been read: with ten
/// thousand volumes to go through them all takes longer than to send the text.</summary>
internal static class VolumeMetrics
{
    private const int PartBytes = 64 * 1024;

    private static readonly byte[][] States =
    [
        .. Enum.GetValues<ProtectionState>().Select(state => MetricText.LabelsOf("state", state.ToString().ToLowerInvariant())),
    ];

    /// <summary>What does not change with time. It may be read by many at once, as long as there is anybody.</summary>
    public static async Task<ReadOnlySequence<byte>> WriteSteadyAsync(
        IReadOnlyList<NamedVolume> volumes,
        ServiceFigures service,
        CancellationToken cancel
    )
    {
        // Nobody takes from it, so what was written stays.
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0, minimumSegmentSize: PartBytes, useSynchronizationContext: false));
        using var text = new MetricText(pipe.Writer);
        await WriteAsync(text, MetricFamilies.VolumeInfo, volumes, static _ => 1, static volume => volume.Ids, cancel);
        foreach (
            var (family, valueOf) in ((MetricFamily, Func<VolumeFacts, double?>)[])
                [
                    (MetricFamilies.Protected, volume => volume.BegunAt is null ? 0 : 1),
                    (MetricFamilies.GoodDuration, volume => volume.Took?.TotalSeconds),
                    (MetricFamilies.GoodRead, volume => volume.BytesRead),
                    (MetricFamilies.GoodNew, volume => volume.BytesNew),
                    (MetricFamilies.GoodStored, volume => volume.BytesStored),
                    (MetricFamilies.Damaged, volume => volume.DamagedBackups),
                    (MetricFamilies.LastSuccess, volume => volume.EndedAt is null ? null : (volume.Failures == 0 ? 1 : 0)),
                    (MetricFamilies.Failures, volume => volume.EndedAt is null ? null : volume.Failures),
                    (
                        MetricFamilies.DrillSuccess,
                        volume => service.Drills.TryGetValue(volume.Volume, out var proven) ? (proven ? 1 : 0) : null
                    ),
                ]
        )
        {
            await WriteAsync(text, family, volumes, valueOf, moreOf: null, cancel);
        }

        await text.EndAsync(cancel);
        await pipe.Writer.CompleteAsync();
        return pipe.Reader.TryRead(out var all) ? all.Buffer : default;
    }

    public static async Task WriteAsync(MetricText text, CatalogFacts facts, CancellationToken cancel)
    {
        var volumes = facts.Volumes;
        await WriteAsync(text, MetricFamilies.State, volumes, static _ => 1, volume => States[(int)volume.Facts.StateAt(facts.At)], cancel);
        foreach (
            var (family, valueOf) in ((MetricFamily, Func<VolumeFacts, double?>)[])
                [
                    (MetricFamilies.GoodAge, volume => facts.AgeOf(volume.BegunAt)),
                    (MetricFamilies.VerdictAge, volume => facts.AgeOf(volume.VerdictAt)),
                    (MetricFamilies.LastEnd, volume => facts.AgeOf(volume.EndedAt)),
                    (MetricFamilies.ProvenAge, volume => facts.AgeOf(volume.ProvenAt)),
                ]
        )
        {
            await WriteAsync(text, family, volumes, valueOf, moreOf: null, cancel);
        }

        await text.SendOtherAsync(facts.Steady, cancel);
    }

    private static async Task WriteAsync(
        MetricText text,
        MetricFamily family,
        IReadOnlyList<NamedVolume> volumes,
        Func<VolumeFacts, double?> valueOf,
        Func<NamedVolume, byte[]>? moreOf,
        CancellationToken cancel
    )
    {
        text.Begin(family);
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
