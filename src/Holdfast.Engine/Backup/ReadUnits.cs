using Holdfast.Engine.Chunks;
using Holdfast.Engine.Devices;
using Holdfast.Engine.Maps;

namespace Holdfast.Engine.Backup;

/// <summary>A run of neighbouring chunks that one worker reads at a time. All are of one leaf of the map.</summary>
internal readonly record struct ReadUnit(long FirstChunk, int Count)
{
    public long Leaf => FirstChunk / MapShape.FanOut;
}

/// <summary>Cuts what a device says may hold data into units. Holes cost nothing, however large.</summary>
internal static class ReadUnits
{
    private const int TargetBytes = 4 * 1024 * 1024;

    /// <summary>Units in order, none overlapping; every chunk that any data extent touches is in one of them.</summary>
    public static IEnumerable<ReadUnit> Of(IEnumerable<Extent> extents, ChunkGrid grid)
    {
        var perUnit = Math.Max(1, TargetBytes / grid.ChunkSize);
        var next = 0L;
        foreach (var extent in extents)
        {
            if (extent.Kind != ExtentKind.Data || extent.Length <= 0)
                continue;

            next = Math.Max(next, extent.Offset / grid.ChunkSize);
            var end = Math.Min(grid.Count, ((extent.Offset + extent.Length - 1) / grid.ChunkSize) + 1);
            while (next < end)
            {
                // Units end at multiples of their size, and so does a leaf: no unit is of two leaves.
                var unitEnd = Math.Min(end, ((next / perUnit) + 1) * perUnit);
                yield return new ReadUnit(next, (int)(unitEnd - next));
                next = unitEnd;
            }
        }
    }
}
