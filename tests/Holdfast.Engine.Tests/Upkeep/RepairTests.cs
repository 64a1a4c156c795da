using Holdfast.Engine.Basics;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Packs;
using Holdfast.Engine.Upkeep;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Upkeep;

/// <summary>What can be mended is; what cannot is named, and stored again when it is seen again.</summary>
public sealed class RepairTests
{
    private static readonly string[] Ways = ["delete", "cut", "flip"];
    private static readonly CheckOptions Read = new() { Read = CheckShare.Whole };

    private static readonly Comparer<BackupId> ById = Comparer<BackupId>.Create((a, b) => string.CompareOrdinal($"{a}", $"{b}"));

    [Fact]
    public async Task A_sound_repository_is_left_as_it_is()
    {
        await using var small = await SmallRepository.MakeAsync();
        var before = small.Store.Snapshot();

        var repaired = await small.RepairAsync();

        Assert.True(repaired.IsSound);
        Assert.Equal((0, 0), (repaired.PacksIndexed, repaired.PacksAside));
        Assert.Equal((0, 0), (repaired.IndexObjectsWritten, repaired.IndexObjectsRemoved));
        AssertSame(before, small.Store);
    }

    [Theory]
    [InlineData("delete")]
    [InlineData("cut")]
    [InlineData("flip")]
    public async Task A_damaged_index_object_is_made_anew_and_nothing_is_lost(string how)
    {
        await using var small = await SmallRepository.MakeAsync();
        foreach (var key in await small.Repository.KeysAsync("index/"))
        {
            await HurtAsync(small.Store, key, how, at: 100);

            var repaired = await small.RepairAsync();

            Assert.True(repaired.IsSound);
            Assert.Equal(2, repaired.PacksIndexed);
            Assert.Equal(how == "delete" ? 0 : 1, repaired.IndexObjectsRemoved);
            Assert.Empty(await small.NotRestorableAsync());
            Assert.Empty((await small.CheckAsync(Read)).Damage);
        }
    }

