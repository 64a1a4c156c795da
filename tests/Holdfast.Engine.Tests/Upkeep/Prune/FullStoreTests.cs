using Holdfast.Engine.Basics;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Upkeep.Prune;

namespace Holdfast.Engine.Tests.Upkeep.Prune;

/// <summary>Prune where there is no room left: it writes before it deletes. Spec: docs/decisions/0039.</summary>
public sealed class FullStoreTests
{
    private const long Capacity = 64L << 20;

    [Theory]
    [InlineData(32L << 20, 2L << 20)]
    [InlineData(2L << 30, 64L << 20)]
    [InlineData(100L << 30, 400L << 20)]
    [InlineData(8L << 40, 1L << 30)]
    public void The_reserve_grows_with_the_file_system(long size, long reserve) => Assert.Equal(reserve, StoreRoom.ReserveOf(size));

    [Fact]
    public async Task Backups_leave_the_reserve_and_prune_gives_back_what_they_filled()
    {
        await using var bed = await PruneBed.MakeAsync();
        bed.Store.Capacity = Capacity;
        await FillAsync(bed);
        Assert.InRange(Capacity - bed.Store.TotalBytes, StoreRoom.ReserveOf(Capacity), 12 << 20);
        foreach (var backup in bed.Backups.SkipLast(1).ToList())
            await bed.RemoveAsync(backup);

        await bed.PruneAsync();

        Assert.InRange(bed.Store.TotalBytes, 0, 10 << 20);
        await bed.BackupAsync(TestBytes.Random(20 << 20, seed: 100));
        await bed.CheckAsync();
    }

    /// <summary>No pack is dead as a whole, and half of the reserve has room for one copy: each round has
    /// what the one before freed.</summary>
    [Fact]
    public async Task Packs_that_are_mostly_unused_are_rewritten_in_rounds()
    {
        await using var bed = await PruneBed.MakeAsync();
        var content = TestBytes.Random(42 << 20, seed: 1);
        var first = await bed.BackupAsync(content);
        for (var chunk = 0; chunk < content.Length / PruneBed.ChunkSize; chunk++)
        {
            if (chunk % 4 != 0)
                content.AsSpan(chunk * PruneBed.ChunkSize, PruneBed.ChunkSize).Clear();
        }

        await bed.BackupAsync(content, first.Id);
        await bed.RemoveAsync(first.Id);
        bed.Store.Capacity = Capacity;
        await FillAsync(bed);
        var before = bed.Store.TotalBytes;

        var figures = await bed.PruneAsync();

        Assert.InRange(before - bed.Store.TotalBytes, 28 << 20, 33 << 20);
        Assert.InRange(figures.PacksRewritten, 20, 25);
        Assert.InRange(figures.BytesFreed - figures.BytesRewritten, 28 << 20, 33 << 20);
        bed.Store.Capacity = null;
        await bed.CheckNothingDeadIsLeftAsync();
        await bed.CheckAsync();
    }

    /// <summary>Somebody else has filled the disk: what is left has room for one index object at a time.</summary>
    [Fact]
    public async Task Index_objects_are_replaced_as_far_as_there_is_room()
    {
        await using var bed = await PruneBed.MakeAsync();
        bed.Repository.Open.Context.PacksPerIndex = 2;
        var content = TestBytes.Random(30 << 20, seed: 1);
        var first = await bed.BackupAsync(content);

        await bed.ClearEveryOtherPackAsync(content);
        await bed.BackupAsync(content, first.Id);
        await bed.RemoveAsync(first.Id);
        var longest = bed.Store.Keys.Where(key => key.StartsWith("index/", StringComparison.Ordinal)).Max(key => bed.Store[key].Length);
        bed.Store.Capacity = bed.Store.TotalBytes + longest;

        await bed.PruneAsync();

        Assert.InRange(bed.Store.TotalBytes, 12 << 20, 22 << 20);
        await bed.CheckNothingDeadIsLeftAsync();
        await bed.CheckAsync();
    }

    [Fact]
    public async Task Small_index_objects_are_joined_when_they_are_many_though_nothing_goes()
    {
        await using var bed = await PruneBed.MakeAsync();
        for (var seed = 1; seed <= 70; seed++)
            await bed.BackupAsync(TestBytes.Random(2 * PruneBed.ChunkSize, seed));

        var figures = await bed.PruneAsync(new PruneOptions { RewriteBytes = 0 });

        Assert.Equal(0, figures.PacksDeleted);
        Assert.InRange(bed.Store.Keys.Count(key => key.StartsWith("index/", StringComparison.Ordinal)), 1, 8);
        await bed.CheckAsync();
    }

    /// <summary>Backs up volumes until one does not fit.</summary>
    private static async Task FillAsync(PruneBed bed)
    {
        var full = await Assert.ThrowsAsync<HoldfastException>(async () =>
        {
            for (var seed = 1000; ; seed++)
                await bed.BackupAsync(TestBytes.Random(5 << 20, seed));
        });
        Assert.Equal(FailureKind.NoSpace, full.Kind);
    }
}
