using Holdfast.Engine.Basics;
using Holdfast.Engine.Manifests;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Backup;

/// <summary>What a backup believes a device and a parent, and what not.</summary>
public sealed class UnchangedTests
{
    private static readonly byte[] Content = TestBytes.Random(2_000_000, seed: 11);

    [Fact]
    public async Task A_device_that_says_it_did_not_change_is_not_read()
    {
        await using var repository = await TestRepository.MakeAsync();
        var first = await repository.BackupAsync(new MemoryDevice(Content) { Stamp = "one" });
        await repository.ReopenAsync();
        var device = new MemoryDevice(Content) { Stamp = "one" };

        var second = await repository.BackupAsync(device, first.Id);

        Assert.Equal(0, device.BytesRead);
        Assert.Equal(first.Root, second.Root);
        Assert.Equal("one", second.ContentStamp);
        Assert.Equal(ChangesFound.Stamp, second.ChangesFound);
        Assert.False(repository.Open.Context.Index.IsOpen); // The first run noted that all was there.
        Assert.Equal(Content, await repository.RestoreAsync(second));
    }

    [Theory]
    [InlineData("two", true)]
    [InlineData(null, true)]
    [InlineData("one", false)]
    public async Task A_device_is_read_when_its_stamp_differs_or_is_not_to_be_trusted(string? stamp, bool trust)
    {
        await using var repository = await TestRepository.MakeAsync();
        var first = await repository.BackupAsync(new MemoryDevice(Content) { Stamp = "one" });
        var device = new MemoryDevice(Content) { Stamp = stamp };

        var request = repository.Request(first.Id) with { TrustContentStamp = trust };
        var second = await repository.Open.BackupAsync(device, request, null, CancellationToken.None);

        Assert.Equal(Content.Length, device.BytesRead);
        Assert.Equal(first.Root, second.Root);
        Assert.Equal(0, second.Figures.ChunksChanged);
    }

    [Fact]
    public async Task A_stamp_that_changed_during_the_backup_is_not_kept()
    {
        await using var repository = await TestRepository.MakeAsync();
        var device = new MemoryDevice(Content) { Stamp = "one" };
        device.BeforeRead = (_, _) => device.Stamp = "two";

        var manifest = await repository.BackupAsync(device);

        Assert.Null(manifest.ContentStamp);
    }

    [Fact]
    public async Task A_device_that_was_replaced_during_the_backup_makes_no_restore_point()
    {
        await using var repository = await TestRepository.MakeAsync();
        var device = new MemoryDevice(Content);
        device.BeforeRead = (_, _) => device.Replaced = true;

        var failure = await Assert.ThrowsAsync<HoldfastException>(() => repository.BackupAsync(device));

        Assert.Equal(FailureKind.DeviceChanged, failure.Kind);
        Assert.Empty(await repository.KeysAsync("manifests/"));
    }

    [Fact]
    public async Task A_parent_that_does_not_exist_is_no_reason_to_fail()
    {
        await using var repository = await TestRepository.MakeAsync();

        var manifest = await repository.BackupAsync(new MemoryDevice(Content), BackupId.New(repository.Clock));

        Assert.Null(manifest.Parent);
        Assert.Equal(Content, await repository.RestoreAsync(manifest));
    }

    [Fact]
    public async Task A_parent_whose_map_is_damaged_is_not_trusted_and_no_reason_to_fail()
    {
        await using var repository = await TestRepository.MakeAsync();
        var first = await repository.BackupAsync(new MemoryDevice(Content));
        await Damage.FlipAsync(repository.Store, Assert.Single(await repository.KeysAsync("map/")), at: 300);
        await repository.ReopenAsync();

        var second = await repository.BackupAsync(new MemoryDevice(Content), first.Id);

        Assert.Equal(second.Figures.ChunksTotal, second.Figures.ChunksChanged);
        Assert.Equal(0, second.Figures.ChunksNew);
        Assert.Equal(Content, await repository.RestoreAsync(second));
    }

    [Fact]
    public async Task A_parent_whose_map_is_gone_is_no_reason_to_fail_and_the_map_is_stored_anew()
    {
        await using var repository = await TestRepository.MakeAsync();
        var first = await repository.BackupAsync(new MemoryDevice(Content));
        await repository.Store.DeleteAsync(Assert.Single(await repository.KeysAsync("map/")), CancellationToken.None);
        await repository.ReopenAsync();

        var second = await repository.BackupAsync(new MemoryDevice(Content), first.Id);

        Assert.Equal(Content, await repository.RestoreAsync(second));
        Assert.Equal(Content, await repository.RestoreAsync(first));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Chunks_of_a_pack_that_vanished_are_stored_again_rather_than_counted_on(bool loseCache)
    {
        await using var repository = await TestRepository.MakeAsync();
        var first = await repository.BackupAsync(new MemoryDevice(Content));
        var packs = await repository.KeysAsync("data/");
        await repository.Store.DeleteAsync(packs[0], CancellationToken.None);
        await repository.ReopenAsync(loseCache: loseCache);

        var second = await repository.BackupAsync(new MemoryDevice(Content));
        await repository.ReopenAsync(loseCache: true);

        Assert.True(second.Figures.ChunksNew > 0);
        Assert.Equal(Content, await repository.RestoreAsync(second));
        Assert.Equal(Content, await repository.RestoreAsync(first));
    }

    [Fact]
    public async Task A_volume_may_grow_and_shrink_between_backups()
    {
        await using var repository = await TestRepository.MakeAsync(16 * 1024);
        var large = TestBytes.Random(20_000_000, seed: 12);
        var first = await repository.BackupAsync(new MemoryDevice(large.AsSpan(0, 10_000_001)));

        var grown = await repository.BackupAsync(new MemoryDevice(large), first.Id);
        var shrunk = await repository.BackupAsync(new MemoryDevice(large.AsSpan(0, 5_000_000)), grown.Id);

        Assert.Equal(large, await repository.RestoreAsync(grown));
        Assert.Equal(large[..5_000_000], await repository.RestoreAsync(shrunk));
        Assert.InRange(shrunk.Figures.ChunksNew, 0, 1);
    }

    [Fact]
    public async Task A_cancelled_backup_throws_cancellation_and_makes_no_restore_point()
    {
        await using var repository = await TestRepository.MakeAsync();
        using var cancel = new CancellationTokenSource();
        var device = new MemoryDevice(TestBytes.Random(30_000_000, seed: 13)) { BeforeRead = (_, _) => cancel.Cancel() };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            repository.Open.BackupAsync(device, repository.Request(), null, cancel.Token)
        );

        Assert.Empty(await repository.KeysAsync("manifests/"));
    }
}
