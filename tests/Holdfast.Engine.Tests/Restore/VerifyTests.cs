using Holdfast.Engine.Basics;
using Holdfast.Engine.Restore;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Restore;

/// <summary>A restore to nowhere finds what a restore would find, and writes nothing.</summary>
public sealed class VerifyTests
{
    private const int Chunk = 16 * 1024;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_whole_backup_is_verified_byte_for_byte_and_nothing_is_written()
    {
        await using var repository = await TestRepository.MakeAsync(Chunk);
        // Data, a hole of several chunks, the same data again, and an end that fills no chunk.
        byte[] data = TestBytes.Random(4 * Chunk, seed: 31);
        var manifest = await repository.BackupAsync(new MemoryDevice([.. data, .. new byte[3 * Chunk], .. data, .. data[..1000]]));
        var before = (await repository.KeysAsync("")).Count;
        var seen = new List<RestoreProgress>();

        var figures = await repository.Open.VerifyAsync(manifest.Id, new Seen(seen), Cancel);

        Assert.Equal((8 * Chunk) + 1000, figures.BytesVerified);
        Assert.Equal(3 * Chunk, figures.BytesZero);
        Assert.Equal(manifest.Root, figures.Root);
        Assert.Equal(1, figures.Packs);
        Assert.InRange(figures.BytesRead, 4 * Chunk, 6 * Chunk);
        Assert.Contains(new RestoreProgress(manifest.VolumeSize, manifest.VolumeSize), seen);
        Assert.Equal(before, (await repository.KeysAsync("")).Count);
    }

    [Fact]
    public async Task A_volume_of_zeros_is_verified_without_a_read()
    {
        await using var repository = await TestRepository.MakeAsync(Chunk);
        var manifest = await repository.BackupAsync(new MemoryDevice(10L << 30));

        var figures = await repository.Open.VerifyAsync(manifest.Id, null, Cancel);

        Assert.Equal((0, 10L << 30, 0L, 0), (figures.BytesVerified, figures.BytesZero, figures.BytesRead, figures.Packs));
    }

    [Theory]
    [InlineData("data/")]
    [InlineData("map/")]
    [InlineData("manifests/")]
    public async Task Damage_is_named_as_a_restore_names_it(string kind)
    {
        await using var repository = await TestRepository.MakeAsync(Chunk);
        var manifest = await repository.BackupAsync(new MemoryDevice([.. new byte[2 * Chunk], .. TestBytes.Random(Chunk, seed: 32)]));
        var key = Assert.Single(await repository.KeysAsync(kind));
        await Damage.FlipAsync(repository.Store, key, at: 100);
        await repository.ReopenAsync();

        var found = await Assert.ThrowsAsync<HoldfastException>(() => repository.Open.VerifyAsync(manifest.Id, null, Cancel));
        var restoring = await Assert.ThrowsAsync<HoldfastException>(() => repository.RestoreAsync(manifest));

        Assert.Equal(FailureKind.Corrupted, found.Kind);
        Assert.Equal(restoring.Message, found.Message);
        Assert.Contains(key.Value, found.Message, StringComparison.Ordinal);
        if (kind == "data/")
        {
            Assert.Contains($"byte {2 * Chunk} of the volume", found.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_pack_that_is_gone_is_damage_and_named()
    {
        await using var repository = await TestRepository.MakeAsync(Chunk);
        var first = await repository.BackupAsync(new MemoryDevice(TestBytes.Random(Chunk, seed: 33)));
        var pack = Assert.Single(await repository.KeysAsync("data/"));
        await repository.Store.DeleteAsync(pack, Cancel);

        var gone = await Assert.ThrowsAsync<HoldfastException>(() => repository.Open.VerifyAsync(first.Id, null, Cancel));

        Assert.Equal(FailureKind.Corrupted, gone.Kind);
        Assert.Contains(pack.Value, gone.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_there_is_not_verified()
    {
        await using var repository = await TestRepository.MakeAsync(Chunk);
        var manifest = await repository.BackupAsync(new MemoryDevice(TestBytes.Random(Chunk, seed: 34)));
        await repository.Open.RemoveAsync(manifest.Id, Cancel);

        var failure = await Assert.ThrowsAsync<HoldfastException>(() => repository.Open.VerifyAsync(manifest.Id, null, Cancel));

        Assert.Equal(FailureKind.NotFound, failure.Kind);
    }

    /// <summary>In the order of the calls: <see cref="Progress{T}"/> tells later.</summary>
    private sealed class Seen(List<RestoreProgress> seen) : IProgress<RestoreProgress>
    {
        public void Report(RestoreProgress value)
        {
            lock (seen)
            {
                seen.Add(value);
            }
        }
    }
}
