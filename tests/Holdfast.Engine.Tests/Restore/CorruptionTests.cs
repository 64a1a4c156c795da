using Holdfast.Engine.Basics;
using Holdfast.Engine.Devices;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Restore;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Restore;

/// <summary>Damage of every kind of object is found and named; nothing wrong is ever written as if it were right.</summary>
public sealed class CorruptionTests
{
    private static readonly byte[] Content = [.. TestBytes.Mixed(700_000, seed: 21), .. TestBytes.Random(200_000, seed: 22)];

    [Theory]
    [InlineData("data/")]
    [InlineData("map/")]
    [InlineData("index/")]
    [InlineData("manifests/")]
    [InlineData("config")]
    [InlineData("keys/")]
    public async Task A_flipped_bit_anywhere_is_found_and_the_object_named_or_harmless(string kind)
    {
        await using var repository = await TestRepository.MakeAsync(16 * 1024);
        var manifest = await repository.BackupAsync(new MemoryDevice(Content));
        var key = await OnlyAsync(repository, kind);
        var sound = await Damage.ReadAsync(repository.Store, key);
        var harmless = 0;
        var places = Places(sound.Length).ToList();
        foreach (var at in places)
        {
            await Damage.FlipAsync(repository.Store, key, at, bit: at % 8);
            harmless += await FindsNothingAsync(repository, manifest.Id, key) ? 1 : 0;
            await Damage.PutAsync(repository.Store, key, sound);
        }

        // A restore has no use for the directory and the footer of a pack, nor for its header; in all else every bit counts.
        Assert.InRange(harmless, 0, kind is "data/" or "map/" ? places.Count / 2 : 0);
    }

    [Theory]
    [InlineData("data/")]
    [InlineData("map/")]
    [InlineData("index/")]
    [InlineData("manifests/")]
    [InlineData("config")]
    [InlineData("keys/")]
    public async Task A_cut_off_object_is_found_and_named(string kind)
    {
        await using var repository = await TestRepository.MakeAsync(16 * 1024);
        var manifest = await repository.BackupAsync(new MemoryDevice(Content));
        var key = await OnlyAsync(repository, kind);
        var sound = await Damage.ReadAsync(repository.Store, key);
        foreach (var length in new[] { 0, 1, 40, sound.Length / 3 })
        {
            await Damage.CutAsync(repository.Store, key, length);
            Assert.False(await FindsNothingAsync(repository, manifest.Id, key), $"Cut to {length} bytes, nothing was found.");
            await Damage.PutAsync(repository.Store, key, sound);
        }
    }