    [Theory]
    [InlineData("data/", "delete")]
    [InlineData("data/", "cut")]
    [InlineData("data/", "flip")]
    [InlineData("map/", "delete")]
    [InlineData("map/", "cut")]
    [InlineData("map/", "flip")]
    public async Task What_is_lost_with_a_pack_is_named_and_the_next_backup_of_the_same_content_brings_it_back(string kind, string how)
    {
        foreach (var pack in Enumerable.Range(0, 3))
        {
            await using var small = await SmallRepository.MakeAsync();
            var key = (await small.Repository.KeysAsync(kind))[pack];
            await HurtAsync(small.Store, key, how, at: 5000);
            var lost = await small.NotRestorableAsync();

            var repaired = await small.RepairAsync();

            Assert.Equal(key.Value, Assert.Single(repaired.Found).Key);
            Assert.Equal(lost, repaired.DamagedBackups);
            Assert.Equal(lost, repaired.Lost.SelectMany(damage => damage.Backups).Select(backup => backup.Backup).Order(ById));
            Assert.Equal(lost, await small.NotRestorableAsync());
            Assert.Equal(how == "delete" ? 0 : 1, repaired.PacksAside);
            Assert.DoesNotContain(key, await small.Repository.KeysAsync(kind));

            // The parent equals the volume everywhere: what is lost of it must be seen all the same.
            await small.Repository.ReopenAsync(loseCache: true);
            await small.BackupAsync(small.Backups[^1].Content);
            Assert.DoesNotContain(small.Backups[^1].Manifest.Id, await small.NotRestorableAsync());

            // All that the older ones lack, and the newest had, is back.
            Assert.DoesNotContain(small.Backups[^2].Manifest.Id, await small.NotRestorableAsync());
            Assert.Equal(await small.NotRestorableAsync(), (await small.RepairAsync()).DamagedBackups);
            Assert.Equal((await small.NotRestorableAsync()).Select(id => $"damaged/{id}"), (await small.MarksAsync()));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    [InlineData(63)]
    [InlineData(-1)]
    [InlineData(-20)]
    [InlineData(-40)]
    public async Task Damage_at_an_end_of_a_pack_costs_nothing(int at)
    {
        await using var small = await SmallRepository.MakeAsync();
        foreach (var key in (await small.Repository.KeysAsync("data/")).Concat(await small.Repository.KeysAsync("map/")))
        {
            var length = (await Damage.ReadAsync(small.Store, key)).Length;
            await Damage.FlipAsync(small.Store, key, at < 0 ? length + at : at);
        }

        var repaired = await small.RepairAsync();

        Assert.True(repaired.IsSound);
        Assert.Equal((6, 2), (repaired.PacksAside, repaired.PacksSaved));
        Assert.Empty(await small.NotRestorableAsync());
        Assert.Empty((await small.CheckAsync(Read)).Damage);
        Assert.Equal(6, (await small.Repository.KeysAsync("aside/")).Count);
    }

    [Fact]
    public async Task Of_a_pack_whose_index_object_is_lost_too_only_the_damaged_frames_are_lost()
    {
        await using var repository = await TestRepository.MakeAsync(16 * 1024, packSize: 16 * 1024 * 1024);
        // Of whole chunks: which of them come to lie in the third frame is chance.
        var content = TestBytes.Random(550 * 16 * 1024, seed: 81);
        var manifest = await repository.BackupAsync(new MemoryDevice(content));
        var key = Assert.Single(await repository.KeysAsync("data/"));
        var pack = await new PackReader(repository.Store, repository.Open.Context.Keys, repository.Open.Context.Id).ReadDirectoryAsync(
            key,
            CancellationToken.None
        );
        var hurt = pack.Directory.Frames[2];
        await Damage.FlipAsync(repository.Store, key, (int)hurt.Offset + 1000);
        await Damage.FlipAsync(repository.Store, key, (int)pack.Length - 1);
        repository.Store.Lose(Assert.Single(await repository.KeysAsync("index/")).Value);

        var repaired = await repository.Open.RepairAsync(new RepairOptions(), null, CancellationToken.None);

        var lost = Assert.Single(Assert.Single(repaired.Lost).Backups);
        Assert.Equal((manifest.Id, (long)hurt.ItemCount * 16 * 1024), (lost.Backup, lost.Bytes));
    }

    [Fact]
    public async Task Everything_is_fetched_from_another_copy()
    {
        await using var small = await SmallRepository.MakeAsync();
        var whole = small.Store.Snapshot();
        var random = new Random(91);
        foreach (var kind in new[] { "data/", "map/", "index/", "manifests/" })
        {
            foreach (var key in await small.Repository.KeysAsync(kind))
                await HurtAsync(small.Store, key, kind == "manifests/" ? "flip" : Ways[random.Next(3)], 300);
        }

        var planned = await small.RepairAsync(new RepairOptions { From = whole, DryRun = true });
        var repaired = await small.RepairAsync(new RepairOptions { From = whole });

        Assert.NotEmpty(planned.Found);
        Assert.True(repaired.IsSound);
        Assert.Equal(3, repaired.ObjectsFetched.Count);
        Assert.Empty(await small.NotRestorableAsync());
        Assert.Empty((await small.CheckAsync(Read)).Damage);
        foreach (var key in (await small.Repository.KeysAsync("data/")).Concat(await small.Repository.KeysAsync("manifests/")))
            Assert.Equal(whole[key.Value], small.Store[key.Value]);
    }

    [Fact]
    public async Task What_is_damaged_in_the_other_copy_too_is_not_fetched()
    {
        await using var small = await SmallRepository.MakeAsync();
        var other = small.Store.Snapshot();
        var key = (await small.Repository.KeysAsync("data/"))[0];
        await HurtAsync(small.Store, key, "delete", 0);
        await HurtAsync(other, key, "flip", 5000);

        var repaired = await small.RepairAsync(new RepairOptions { From = other });

        Assert.Equal(0, repaired.PacksFetched);
        Assert.NotEmpty(repaired.DamagedBackups);
        Assert.DoesNotContain(key, await small.Repository.KeysAsync("data/"));
    }

    [Fact]
    public async Task A_backup_of_which_nothing_is_left_is_fetched_when_it_is_named()
    {
        await using var small = await SmallRepository.MakeAsync();
        var whole = small.Store.Snapshot();
        var lost = small.Backups[1].Manifest.Id;
        small.Store.Lose($"manifests/{lost}");
        small.Store.Lose((await small.Repository.KeysAsync("data/"))[1].Value);

        Assert.Null(await small.Repository.Open.FindAsync(lost, CancellationToken.None));
        await small.RepairAsync(new RepairOptions { From = whole });
        Assert.Null(await small.Repository.Open.FindAsync(lost, CancellationToken.None));
        var repaired = await small.RepairAsync(new RepairOptions { From = whole, Backups = [lost] });

        Assert.True(repaired.IsSound);
        Assert.Equal([$"manifests/{lost}"], repaired.ObjectsFetched);
        Assert.Empty(await small.NotRestorableAsync());
    }

    [Fact]
    public async Task A_backup_that_the_other_copy_has_not_is_said_to_be_lost()
    {
        await using var small = await SmallRepository.MakeAsync();
        var lost = small.Backups[1].Manifest.Id;
        small.Store.Lose($"manifests/{lost}");
        var other = small.Store.Snapshot();

        var refused = await Assert.ThrowsAsync<HoldfastException>(() =>
            small.RepairAsync(new RepairOptions { From = other, Backups = [lost] })
        );

        Assert.Equal(FailureKind.NotFound, refused.Kind);
        Assert.Contains($"manifests/{lost}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_repository_is_no_other_copy()
    {
        await using var small = await SmallRepository.MakeAsync();
        await using var another = await TestRepository.MakeAsync();
        var before = small.Store.Snapshot();

        var refused = await Assert.ThrowsAsync<HoldfastException>(() => small.RepairAsync(new RepairOptions { From = another.Store }));

        Assert.Equal(FailureKind.Refused, refused.Kind);
        AssertSame(before, small.Store);
    }

    [Fact]
    public async Task A_dry_run_says_what_would_be_done_and_changes_nothing()
    {
        await using var small = await SmallRepository.MakeAsync();
        await HurtAsync(small.Store, (await small.Repository.KeysAsync("data/"))[0], "flip", 5000);
        await HurtAsync(small.Store, (await small.Repository.KeysAsync("map/"))[1], "flip", 8);
        await HurtAsync(small.Store, (await small.Repository.KeysAsync("index/"))[2], "cut", 0);
        var before = small.Store.Snapshot();

        var planned = await small.RepairAsync(new RepairOptions { DryRun = true });
        AssertSame(before, small.Store);
        var repaired = await small.RepairAsync();

        Assert.Equal(repaired.DamagedBackups, planned.DamagedBackups);
        Assert.Equal(
            (repaired.PacksIndexed, repaired.PacksSaved, repaired.PacksAside, repaired.IndexObjectsRemoved, repaired.IndexObjectsWritten),
            (planned.PacksIndexed, planned.PacksSaved, planned.PacksAside, planned.IndexObjectsRemoved, planned.IndexObjectsWritten)
        );
    }

    [Theory]
    [InlineData(FaultMode.BeforeEffect)]
    [InlineData(FaultMode.AfterEffect)]
    public async Task Killed_at_any_step_it_is_run_again_and_nothing_more_is_lost(FaultMode mode)
    {
        await using var small = await SmallRepository.MakeAsync();
        await HurtAsync(small.Store, (await small.Repository.KeysAsync("data/"))[0], "flip", 5000);
        await HurtAsync(small.Store, (await small.Repository.KeysAsync("data/"))[1], "flip", 8);
        await HurtAsync(small.Store, (await small.Repository.KeysAsync("map/"))[1], "flip", 8);
        await HurtAsync(small.Store, (await small.Repository.KeysAsync("index/"))[2], "cut", 0);
        var hurt = small.Store.Snapshot();
        var expected = (await small.RepairAsync()).DamagedBackups;
        var content = small.Backups[^1].Content;
        for (var step = 1; ; step++)
        {
            var store = hurt.Snapshot();
            var dying = new FaultyObjectStore(store, step, mode);
            await small.Repository.ReopenAsync(dying);
            try
            {
                await small.RepairAsync();
                Assert.InRange(step, 8, 100);
                return;
            }
            catch (HoldfastException e) when (e.Kind == FailureKind.Unavailable)
            {
                Assert.True(dying.IsDead);
            }

            // A backup that is made now may count on what is damaged and not yet known to be, but never on what nothing places.
            await small.Repository.ReopenAsync(store, loseCache: true);
            if (await CanBackUpAsync(store))
            {
                var early = await small.Repository.BackupAsync(new MemoryDevice(content), small.Backups[^1].Manifest.Id);
                var unplaced = (await small.CheckAsync(Read)).Damage.Where(damage => damage.Key == "index/");
                Assert.DoesNotContain(early.Id, unplaced.SelectMany(damage => damage.Backups).Select(lost => lost.Backup));
                await small.Repository.Open.RemoveAsync(early.Id, CancellationToken.None);
            }

            var repaired = await small.RepairAsync();
            Assert.Subset(expected.ToHashSet(), repaired.DamagedBackups.ToHashSet());
            var next = await small.Repository.BackupAsync(new MemoryDevice(content), small.Backups[^1].Manifest.Id);
            Assert.Equal(content, await small.Repository.RestoreAsync(next));
        }
    }

    /// <summary>Whether the index object that was cut is gone: no backup is made while one cannot be read.</summary>
    private static async Task<bool> CanBackUpAsync(MemoryObjectStore store)
    {
        foreach (var key in store.Keys.Where(key => key.StartsWith("index/", StringComparison.Ordinal)))
        {
            if ((await Damage.ReadAsync(store, new ObjectKey(key))).Length == 0)
                return false;
        }

        return true;
    }

    private static async Task HurtAsync(MemoryObjectStore store, ObjectKey key, string how, int at)
    {
        if (how == "delete")
            store.Lose(key.Value);
        else if (how == "cut")
            await Damage.CutAsync(store, key, Math.Min(at, store[key.Value].Length / 2));
        else
            await Damage.FlipAsync(store, key, Math.Min(at, store[key.Value].Length - 1));
    }

    private static void AssertSame(MemoryObjectStore expected, MemoryObjectStore there)
    {
        Assert.Equal(expected.Keys, there.Keys);
        foreach (var key in expected.Keys)
            Assert.Equal(expected[key], there[key]);
    }
}
