using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Format;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Upkeep;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Upkeep;

/// <summary>What is damaged is found and named, with the backups and bytes that are lost by it; what is not is not.</summary>
public sealed class CheckTests
{
    private static readonly CheckOptions Quick = new();
    private static readonly CheckOptions Read = new() { Read = CheckShare.Whole };

    [Fact]
    public async Task A_sound_repository_is_sound_and_every_stored_byte_of_packs_is_verified()
    {
        await using var small = await SmallRepository.MakeAsync();

        var quick = await small.CheckAsync(Quick);
        var read = await small.CheckAsync(Read);

        Assert.Empty(quick.Damage);
        Assert.Empty(read.Damage);
        Assert.Equal((3, 0), (read.Backups, read.LoosePacks));
        Assert.Equal((read.Packs, 0), (read.PacksRead, quick.PacksRead));
        Assert.InRange(read.BytesVerified, read.Items * small.Repository.Open.Options.ChunkSize, long.MaxValue);
    }

    [Theory]
    [InlineData("index/")]
    [InlineData("manifests/")]
    [InlineData("keys/")]
    public async Task Every_flipped_byte_of_a_small_object_is_found_and_the_object_named(string kind)
    {
        await using var small = await SmallRepository.MakeAsync();
        foreach (var key in (await small.Repository.KeysAsync(kind))[..1])
        {
            var sound = await Damage.ReadAsync(small.Store, key);
            for (var at = 0; at < sound.Length; at++)
            {
                await Damage.FlipAsync(small.Store, key, at, bit: at % 8);
                var found = await small.CheckAsync(Quick);
                Assert.Contains(key.Value, found.Damage.Select(damage => damage.Key));
                await Damage.PutAsync(small.Store, key, sound);
            }
        }
    }

    [Theory]
    [InlineData("data/")]
    [InlineData("map/")]
    [InlineData("index/")]
    [InlineData("manifests/")]
    [InlineData("keys/")]
    public async Task An_object_that_was_cut_is_found_and_named_by_a_quick_check(string kind)
    {
        await using var small = await SmallRepository.MakeAsync();
        foreach (var key in await small.Repository.KeysAsync(kind))
        {
            var sound = await Damage.ReadAsync(small.Store, key);
            foreach (var length in new[] { 0, 1, 63, sound.Length / 2, sound.Length - 1 })
            {
                await Damage.CutAsync(small.Store, key, length);
                var found = await small.CheckAsync(Quick);
                Assert.Equal(key.Value, Assert.Single(found.Damage).Key);
                await Damage.PutAsync(small.Store, key, sound);
            }
        }
    }

    [Theory]
    [InlineData("data/")]
    [InlineData("map/")]
    [InlineData("index/")]
    public async Task An_object_that_is_gone_is_found_and_what_is_lost_is_what_a_restore_lacks(string kind)
    {
        await using var small = await SmallRepository.MakeAsync();
        foreach (var key in await small.Repository.KeysAsync(kind))
        {
            var sound = await Damage.ReadAsync(small.Store, key);
            await small.Store.DeleteAsync(key, CancellationToken.None);

            var found = await small.CheckAsync(Quick);

            Assert.Equal(kind == "index/" ? kind : key.Value, Assert.Single(found.Damage).Key);
            Assert.NotEmpty(found.DamagedBackups);
            Assert.Equal(await small.NotRestorableAsync(), found.DamagedBackups);
            await Damage.PutAsync(small.Store, key, sound);
        }
    }

    [Theory]
    [InlineData("data/")]
    [InlineData("map/")]
    public async Task A_flipped_byte_of_a_pack_is_found_by_reading_and_what_is_lost_is_what_a_restore_lacks(string kind)
    {
        await using var small = await SmallRepository.MakeAsync();
        foreach (var key in await small.Repository.KeysAsync(kind))
        {
            var sound = await Damage.ReadAsync(small.Store, key);
            foreach (var at in SmallRepository.PlacesOfPack(sound.Length))
            {
                await Damage.FlipAsync(small.Store, key, at, bit: at % 8);
                var found = await small.CheckAsync(Read);
                Assert.Equal(key.Value, Assert.Single(found.Damage).Key);
                Assert.Equal(await small.NotRestorableAsync(), found.DamagedBackups);
                await Damage.PutAsync(small.Store, key, sound);
            }
        }
    }

