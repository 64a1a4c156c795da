using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Upkeep.Prune;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Upkeep.Prune;

public sealed class FolderPruneTests
{
    [Fact]
    public async Task What_no_backup_needs_goes_and_what_one_needs_stays()
    {
        await using var bed = await PruneBed.MakeAsync();
        var first = await bed.BackupAsync(TestBytes.Random(5_000_000, seed: 1));
        await bed.BackupAsync(TestBytes.Random(5_000_000, seed: 2));
        var before = bed.Store.TotalBytes;
        await bed.RemoveAsync(first.Id);

        var figures = await bed.PruneAsync();

        Assert.InRange(figures.BytesFreed, 4_900_000, 5_200_000);
        Assert.InRange(before - bed.Store.TotalBytes, 4_900_000, 5_200_000);
        Assert.InRange(figures.PacksDeleted, 3, 8);
        await bed.CheckAsync();
        await bed.CheckNothingDeadIsLeftAsync();
    }

    [Fact]
    public async Task Without_backups_nothing_is_left()
    {
        await using var bed = await PruneBed.MakeAsync();
        var only = await bed.BackupAsync(TestBytes.Random(3_000_000, seed: 1));
        await bed.RemoveAsync(only.Id);

        await bed.PruneAsync();

        Assert.Empty(await bed.KeysOfPacksAsync());
        Assert.Empty(await bed.Repository.KeysAsync(ObjectNames.Index));
    }

    [Fact]
    public async Task Nothing_goes_where_all_is_needed()
    {
        await using var bed = await PruneBed.MakeAsync();
        await bed.BackupAsync(TestBytes.Random(3_000_000, seed: 1));
        var before = bed.Store.Keys;

        var figures = await bed.PruneAsync();

        Assert.Equal(before, bed.Store.Keys);
        Assert.Equal(0, figures.BytesFreed);
        Assert.Equal(0, figures.BytesUnused);
        Assert.InRange(figures.BytesLive, 3_000_000, 3_200_000);
    }

    [Fact]
    public async Task A_look_tells_what_a_run_would_free_and_changes_nothing()
    {
        await using var bed = await PruneBed.MakeAsync();
        var first = await bed.BackupAsync(TestBytes.Random(5_000_000, seed: 1));
        await bed.BackupAsync(TestBytes.Random(2_000_000, seed: 2));
        await bed.RemoveAsync(first.Id);
        var before = bed.Store.Keys;

        var look = await bed.LookAsync();

        Assert.Equal(before, bed.Store.Keys);
        Assert.InRange(look.BytesDead, 4_900_000, 5_200_000);
        Assert.InRange(look.BytesLive, 2_000_000, 2_200_000);
        Assert.Equal(look.PacksDead, (await bed.PruneAsync()).PacksDeleted);
    }

    [Fact]
    public async Task It_tells_how_far_it_is()
    {
        await using var bed = await PruneBed.MakeAsync();
        var first = await bed.BackupAsync(TestBytes.Random(5_000_000, seed: 1));
        await bed.BackupAsync(TestBytes.Random(2_000_000, seed: 2));
        await bed.RemoveAsync(first.Id);
        var told = new Told();

        await bed.PruneAsync(new PruneOptions { Progress = told });

        Assert.True(told.All.Count > 1);
        Assert.Equal(told.All.OrderBy(one => one.BytesDone), told.All);
        Assert.All(told.All, one => Assert.InRange(one.BytesDone, 1, one.BytesTotal));
        Assert.Equal(told.All[^1].BytesTotal, told.All[^1].BytesDone);
    }

    [Fact]
    public async Task Chunks_that_a_later_backup_shares_with_a_removed_one_stay()
    {
        await using var bed = await PruneBed.MakeAsync();
        var content = TestBytes.Random(6_000_000, seed: 1);
        var first = await bed.BackupAsync(content);
        TestBytes.Random(500_000, seed: 2).CopyTo(content, 2_000_000);
        var second = await bed.BackupAsync(content, first.Id);
        TestBytes.Random(500_000, seed: 3).CopyTo(content, 4_000_000);
        await bed.BackupAsync(content, second.Id);
        await bed.RemoveAsync(first.Id);
        await bed.PruneAsync();
        await bed.CheckAsync();
        await bed.RemoveAsync(second.Id);

        await bed.PruneAsync();

        await bed.CheckAsync();
        await bed.CheckNothingDeadIsLeftAsync();
    }

    [Fact]
    public async Task A_process_that_knew_the_packs_stores_what_it_needs_of_them_again()
    {
        await using var bed = await PruneBed.MakeAsync();
        var content = TestBytes.Random(3_000_000, seed: 1);
        var first = await bed.BackupAsync(content);
        await bed.RemoveAsync(first.Id);
        await bed.PruneAsync();

        await bed.BackupAsync(content);

        await bed.CheckAsync();
    }

    [Fact]
    public async Task What_a_failed_backup_left_goes()
    {
        await using var bed = await PruneBed.MakeAsync();
        await bed.BackupAsync(TestBytes.Random(1_000_000, seed: 1));
        bed.Store["data/ab/ab000000000000000000000000000001"] = TestBytes.Random(5000, seed: 2);

        await bed.PruneAsync();

        Assert.DoesNotContain("data/ab/ab000000000000000000000000000001", bed.Store.Keys);
        await bed.CheckAsync();
    }

