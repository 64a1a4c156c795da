using Holdfast.Engine.Backup;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects.Local;
using Holdfast.Engine.Upkeep.Prune;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Backup;

/// <summary>A volume that does not fit.</summary>
public sealed class NoSpaceTests
{
    private static readonly RepositoryOptions Small = new() { ChunkSize = 64 * 1024, PackSize = RepositoryConfig.MinPackSize };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_run_stored_is_given_back_when_space_runs_out_and_a_smaller_volume_still_fits()
    {
        using var temp = new TempFolder();
        using var mount = Mounted.Tmpfs(temp["mounted"], "size=24m");
        await using var store = new LocalObjectStore(temp["mounted"]);
        await using var repository = await MakeAsync(temp, store, Small);
        var before = store.FindSpace()?.Free;
        await using var large = new MemoryDevice(TestBytes.Random(40 << 20, seed: 1));
        await using var small = new MemoryDevice(TestBytes.Random(8 << 20, seed: 2));

        var e = await Assert.ThrowsAsync<HoldfastException>(() => repository.BackupAsync(large, Request("large"), null, Cancel));

        Assert.Equal(FailureKind.NoSpace, e.Kind);
        Assert.Contains($"the repository's folder '{temp["mounted"]}' (", e.Message, StringComparison.Ordinal);
        Assert.True(before - store.FindSpace()?.Free < 1 << 20);
        await repository.BackupAsync(small, Request("small"), null, Cancel);
    }

    [Fact]
    public async Task Prune_frees_a_file_system_that_backups_have_filled()
    {
        using var temp = new TempFolder();
        using var mount = Mounted.Tmpfs(temp["mounted"], "size=48m");
        await using var store = new LocalObjectStore(temp["mounted"]);
        await using var repository = await MakeAsync(temp, store, Small);
        var made = new List<BackupId>();
        var full = await Assert.ThrowsAsync<HoldfastException>(async () =>
        {
            for (var seed = 1; ; seed++)
            {
                await using var device = new MemoryDevice(TestBytes.Random(7 << 20, seed));
                made.Add((await repository.BackupAsync(device, Request("volume"), null, Cancel)).Id);
            }
        });
        Assert.Equal(FailureKind.NoSpace, full.Kind);
        Assert.InRange(store.FindSpace()!.Value.Free, 48 << 16, 16 << 20);
        foreach (var backup in made.SkipLast(1))
            await repository.RemoveAsync(backup, Cancel);

        var figures = await repository.PruneAsync(repository.MakeFolderLedger(), new PruneOptions(), Cancel);

        Assert.InRange(figures.BytesFreed, (made.Count - 1) * (7L << 20), long.MaxValue);
        await using var another = new MemoryDevice(TestBytes.Random(14 << 20, seed: 100));
        await repository.BackupAsync(another, Request("another"), null, Cancel);
    }

    [Fact]
    public async Task A_run_is_refused_before_a_byte_is_read_where_nothing_fits()
    {
        using var temp = new TempFolder();
        using var mount = Mounted.Tmpfs(temp["mounted"], "size=2m");
        await using var store = new LocalObjectStore(temp["mounted"]);
        await using var repository = await MakeAsync(temp, store, new RepositoryOptions());
        await using var device = new MemoryDevice(TestBytes.Random(100_000, seed: 1));

        var e = await Assert.ThrowsAsync<HoldfastException>(() => repository.BackupAsync(device, Request("any"), null, Cancel));

        Assert.Equal(FailureKind.NoSpace, e.Kind);
        Assert.Contains("bytes free", e.Message, StringComparison.Ordinal);
    }

    private static Task<Repository> MakeAsync(TempFolder temp, LocalObjectStore store, RepositoryOptions options) =>
        Repository.CreateAsync(
            store,
            new RepositorySecret.KeyFile(temp["key"]),
            options,
            temp["cache"],
            TimeProvider.System,
            Cancel
        );

    private static BackupRequest Request(string volume) =>
        new() { Id = BackupId.New(TimeProvider.System), Volume = volume };
}
