using Holdfast.Engine.Backup;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects.Local;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Backup;

/// <summary>A volume that does not fit.</summary>
public sealed class NoSpaceTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_run_stored_is_given_back_when_space_runs_out_and_a_smaller_volume_still_fits()
    {
        using var temp = new TempFolder();
        using var mount = Mounted.Tmpfs(temp["mounted"], "size=24m");
        await using var store = new LocalObjectStore(temp["mounted"]);
        await using var repository = await Repository.CreateAsync(
            store,
            new RepositorySecret.KeyFile(temp["key"]),
            new RepositoryOptions { ChunkSize = 64 * 1024, PackSize = RepositoryConfig.MinPackSize },
            temp["cache"],
            TimeProvider.System,
            Cancel
        );
        var before = store.FindFreeBytes();
        await using var large = new MemoryDevice(TestBytes.Random(40 << 20, seed: 1));
        await using var small = new MemoryDevice(TestBytes.Random(8 << 20, seed: 2));

        var e = await Assert.ThrowsAsync<HoldfastException>(() => repository.BackupAsync(large, Request("large"), null, Cancel));

        Assert.Equal(FailureKind.NoSpace, e.Kind);
        Assert.Contains($"the repository's folder '{temp["mounted"]}' (", e.Message, StringComparison.Ordinal);
        Assert.True(before - store.FindFreeBytes() < 1 << 20);
        await repository.BackupAsync(small, Request("small"), null, Cancel);
    }

    [Fact]
    public async Task A_run_is_refused_before_a_byte_is_read_where_nothing_fits()
    {
        using var temp = new TempFolder();
        using var mount = Mounted.Tmpfs(temp["mounted"], "size=2m");
        await using var store = new LocalObjectStore(temp["mounted"]);
        await using var repository = await Repository.CreateAsync(
            store,
            new RepositorySecret.KeyFile(temp["key"]),
            new RepositoryOptions(),
            temp["cache"],
            TimeProvider.System,
            Cancel
        );
        await using var device = new MemoryDevice(TestBytes.Random(100_000, seed: 1));

        var e = await Assert.ThrowsAsync<HoldfastException>(() => repository.BackupAsync(device, Request("any"), null, Cancel));

        Assert.Equal(FailureKind.NoSpace, e.Kind);
        Assert.Contains("bytes free", e.Message, StringComparison.Ordinal);
    }

    private static BackupRequest Request(string volume) =>
        new() { Id = BackupId.New(TimeProvider.System), Volume = volume };
}