    [Fact]
    public async Task While_a_needed_item_is_in_no_pack_that_is_there_what_no_index_names_is_left_alone()
    {
        await using var bed = await PruneBed.MakeAsync();
        await bed.BackupAsync(TestBytes.Random(1_000_000, seed: 1));
        var lost = (await bed.Repository.KeysAsync(ObjectNames.Data))[0];
        bed.Store.Lose(lost.Value);
        bed.Store["data/ab/ab000000000000000000000000000001"] = TestBytes.Random(5000, seed: 2);

        var figures = await bed.PruneAsync();

        Assert.True(figures.ItemsMissing > 0);
        Assert.Contains("data/ab/ab000000000000000000000000000001", bed.Store.Keys);
    }

    [Fact]
    public async Task A_map_that_cannot_be_followed_stops_prune_and_is_named()
    {
        await using var bed = await PruneBed.MakeAsync();
        var first = await bed.BackupAsync(TestBytes.Random(1_000_000, seed: 1));
        var second = await bed.BackupAsync(TestBytes.Random(1_000_000, seed: 2));
        await bed.RemoveAsync(first.Id);
        foreach (var key in await bed.Repository.KeysAsync(ObjectNames.Map))
            bed.Store.Damage(key.Value, 200);

        var before = bed.Store.Keys;
        var refused = await Assert.ThrowsAsync<HoldfastException>(() => bed.PruneAsync());

        Assert.Equal(FailureKind.Corrupted, refused.Kind);
        Assert.Contains(second.Id.ToString(), refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, bed.Store.Keys);
    }

    [Fact]
    public async Task A_manifest_that_cannot_be_read_stops_prune_and_is_named()
    {
        await using var bed = await PruneBed.MakeAsync();
        var only = await bed.BackupAsync(TestBytes.Random(1_000_000, seed: 1));
        bed.Store.Damage($"manifests/{only.Id}", 100);
        var before = bed.Store.Keys;

        var refused = await Assert.ThrowsAsync<HoldfastException>(() => bed.PruneAsync());

        Assert.Equal(FailureKind.Refused, refused.Kind);
        Assert.Contains(only.Id.ToString(), refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, bed.Store.Keys);
    }

    [Fact]
    public async Task While_somebody_writes_prune_gives_up_and_has_deleted_nothing()
    {
        await using var bed = await PruneBed.MakeAsync();
        var only = await bed.BackupAsync(TestBytes.Random(1_000_000, seed: 1));
        await bed.RemoveAsync(only.Id);
        var before = bed.Store.Keys;
        await using (await bed.Store.LockAsync(exclusive: false, CancellationToken.None))
        {
            var busy = await Assert.ThrowsAsync<HoldfastException>(() => bed.PruneAsync());
            Assert.Equal(FailureKind.Busy, busy.Kind);
            Assert.Equal(before, bed.Store.Keys);
        }

        await bed.PruneAsync();
        Assert.Empty(await bed.KeysOfPacksAsync());
    }

    [Fact]
    public async Task A_repository_that_a_service_owns_is_refused()
    {
        await using var bed = await PruneBed.MakeAsync();
        await bed.Repository.Open.SetOwnerAsync("a-service", CancellationToken.None);

        var refused = await Assert.ThrowsAsync<HoldfastException>(() => bed.PruneAsync());

        Assert.Equal(FailureKind.Refused, refused.Kind);
        Assert.Contains("a-service", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_that_was_made_between_the_marking_and_the_lock_keeps_all_it_needs()
    {
        await using var bed = await PruneBed.MakeAsync();
        var content = TestBytes.Random(3_000_000, seed: 1);
        var first = await bed.BackupAsync(content);
        await bed.RemoveAsync(first.Id);
        var ledger = new HookedLedger(bed.Repository.Open.MakeFolderLedger());
        ledger.Before["hold alone"] = async () => await bed.BackupAsync(content);

        await bed.PruneAsync(ledger: ledger);

        Assert.Single(bed.Backups);
        await bed.CheckAsync();
        await bed.CheckNothingDeadIsLeftAsync();
    }

    [Theory]
    [InlineData(FaultMode.BeforeEffect)]
    [InlineData(FaultMode.AfterEffect)]
    public async Task Killed_at_any_change_of_the_store_all_backups_restore_and_the_next_run_goes_on(FaultMode mode)
    {
        var died = true;
        for (var n = 1; died; n++)
        {
            await using var bed = await PruneBed.MakeAsync();
            await Histories.SparseAsync(bed);
            var faulty = new FaultyObjectStore(bed.Store, n, mode);
            await bed.Repository.ReopenAsync(faulty);
            try
            {
                await bed.PruneAsync();
            }
            catch (HoldfastException e) when (e.Kind == FailureKind.Unavailable)
            {
                // As the test wants.
            }

            died = faulty.IsDead;
            await bed.Repository.ReopenAsync(loseCache: n % 2 == 0);
            await bed.CheckAsync();
            await bed.CheckNothingDeadIsLeftAsync();
            await bed.CheckAsync();
            Assert.True(n < 200, "The run never ends.");
        }
    }

    private sealed class Told : IProgress<PruneProgress>
    {
        public List<PruneProgress> All { get; } = [];

        public void Report(PruneProgress value) => All.Add(value);
    }
}