    [Theory]
    [InlineData("data/")]
    [InlineData("map/")]
    public async Task A_pack_that_is_gone_is_named(string kind)
    {
        await using var repository = await TestRepository.MakeAsync();
        var manifest = await repository.BackupAsync(new MemoryDevice(Content));
        var key = await OnlyAsync(repository, kind);
        await repository.Store.DeleteAsync(key, CancellationToken.None);
        await repository.ReopenAsync(loseCache: true);

        var failure = await Assert.ThrowsAsync<HoldfastException>(() => repository.RestoreAsync(manifest));

        Assert.Equal(FailureKind.Corrupted, failure.Kind);
        Assert.Contains(key.Value, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damage_in_a_data_pack_names_pack_frame_and_the_place_in_the_volume()
    {
        await using var repository = await TestRepository.MakeAsync();
        // One chunk that is no hole: of several, the worker that is done first fills the first frame.
        var place = 4 * repository.Open.Options.ChunkSize;
        var manifest = await repository.BackupAsync(new MemoryDevice([.. new byte[place], .. TestBytes.Random(10_000, seed: 23)]));
        var key = await OnlyAsync(repository, "data/");
        await Damage.FlipAsync(repository.Store, key, at: 5000);

        var failure = await Assert.ThrowsAsync<HoldfastException>(() => repository.RestoreAsync(manifest));

        Assert.Contains(
            $"Pack '{key}' is damaged in its frame at byte 64, which holds byte {place} of the volume",
            failure.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_target_that_is_too_small_is_refused_before_a_byte_is_written()
    {
        await using var repository = await TestRepository.MakeAsync();
        var manifest = await repository.BackupAsync(new MemoryDevice(Content));
        var target = new MemoryDevice(Content.Length - 1) { BeforeWrite = (_, _) => Assert.Fail("Something was written.") };

        var refused = await Assert.ThrowsAsync<HoldfastException>(() => RestoreAsync(repository.Open, manifest.Id, target));

        Assert.Equal(FailureKind.Refused, refused.Kind);
    }

    [Fact]
    public async Task What_lies_behind_the_backup_on_a_larger_target_is_left_alone()
    {
        await using var repository = await TestRepository.MakeAsync();
        var manifest = await repository.BackupAsync(new MemoryDevice(Content));
        var before = TestBytes.Random(Content.Length + 50_000, seed: 24);
        var target = new MemoryDevice(before);

        await RestoreAsync(repository.Open, manifest.Id, target);

        Assert.Equal([.. Content, .. before[Content.Length..]], target.ToArray());
        Assert.Equal(1, target.Flushes);
    }

    [Fact]
    public async Task A_target_that_fails_ends_the_restore_with_its_own_error()
    {
        await using var repository = await TestRepository.MakeAsync();
        var manifest = await repository.BackupAsync(new MemoryDevice(Content));
        var target = new MemoryDevice(Content.Length) { BeforeWrite = (_, _) => throw new HoldfastException(FailureKind.NoSpace, "full") };

        var failure = await Assert.ThrowsAsync<HoldfastException>(() => RestoreAsync(repository.Open, manifest.Id, target));

        Assert.Equal(FailureKind.NoSpace, failure.Kind);
    }

    [Fact]
    public async Task A_backup_that_does_not_exist_is_not_found()
    {
        await using var repository = await TestRepository.MakeAsync();

        var failure = await Assert.ThrowsAsync<HoldfastException>(() =>
            RestoreAsync(repository.Open, BackupId.New(repository.Clock), new MemoryDevice(10))
        );

        Assert.Equal(FailureKind.NotFound, failure.Kind);
    }

    /// <summary>As a new process without a cache would: opens, lists, restores. True when all is as it was backed up; else the error must
    /// name the object.</summary>
    private static async Task<bool> FindsNothingAsync(TestRepository repository, BackupId id, ObjectKey damaged)
    {
        try
        {
            using var cache = new TempFolder();
            await using var opened = await Repository.OpenAsync(
                repository.Store,
                repository.Secret,
                cache.FullPath,
                repository.Clock,
                CancellationToken.None
            );
            await foreach (var manifest in opened.ListAsync(CancellationToken.None))
                Assert.Equal(id, manifest.Id);

            var target = new MemoryDevice(Content.Length);
            await RestoreAsync(opened, id, target);
            Assert.Equal(Content, target.ToArray());
            return true;
        }
        catch (HoldfastException e)
        {
            Assert.Contains(e.Kind, new[] { FailureKind.Corrupted, FailureKind.UnsupportedVersion });
            Assert.Contains(damaged.Value, e.Message, StringComparison.Ordinal);
            return false;
        }
    }

    private static Task<RestoreFigures> RestoreAsync(Repository repository, BackupId id, IBlockDevice target) =>
        repository.RestoreAsync(id, target, new RestoreOptions(), null, CancellationToken.None);

    private static async Task<ObjectKey> OnlyAsync(TestRepository repository, string kind) =>
        kind == "config" ? new ObjectKey(kind) : Assert.Single(await repository.KeysAsync(kind));

    private static IEnumerable<int> Places(int length)
    {
        // The same share of each length, which differs by some bytes from run to run: what is harmless is counted.
        var random = new Random(1);
        return Enumerable
            .Range(0, Math.Min(8, length))
            .Concat(Enumerable.Range(0, 24).Select(_ => random.Next(length)))
            .Append(length - 1)
            .Append(60)
            .Append(70);
    }
}