    [Fact]
    public async Task Lost_chunks_are_told_by_volume_backup_and_bytes()
    {
        await using var repository = await TestRepository.MakeAsync();
        var chunk = repository.Open.Options.ChunkSize;
        byte[] content = [.. new byte[3 * chunk], .. TestBytes.Random((2 * chunk) + 100, seed: 61), .. new byte[chunk]];
        var manifest = await repository.BackupAsync(new MemoryDevice(content));
        var key = Assert.Single(await repository.KeysAsync("data/"));
        await repository.Store.DeleteAsync(key, CancellationToken.None);

        var found = await repository.Open.CheckAsync(Quick, null, CancellationToken.None);

        var damage = Assert.Single(found.Damage);
        var lost = Assert.Single(damage.Backups);
        Assert.Equal((key.Value, "it is not there"), (damage.Key, damage.What));
        Assert.Equal((manifest.Id, TestRepository.Volume, 3L * chunk, false), (lost.Backup, lost.Volume, lost.Bytes, lost.HasMore));
        Assert.Equal([new VolumeRange(3L * chunk, 3L * chunk)], lost.Ranges);
    }

    [Fact]
    public async Task The_last_bytes_of_a_volume_are_not_told_past_its_end()
    {
        await using var repository = await TestRepository.MakeAsync();
        await repository.BackupAsync(new MemoryDevice(TestBytes.Random(100_001, seed: 62)));
        await repository.Store.DeleteAsync(Assert.Single(await repository.KeysAsync("map/")), CancellationToken.None);

        var found = await repository.Open.CheckAsync(Quick, null, CancellationToken.None);

        Assert.Equal([new VolumeRange(0, 100_001)], Assert.Single(Assert.Single(found.Damage).Backups).Ranges);
    }

    [Fact]
    public async Task A_pack_that_no_index_object_names_is_no_damage()
    {
        await using var small = await SmallRepository.MakeAsync();
        var loose = new Guid([.. Enumerable.Range(1, 16).Select(i => (byte)i)]);
        await Damage.PutAsync(small.Store, ObjectNames.OfPack(PackKind.Data, loose), [1, 2, 3]);

        var found = await small.CheckAsync(Read);

        Assert.Empty(found.Damage);
        Assert.Equal(1, found.LoosePacks);
    }

    [Fact]
    public void The_thirtieths_of_thirty_days_are_every_pack_once()
    {
        var packs = Enumerable.Range(0, 500).Select(i => new Guid([.. TestBytes.Random(16, seed: i)])).ToList();
        var day = new DateTimeOffset(2026, 3, 1, 23, 59, 59, TimeSpan.Zero);

        var read = Enumerable.Range(0, 30).SelectMany(i => packs.Where(CheckShare.OfDay(1, 30, day.AddDays(i)).Holds));
        var twice = Enumerable.Range(0, 30).SelectMany(i => packs.Where(CheckShare.OfDay(2, 30, day.AddDays(i)).Holds));
        var fast = Enumerable.Range(0, 8).SelectMany(i => packs.Where(CheckShare.OfDay(4, 30, day.AddDays(i)).Holds));

        Assert.Equal(packs.Order(), read.Order());
        Assert.Equal(packs.Concat(packs).Order(), twice.Order());
        Assert.Equal(packs.Order(), fast.Distinct().Order());
        Assert.InRange(packs.Count(CheckShare.OfDay(1, 30, day).Holds), 1, 50);
    }

    [Theory]
    [InlineData("1/30", true)]
    [InlineData("30/30", true)]
    [InlineData("0/30", false)]
    [InlineData("31/30", false)]
    [InlineData("1/0", false)]
    [InlineData("-1/30", false)]
    [InlineData("1/10001", false)]
    [InlineData("1", false)]
    [InlineData("1/2/3", false)]
    [InlineData("", false)]
    public void A_share_is_a_part_of_the_whole(string text, bool isOne) => Assert.Equal(isOne, CheckShare.TryParse(text, out _, out _));

    [Fact]
    public async Task What_is_damaged_in_a_pack_that_is_not_in_the_share_is_not_found()
    {
        await using var small = await SmallRepository.MakeAsync();
        var key = (await small.Repository.KeysAsync("data/"))[0];
        var pack = Guid.ParseExact(key.Value[^32..], "N");
        await Damage.FlipAsync(small.Store, key, 5000);
        var turns = Enumerable.Range(0, 30).Select(turn => new CheckShare(1, 30, turn)).ToList();

        var (its, other) = (turns.Single(turn => turn.Holds(pack)), turns.First(turn => !turn.Holds(pack)));

        Assert.Empty((await small.CheckAsync(new CheckOptions { Read = other })).Damage);
        Assert.Equal(key.Value, Assert.Single((await small.CheckAsync(new CheckOptions { Read = its })).Damage).Key);
    }

    [Fact]
    public async Task A_bad_sector_is_damage_of_the_object_that_lies_on_it()
    {
        await using var small = await SmallRepository.MakeAsync();
        var key = (await small.Repository.KeysAsync("data/"))[0];
        var store = new HookedStore(small.Store)
        {
            BeforeRead = (read, offset, length) =>
            {
                if (read == key && offset <= 5000 && offset + length > 5000)
                    throw new HoldfastException(FailureKind.Unavailable, "Input/output error");
            },
        };
        await small.Repository.ReopenAsync(store, loseCache: true);

        var found = await small.CheckAsync(Read);

        Assert.Equal(key.Value, Assert.Single(found.Damage).Key);
        Assert.Equal(await small.NotRestorableAsync(store), found.DamagedBackups);
    }

