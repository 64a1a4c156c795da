using Holdfast.Engine.Basics;
using Holdfast.Engine.Manifests;
using Holdfast.Engine.Objects;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Backup;

/// <summary>A backup that is compared with a parent counts only on packs that it has seen (format page, section 10).</summary>
public sealed class ParentPacksTests
{
    private const int ChunkSize = 16 * 1024;
    private static readonly byte[] Content = TestBytes.Random(4_000_000, seed: 21);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, bool> Losses
    {
        get
        {
            var losses = new TheoryData<string, string, bool>();
            foreach (var loseCache in (bool[])[false, true])
            {
                losses.Add("data/", "delete", loseCache);
                losses.Add("data/", "cut", loseCache);
                losses.Add("map/", "delete", loseCache);
                losses.Add("map/", "cut", loseCache);
                losses.Add("index/", "delete", loseCache);
            }

            return losses;
        }
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public async Task After_a_loss_a_run_that_changes_a_page_restores_whole(string prefix, string loss, bool loseCache)
    {
        await using var repository = await TestRepository.MakeAsync(ChunkSize);
        var first = await repository.BackupAsync(new MemoryDevice(Content));
        await LoseAsync(repository, prefix, loss);
        await repository.ReopenAsync(loseCache: loseCache);
        var changed = (byte[])Content.Clone();
        changed[3_000_000] ^= 1;

        var second = await repository.BackupAsync(new MemoryDevice(changed), first.Id);
        await repository.ReopenAsync(loseCache: true);

        Assert.Equal(changed, await repository.RestoreAsync(second));
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public async Task After_a_loss_a_device_that_says_it_did_not_change_is_read_and_restores_whole(string prefix, string loss, bool loseCache)
    {
        await using var repository = await TestRepository.MakeAsync(ChunkSize);
        var first = await repository.BackupAsync(new MemoryDevice(Content) { Stamp = "one" });
        await LoseAsync(repository, prefix, loss);
        await repository.ReopenAsync(loseCache: loseCache);
        var device = new MemoryDevice(Content) { Stamp = "one" };

        var second = await repository.BackupAsync(device, first.Id);
        await repository.ReopenAsync(loseCache: true);

        Assert.Equal(ChangesFound.Reading, second.ChangesFound);
        Assert.Equal(Content.Length, device.BytesRead);
        Assert.Equal(Content, await repository.RestoreAsync(second));
        Assert.Equal(Content, await repository.RestoreAsync(first));
    }

    [Fact]
    public async Task A_loss_is_noticed_by_a_repository_that_stays_open()
    {
        await using var repository = await TestRepository.MakeAsync(ChunkSize);
        var first = await repository.BackupAsync(new MemoryDevice(Content) { Stamp = "one" });
        await LoseAsync(repository, "data/", "delete");

        var second = await repository.BackupAsync(new MemoryDevice(Content) { Stamp = "one" }, first.Id);

        Assert.True(second.Figures.ChunksNew > 0);
        Assert.Equal(Content, await repository.RestoreAsync(second));
    }

    [Fact]
    public async Task The_loss_of_another_volumes_pack_is_no_reason_to_read_a_device_that_did_not_change()
    {
        await using var repository = await TestRepository.MakeAsync(ChunkSize);
        await repository.BackupAsync(new MemoryDevice(TestBytes.Random(1_500_000, seed: 22)));
        var others = await repository.KeysAsync("data/");
        var first = await repository.BackupAsync(new MemoryDevice(Content) { Stamp = "one" });
        await repository.Store.DeleteAsync(others[0], Cancel);
        var device = new MemoryDevice(Content) { Stamp = "one" };

        var second = await repository.BackupAsync(device, first.Id);

        Assert.Equal(0, device.BytesRead);
        Assert.Equal(Content, await repository.RestoreAsync(second));
    }

    [Fact]
    public async Task Numbers_rise_by_volume_whatever_the_clock_says()
    {
        await using var repository = await TestRepository.MakeAsync(ChunkSize);
        var device = new MemoryDevice(TestBytes.Random(100_000, seed: 23));
        var future = repository.Request() with { Id = new BackupId(Guid.Parse("ffffffff-ffff-7fff-bfff-ffffffffffff")) };

        var first = await repository.Open.BackupAsync(device, future, null, Cancel);
        var second = await repository.BackupAsync(device);
        var other = await repository.Open.BackupAsync(device, repository.Request() with { Volume = "other" }, null, Cancel);
        await repository.ReopenAsync();
        var third = await repository.BackupAsync(device);

        Assert.Equal([1, 2, 3, 1], new[] { first, second, third, other }.Select(manifest => manifest.Number));
        Assert.Equal(third.Id, (await repository.Open.FindLatestAsync(TestRepository.Volume, Cancel))?.Id);
    }

    private static async Task LoseAsync(TestRepository repository, string prefix, string loss)
    {
        var key = (await repository.KeysAsync(prefix))[0];
        if (loss == "delete")
            await repository.Store.DeleteAsync(key, Cancel);
        else
            await Damage.CutAsync(repository.Store, key, (await repository.Store.ReadWholeAsync(key, Cancel)).Length / 2);
    }
}
