using Holdfast.Engine.Basics;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Backup;

/// <summary>A backup that trusts nothing that is stored: it reads it, and stores anew what is damaged.</summary>
public sealed class VerifyStoredTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("data/", 1)]
    [InlineData("data/", 2)]
    [InlineData("map/", 1)]
    public async Task What_is_damaged_is_stored_again_and_every_backup_restores(string prefix, int everyNth)
    {
        await using var repository = await TestRepository.MakeAsync();
        var content = TestBytes.Random(96 * 64 * 1024, seed: 7);
        var device = new MemoryDevice(content);
        var first = await repository.BackupAsync(device);
        var packs = await repository.KeysAsync(prefix);
        Assert.NotEmpty(packs);
        foreach (var pack in packs.Where((_, i) => i % everyNth == 0))
        {
            await Damage.FlipAsync(repository.Store, pack, at: (await Damage.ReadAsync(repository.Store, pack)).Length / 3);
        }

        await repository.ReopenAsync(loseCache: true);
        var trusting = await repository.BackupAsync(device);
        Assert.Equal(0, trusting.Figures.ChunksNew);
        await Assert.ThrowsAsync<HoldfastException>(() => repository.RestoreAsync(trusting));

        var full = await repository.Open.BackupAsync(device, repository.Request() with { VerifyStored = true }, null, Cancel);
        Assert.Equal(prefix == "data/", full.Figures.ChunksNew > 0);
        foreach (var loseCache in (bool[])[false, true])
        {
            await repository.ReopenAsync(loseCache: loseCache);
            Assert.Equal(content, await repository.RestoreAsync(full));
            Assert.Equal(content, await repository.RestoreAsync(first));
        }
    }

    [Fact]
    public async Task What_is_sound_is_not_stored_twice_and_the_devices_word_is_not_taken()
    {
        await using var repository = await TestRepository.MakeAsync();
        var device = new MemoryDevice(TestBytes.Random(40 * 64 * 1024, seed: 8));
        await repository.BackupAsync(device);

        var full = await repository.Open.BackupAsync(device, repository.Request() with { VerifyStored = true }, null, Cancel);

        Assert.Null(full.Parent);
        Assert.Equal((0, device.Size), (full.Figures.ChunksNew, full.Figures.BytesRead));
    }
}
