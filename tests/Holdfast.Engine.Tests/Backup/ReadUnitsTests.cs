using CsCheck;
using Holdfast.Engine.Backup;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Devices;
using Holdfast.Engine.Maps;

namespace Holdfast.Engine.Tests.Backup;

public sealed class ReadUnitsTests
{
    private static readonly Gen<(long[] Lengths, int Shift)> Volumes = Gen.Select(Gen.Long[1, 3_000_000].Array[1, 12], Gen.Int[14, 22]);

    [Fact]
    public void Units_cover_exactly_the_chunks_that_data_touches_once_and_in_order() =>
        Volumes.Sample(volume =>
        {
            var extents = Alternating(volume.Lengths);
            var grid = new ChunkGrid(volume.Lengths.Sum(), 1 << volume.Shift);
            var touched = new SortedSet<long>();
            foreach (var extent in extents.Where(e => e.Kind == ExtentKind.Data))
            {
                for (var chunk = extent.Offset / grid.ChunkSize; chunk <= (extent.Offset + extent.Length - 1) / grid.ChunkSize; chunk++)
                    touched.Add(chunk);
            }

            var units = ReadUnits.Of(extents, grid).ToList();

            Assert.Equal(touched, units.SelectMany(unit => Enumerable.Range(0, unit.Count).Select(i => unit.FirstChunk + i)));
            Assert.All(units, unit => Assert.Equal(unit.Leaf, (unit.FirstChunk + unit.Count - 1) / MapShape.FanOut));
            Assert.All(units, unit => Assert.InRange(unit.Count * (long)grid.ChunkSize, 1, 4 * 1024 * 1024));
        });

    [Fact]
    public void A_hole_of_many_tebibytes_costs_nothing()
    {
        var size = 1L << 50;

        var units = ReadUnits.Of(
            [new Extent(0, size - 1, ExtentKind.Zero), new Extent(size - 1, 1, ExtentKind.Data)],
            new ChunkGrid(size, 16 * 1024)
        );

        Assert.Equal(new ReadUnit((size / (16 * 1024)) - 1, 1), Assert.Single(units));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(1024, 1)]
    [InlineData(1025, 2)]
    [InlineData(1024 * 1024, 2)]
    [InlineData((1024 * 1024) + 1, 3)]
    [InlineData(long.MaxValue / 16384, 5)]
    public void A_map_has_the_fewest_levels_that_reach(long chunks, int levels) => Assert.Equal(levels, new MapShape(chunks).Levels);

    private static List<Extent> Alternating(long[] lengths)
    {
        var extents = new List<Extent>();
        var at = 0L;
        foreach (var length in lengths)
        {
            extents.Add(new Extent(at, length, extents.Count % 2 == 0 ? ExtentKind.Zero : ExtentKind.Data));
            at += length;
        }

        return extents;
    }
}