    [Fact]
    public async Task A_store_that_is_gone_is_no_damage()
    {
        await using var small = await SmallRepository.MakeAsync();
        var store = new HookedStore(small.Store);
        await small.Repository.ReopenAsync(store);
        store.BeforeRead = (_, _, _) => throw new HoldfastException(FailureKind.Unavailable, "The server is away.");

        var failure = await Assert.ThrowsAsync<HoldfastException>(() => small.CheckAsync(Read));

        Assert.Equal(FailureKind.Unavailable, failure.Kind);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_removed_while_it_is_looked_for_is_no_damage(bool backupToo)
    {
        await using var small = await SmallRepository.MakeAsync();
        var removed = false;
        var last = small.Backups[^1].Manifest.Id;
        var store = new HookedStore(small.Store);
        await small.Repository.ReopenAsync(store);
        var (stays, index) = ((await small.Repository.KeysAsync("index/"))[0], (await small.Repository.KeysAsync("index/"))[^1]);
        var id = Guid.ParseExact(index.Value[6..], "N");
        var packs = (await small.Repository.Open.Context.Index.ReadAsync(id, CancellationToken.None)).Packs;

        // As a removal and a prune would: the backup, then the index object, then what it named; when all of them had been listed.
        store.BeforeRead = (read, _, _) =>
        {
            if (removed || read != (backupToo ? stays : packs[0].KeyOf()))
                return;

            removed = true;
            small.Store.Lose($"manifests/{last}");
            small.Store.Lose(index.Value);
            foreach (var pack in packs)
                small.Store.Lose(pack.KeyOf().Value);
        };

        var found = await small.CheckAsync(Read);

        Assert.True(removed);
        Assert.Empty(found.Damage);
        Assert.Equal(2, found.Backups);
    }

    [Fact]
    public async Task Where_a_catalog_says_which_index_objects_count_a_lost_one_is_named_and_others_are_passed_over()
    {
        await using var small = await SmallRepository.MakeAsync();
        var ids = (await small.Repository.KeysAsync("index/")).Select(key => Guid.ParseExact(key.Value[6..], "N")).ToList();
        await Damage.PutAsync(small.Store, new ObjectKey($"index/{Guid.CreateVersion7():N}"), [1, 2, 3]);
        small.Repository.Open.IndexObjects.CountOnly(_ => Task.FromResult<IReadOnlySet<Guid>>(ids.ToHashSet()));

        Assert.Empty((await small.CheckAsync(Quick)).Damage);
        small.Store.Lose($"index/{ids[1]:N}");
        var found = await small.CheckAsync(Quick);

        Assert.Equal($"index/{ids[1]:N}", Assert.Single(found.Damage).Key);
        Assert.NotEmpty(found.DamagedBackups);
    }

    [Fact]
    public async Task A_manifest_that_came_after_its_removal_is_no_damage()
    {
        await using var small = await SmallRepository.MakeAsync();
        var backup = small.Backups[1].Manifest.Id;
        await small.Repository.Open.RemoveAsync(backup, unsettled: true, CancellationToken.None);
        await Damage.PutAsync(small.Store, new ObjectKey($"manifests/{backup}"), [1, 2, 3]);

        var found = await small.CheckAsync(Quick);

        Assert.Empty(found.Damage);
        Assert.Equal(2, found.Backups);
    }

    [Fact]
    public async Task What_keeps_a_repository_shut_is_named_without_a_key()
    {
        await using var small = await SmallRepository.MakeAsync();
        var key = Assert.Single(await small.Repository.KeysAsync("keys/"));
        Assert.Empty(await RepositoryDoor.CheckAsync(small.Store, CancellationToken.None));
        foreach (var damaged in new[] { key, new ObjectKey("config") })
        {
            var sound = await Damage.ReadAsync(small.Store, damaged);
            for (var at = 0; at < sound.Length; at++)
            {
                await Damage.FlipAsync(small.Store, damaged, at, bit: at % 8);
                var found = await RepositoryDoor.CheckAsync(small.Store, CancellationToken.None);
                Assert.Equal(damaged.Value, Assert.Single(found).Key);
                await Damage.PutAsync(small.Store, damaged, sound);
            }

            await small.Store.DeleteAsync(damaged, CancellationToken.None);
            var gone = await RepositoryDoor.CheckAsync(small.Store, CancellationToken.None);
            Assert.StartsWith(Assert.Single(gone).Key, damaged.Value, StringComparison.Ordinal);
            await Damage.PutAsync(small.Store, damaged, sound);
        }

        Assert.Empty(await RepositoryDoor.CheckAsync(new MemoryObjectStore(), CancellationToken.None));
    }
}
