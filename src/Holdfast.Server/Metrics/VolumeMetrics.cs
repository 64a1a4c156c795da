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
        var volumes = Named(facts.Volumes);
        await WriteAsync(
            text,
            MetricFamilies.VolumeInfo,
            volumes,
            static _ => 1,
            static volume => MetricText.LabelsOf("project_id", volume.Project.Value, "volume_id", volume.Volume.ToString()),
            cancel
        );
        await WriteAsync(text, MetricFamilies.State, volumes, static _ => 1, static volume => States[(int)volume.State], cancel);
        var drills = facts.Service.Drills;
        foreach (
            var (family, valueOf) in ((MetricFamily, Func<VolumeProtection, double?>)[])
                [
                    (MetricFamilies.Protected, volume => volume.Newest is null ? 0 : 1),
                    (MetricFamilies.GoodAge, volume => facts.AgeOf(volume.Newest?.BegunAt)),
                    (MetricFamilies.GoodDuration, volume => volume.Newest?.Took.TotalSeconds),
                    (MetricFamilies.GoodRead, volume => volume.Newest?.BytesRead),
                    (MetricFamilies.GoodNew, volume => volume.Newest?.BytesNew),
                    (MetricFamilies.GoodStored, volume => volume.Newest?.BytesStored),
                    (MetricFamilies.VerdictAge, volume => facts.AgeOf(volume.Newest?.Verdict?.At)),
                    (MetricFamilies.Damaged, volume => volume.DamagedBackups),
                    (MetricFamilies.LastSuccess, volume => volume.Last is { } last ? (last.Failures == 0 ? 1 : 0) : null),
                    (MetricFamilies.LastEnd, volume => facts.AgeOf(volume.Last?.EndedAt)),
                    (MetricFamilies.Failures, volume => volume.Last?.Failures),
                    (MetricFamilies.ProvenAge, volume => facts.AgeOf(volume.ProvenAt)),
                    (
                        MetricFamilies.DrillSuccess,
                        volume => drills.TryGetValue(volume.Volume, out var proven) ? (proven ? 1 : 0) : null
                    ),
                ]
        )
        {
            await WriteAsync(text, family, volumes, valueOf, labelsOf: null, cancel);
        }
    }

    /// <summary>The label of each volume: its name, and where another of the project is called the same, or it has none, its id behind
    /// it. Two samples with the same labels would make a scrape worthless.</summary>
    private static List<(VolumeProtection Volume, byte[] Labels)> Named(IReadOnlyList<VolumeProtection> volumes)
    {
        var named = new List<(VolumeProtection, byte[])>(volumes.Count);
        var names = new Dictionary<(string Project, string Name), int>(volumes.Count);
        foreach (var volume in volumes)
        {
            var key = (volume.ProjectName, volume.Name);
            names[key] = names.GetValueOrDefault(key) + 1;
        }

        foreach (var volume in volumes)
        {
            var label = volume.Name;
            var isAlone = label.Length > 0 && names[(volume.ProjectName, label)] == 1;
            while (!isAlone)
            {
                // Somebody may have called a volume just so.
                label = label.Length == 0 ? $"({volume.Volume})" : $"{label} ({volume.Volume})";
                isAlone = names.TryAdd((volume.ProjectName, label), 1);
            }

            named.Add((volume, MetricText.LabelsOf("project", volume.ProjectName, "volume", label)));
        }

        return named;
    }

    private static async Task WriteAsync(
        MetricText text,
        MetricFamily family,
        List<(VolumeProtection Volume, byte[] Labels)> volumes,
        Func<VolumeProtection, double?> valueOf,
        Func<VolumeProtection, byte[]>? labelsOf,
        CancellationToken cancel
    )
    {
        text.Begin(family);
        for (var i = 0; i < volumes.Count;)
        {
            for (var end = Math.Min(volumes.Count, i + 256); i < end; i++)
            {
                var (volume, labels) = volumes[i];
                if (valueOf(volume) is { } value)
                {
                    text.Add(labelsOf is null ? labels : [.. labels, (byte)',', .. labelsOf(volume)], value);
                }
            }

            await text.SendAsync(cancel);
        }
    }
}
