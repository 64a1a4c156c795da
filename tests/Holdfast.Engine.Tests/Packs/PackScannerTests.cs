using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Packs;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Packs;

/// <summary>A pack tells by itself what is in it, also when part of it is gone.</summary>
public sealed class PackScannerTests
{
    private static readonly byte[] Content = TestBytes.Random(3_500_000, seed: 41);

    [Fact]
    public async Task Without_its_end_a_pack_still_gives_all_its_frames()
    {
        await using var repository = await TestRepository.MakeAsync(16 * 1024, packSize: 8 * 1024 * 1024);
        var (key, sound) = await MakePackAsync(repository);
        await Damage.CutAsync(repository.Store, key, (int)sound.Directory.Frames[^1].End);

        var refused = await Assert.ThrowsAsync<HoldfastException>(() => Reader(repository).ReadDirectoryAsync(key, CancellationToken.None));
        var scanned = await Scanner(repository).ScanAsync(key, CancellationToken.None);

        Assert.Equal(FailureKind.Corrupted, refused.Kind);
        Assert.Equal(sound.Directory.Frames, scanned.Pack.Directory.Frames);
        Assert.Equal(sound.Directory.Items, scanned.Pack.Directory.Items);
        Assert.Equal(0, scanned.BytesLost);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(31)]
    [InlineData(4000)]
    public async Task A_damaged_frame_costs_its_own_items_only(int at)
    {
        await using var repository = await TestRepository.MakeAsync(16 * 1024, packSize: 8 * 1024 * 1024);
        var (key, sound) = await MakePackAsync(repository);
        var damaged = sound.Directory.Frames[1];
        await Damage.FlipAsync(repository.Store, key, (int)damaged.Offset + at);

        var scanned = await Scanner(repository).ScanAsync(key, CancellationToken.None);

        Assert.Equal(sound.Directory.Frames.Where(frame => frame != damaged), scanned.Pack.Directory.Frames);
        Assert.Equal(sound.Directory.Items.Count - damaged.ItemCount, scanned.Pack.Directory.Items.Count);
        Assert.Equal(damaged.End - damaged.Offset, scanned.BytesLost);
    }

    [Fact]
    public async Task A_pack_under_another_name_is_damaged()
    {
        await using var repository = await TestRepository.MakeAsync(16 * 1024, packSize: 8 * 1024 * 1024);
        var (key, _) = await MakePackAsync(repository);
        var other = ObjectNames.OfPack(PackKind.Data, BackupId.New(repository.Clock).Value);
        await Damage.PutAsync(repository.Store, other, await Damage.ReadAsync(repository.Store, key));

        var refused = await Assert.ThrowsAsync<HoldfastException>(() =>
            Reader(repository).ReadDirectoryAsync(other, CancellationToken.None)
        );

        Assert.Equal(FailureKind.Corrupted, refused.Kind);
        Assert.Contains(other.Value, refused.Message, StringComparison.Ordinal);
    }

    private static async Task<(ObjectKey Key, IndexedPack Sound)> MakePackAsync(TestRepository repository)
    {
        await repository.BackupAsync(new MemoryDevice(Content));
        var key = Assert.Single(await repository.KeysAsync("data/"));
        return (key, await Reader(repository).ReadDirectoryAsync(key, CancellationToken.None));
    }

    private static PackReader Reader(TestRepository repository) =>
        new(repository.Store, repository.Open.Context.Keys, repository.Open.Context.Id);

    private static PackScanner Scanner(TestRepository repository) =>
        new(repository.Store, repository.Open.Context.Keys, repository.Open.Context.Id);
}
