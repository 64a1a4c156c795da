using Holdfast.Engine.Upkeep.Prune;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Upkeep.Prune;

public sealed class CompactionTests
{
    [Fact]
    public async Task Packs_that_are_mostly_unused_are_rewritten_and_all_backups_restore()
    {
        await using var bed = await PruneBed.MakeAsync();
        await Histories.SparseAsync(bed);
        var before = bed.Store.TotalBytes;

        var figures = await bed.PruneAsync();

        Assert.True(figures.PacksRewritten > 0);
        Assert.True(figures.BytesUnused <= (figures.BytesLive + figures.BytesUnused) * 0.25);
        Assert.True(bed.Store.TotalBytes < before - 1_000_000);
        await bed.CheckAsync();
        await bed.CheckNothingDeadIsLeftAsync();
    }

    [Fact]
    public async Task With_a_budget_of_nothing_only_whole_packs_go()
    {
        await using var bed = await PruneBed.MakeAsync();
        await Histories.SparseAsync(bed);
        var packs = await bed.KeysOfPacksAsync();

        var figures = await bed.PruneAsync(new PruneOptions { RewriteBytes = 0 });

        Assert.Equal(0, figures.PacksRewritten);
        Assert.True(figures.BytesUnused > 0);
        Assert.Subset(packs.ToHashSet(), (await bed.KeysOfPacksAsync()).ToHashSet());
        await bed.CheckAsync();
    }

    [Fact]
    public async Task Frames_of_which_little_lives_are_taken_apart()
    {
        await using var bed = await PruneBed.MakeAsync();
        var content = TestBytes.Random(8_000_000, seed: 1);
        var first = await bed.BackupAsync(content);
        var kept = new byte[8_000_000];
        for (var at = 0; at < content.Length; at += 20 * PruneBed.ChunkSize)
            content.AsSpan(at, Math.Min(PruneBed.ChunkSize, content.Length - at)).CopyTo(kept.AsSpan(at));

        await bed.BackupAsync(kept, first.Id);
        await bed.RemoveAsync(first.Id);

        await bed.PruneAsync();

        Assert.InRange(bed.Store.TotalBytes, 400_000, 900_000);
        await bed.CheckAsync();
        await bed.CheckNothingDeadIsLeftAsync();
    }

    [Fact]
    public async Task Small_packs_are_joined()
    {
        await using var bed = await PruneBed.MakeAsync();
        for (var i = 0; i < 9; i++)
            await bed.BackupAsync(TestBytes.Random(60_000, seed: i));

        var packs = (await bed.KeysOfPacksAsync()).Count;

        await bed.PruneAsync();

        Assert.Equal(18, packs);
        Assert.Equal(2, (await bed.KeysOfPacksAsync()).Count);
        Assert.Single(await bed.Repository.KeysAsync("index/"));
        await bed.CheckAsync();
    }

    [Fact]
    public async Task A_pack_with_a_frame_that_does_not_open_stays_and_is_named()
    {
        await using var bed = await PruneBed.MakeAsync();
        await Histories.SparseAsync(bed);
        var look = await bed.LookAsync();
        Assert.True(look.PacksToRewrite > 0);
        foreach (var key in await bed.Repository.KeysAsync("data/"))
            bed.Store.Damage(key.Value, 200);

        var figures = await bed.PruneAsync();

        Assert.NotEmpty(figures.DamagedPacks);
        Assert.All(figures.DamagedPacks, pack => Assert.Contains(pack, bed.Store.Keys));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_an_item_in_two_packs_the_later_place_is_kept_whatever_the_clock_says(bool isSetBack)
    {
        await using var bed = await PruneBed.MakeAsync();
        var content = TestBytes.Random(600_000, seed: 1);
        var first = await bed.BackupAsync(content);
        var damaged = (await bed.Repository.KeysAsync("data/"))[0];

        // Every frame of it, however the chunks were grouped: then the good pack gets them all, and nothing lives in this one.
        for (var offset = 1000L; offset < content.Length; offset += 4000)
            bed.Store.Damage(damaged.Value, offset);

        await bed.Repository.ReopenAsync();

        if (isSetBack)
            bed.Repository.Clock.AdjustTime(bed.Repository.Clock.GetUtcNow().AddYears(-1));

        // As after a verifying backup: the same chunks again, in a good pack.
        await bed.Repository.Open.BackupAsync(
            new MemoryDevice(content),
            bed.Repository.Request() with { VerifyStored = true },
            null,
            CancellationToken.None
        );

        Assert.Equal(content, await bed.Repository.RestoreAsync(first));
        await bed.PruneAsync();

        Assert.DoesNotContain(damaged.Value, bed.Store.Keys);
        Assert.Equal(content, await bed.Repository.RestoreAsync(first));
    }

    [Fact]
    public async Task Index_objects_that_are_made_anew_keep_the_order_of_places()
    {
        await using var bed = await PruneBed.MakeAsync(packSize: 8 * 1024 * 1024);
        var content = TestBytes.Random(8_000_000, seed: 1);
        bed.Repository.Open.Context.PacksPerIndex = 7;
        var first = await bed.BackupAsync([.. content, .. TestBytes.Random(24_000_000, seed: 2)]);
        var before = Assert.Single(await bed.Repository.KeysAsync("index/"));
        var damaged = await bed.DamageAsync(content[..PruneBed.ChunkSize]);

        // The same chunks again, in a good pack that is named later; the rest of the damaged one lives on.
        await bed.Repository.ReopenAsync();
        var second = await bed.Repository.Open.BackupAsync(
            new MemoryDevice(content),
            bed.Repository.Request() with { VerifyStored = true },
            null,
            CancellationToken.None
        );
        await bed.RemoveAsync(first.Id);
        bed.Repository.Open.Context.PacksPerIndex = 7;

        Assert.True((await bed.PruneAsync(new PruneOptions { RewriteBytes = 0 })).PacksDeleted > 0);

        Assert.DoesNotContain(before.Value, bed.Store.Keys);
        Assert.Contains(damaged, bed.Store.Keys);
        await bed.Repository.ReopenAsync(loseCache: true);
        Assert.Equal(content, await bed.Repository.RestoreAsync(second));
    }
}
