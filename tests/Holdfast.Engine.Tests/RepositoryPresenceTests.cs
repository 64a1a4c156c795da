using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects.Local;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests;

/// <summary>The repository goes away, or becomes another's, while it is open.</summary>
public sealed class RepositoryPresenceTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_repository_whose_folder_was_swapped_for_an_empty_one_takes_no_backup_and_is_ill_until_it_is_back()
    {
        using var temp = new TempFolder();
        await using var store = new LocalObjectStore(temp["repository"], create: true);
        var secret = new RepositorySecret.KeyFile(temp["key"]);
        await using var repository = await Repository.CreateAsync(
            store,
            secret,
            new RepositoryOptions(),
            temp["cache"],
            TimeProvider.System,
            Cancel
        );
        Assert.True((await repository.CheckHealthAsync(Cancel)) is { IsWell: true, FreeBytes: > 0 });
        Directory.Move(temp["repository"], temp["away"]);
        Directory.CreateDirectory(temp["repository"]);

        var e = await Assert.ThrowsAsync<HoldfastException>(() => repository.RemoveAsync(BackupId.New(TimeProvider.System), Cancel));
        var health = await repository.CheckHealthAsync(Cancel);

        Assert.Equal(FailureKind.RepositoryAway, e.Kind);
        Assert.False(health.IsWell);
        Assert.Contains(temp["repository"], health.Reason, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(temp["repository"]));
        Directory.Delete(temp["repository"]);
        Directory.Move(temp["away"], temp["repository"]);
        Assert.True((await repository.CheckHealthAsync(Cancel)).IsWell);
    }

    /// <summary>A disk that the kernel has made read-only is read as before.</summary>
    [Fact]
    public async Task A_repository_on_a_file_system_that_takes_no_writes_is_ill_though_it_answers()
    {
        using var temp = new TempFolder();
        var store = new MemoryObjectStore();
        await using var repository = await Repository.CreateAsync(
            store,
            new RepositorySecret.KeyFile(temp["key"]),
            new RepositoryOptions(),
            temp["cache"],
            TimeProvider.System,
            Cancel
        );

        store.WriteTrouble = new HoldfastException(FailureKind.WriteFailed, "It is mounted read-only.");
        var health = await repository.CheckHealthAsync(Cancel);
        store.WriteTrouble = null;

        Assert.Equal((false, FailureKind.WriteFailed), (health.IsWell, health.Kind));
        Assert.True((await repository.CheckHealthAsync(Cancel)).IsWell);
    }

    [Fact]
    public async Task A_repository_without_its_config_takes_no_backup_and_loses_none()
    {
        await using var repository = await TestRepository.MakeAsync();
        await using var device = new MemoryDevice(TestBytes.Random(100_000, seed: 1));
        var backup = await repository.BackupAsync(device);
        await repository.Store.DeleteAsync(ObjectNames.Config, Cancel);

        var put = await Assert.ThrowsAsync<HoldfastException>(() => repository.BackupAsync(device));
        var removed = await Assert.ThrowsAsync<HoldfastException>(() => repository.Open.RemoveAsync(backup.Id, Cancel));

        Assert.Equal((FailureKind.RepositoryAway, FailureKind.RepositoryAway), (put.Kind, removed.Kind));
        Assert.Single(await repository.KeysAsync(ObjectNames.Manifests));
    }

    [Fact]
    public async Task A_second_service_is_refused_unless_it_insists_and_the_first_then_stops_writing()
    {
        await using var repository = await TestRepository.MakeAsync();
        await repository.Open.SetOwnerAsync("first", Cancel);
        await using var second = await Repository.OpenAsync(
            repository.Store,
            repository.Secret,
            repository.CacheFolder + "-second",
            repository.Clock,
            Cancel
        );

        var refused = await Assert.ThrowsAsync<HoldfastException>(() => second.SetOwnerAsync("second", Cancel));
        Assert.Equal(FailureKind.Refused, refused.Kind);
        await repository.Open.ThrowIfGoneAsync(Cancel);

        await second.SetOwnerAsync("second", evenIfOwned: true, Cancel);
        var stopped = await Assert.ThrowsAsync<HoldfastException>(() => repository.Open.ThrowIfGoneAsync(Cancel));
        Assert.Equal(FailureKind.Refused, stopped.Kind);
        Assert.Contains("second", stopped.Message, StringComparison.Ordinal);
        await second.ThrowIfGoneAsync(Cancel);
    }
}
