using System.Buffers;
using Holdfast.Control.Figures;
using Holdfast.Control.Protection;

namespace Holdfast.Server.Metrics;

/// <summary>What the catalog knew at one moment. Nothing of it changes with time alone.</summary>
/// <param name="Mark">Of the catalog, a little before.</param>
/// <param name="ReadAt">By the clock that cannot be set.</param>
/// <param name="Steady">What is told of volumes and does not change with time, written once for all scrapes.</param>
internal sealed record CatalogSnapshot(
    string Mark,
    long ReadAt,
    ServiceFigures Service,
    IReadOnlyList<NamedVolume> Volumes,
    ReadOnlySequence<byte> Steady
)
{
    /// <summary>When it was last known to be true; not before it was read.</summary>
    public long TrueAt { get; set; } = ReadAt;

    /// <summary>Whether it was looked at for a scrape that was still to come.</summary>
    public bool IsAhead { get; set; }
}

/// <summary>A volume with its labels, as <see cref="MetricText.LabelsOf"/> makes them: once for all scrapes.</summary>
/// <param name="Labels">Project and volume.</param>
/// <param name="Ids">The ids of both.</param>
internal sealed record NamedVolume(VolumeFacts Facts, byte[] Labels, byte[] Ids)
{
    /// <summary>The label of each volume: its name, and where another of the project is called the same, or it has none, its id behind
    /// it. Two samples with the same labels would make a scrape worthless.</summary>
    public static IReadOnlyList<NamedVolume> Of(IReadOnlyList<VolumeFacts> volumes)
    {
        var named = new List<NamedVolume>(volumes.Count);
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

            named.Add(
                new NamedVolume(
                    volume,
                    MetricText.LabelsOf("project", volume.ProjectName, "volume", label),
                    MetricText.LabelsOf("project_id", volume.Project, "volume_id", volume.Volume.ToString())
                )
            );
        }

        return named;
    }
}

/// <summary>A snapshot as it is told.</summary>
/// <param name="At">By the service's clock; all ages are until then.</param>
internal sealed record CatalogFacts(
    DateTimeOffset At,
    ServiceFigures Service,
    IReadOnlyList<NamedVolume> Volumes,
    ReadOnlySequence<byte> Steady
)
{
    /// <summary>Seconds; 0 for what is dated ahead.</summary>
    public double AgeOf(DateTimeOffset at) => Math.Max(0, (At - at).TotalSeconds);

    /// <summary>Null for what never was.</summary>
    public double? AgeOf(DateTimeOffset? at) => at is { } was ? AgeOf(was) : null;
}
