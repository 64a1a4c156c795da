using Holdfast.Engine.Backup;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Format;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Restore;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Objects.S3;

/// <summary>A repository of a test's own in some store, with a volume of a few MiB that changes from backup to backup.</summary>
internal sealed class BucketRepository : IAsyncDisposable
{
    private readonly TempFolder _home = new();
    private readonly MemoryDevice _device = new(24 << 20);
    private Repository _open = null!; // Set by MakeAsync.

    public static async Task<BucketRepository> MakeAsync(IObjectStore store)
    {
        var made = new BucketRepository();
        var options = new RepositoryOptions { Compression = Compression.Fast, PackSize = 4 << 20 };
        made._open = await Repository.CreateAsync(
            store,
            new RepositorySecret.KeyFile(made._home["key"]),
            options,
            made._home["cache"],
            TimeProvider.System,
            default
        );
        return made;
    }

    public Repository Open => _open;

    /// <summary>The same repository in another store: a copy of its configuration and keys.</summary>
    public async Task<Repository> OpenInAsync(IObjectStore store)
    {
        var cancel = TestContext.Current.CancellationToken;
        var from = _open.Context.Store;
        await foreach (var entry in from.ListAsync("keys/", cancel))
            await store.PutIfAbsentAsync(entry.Key, new(await from.ReadWholeAsync(entry.Key, cancel)), cancel);

        await store.PutIfAbsentAsync(new("config"), new(await from.ReadWholeAsync(new("config"), cancel)), cancel);
        var secret = new RepositorySecret.KeyFile(_home["key"]);
        return await Repository.OpenAsync(store, secret, _home["cache"], TimeProvider.System, cancel);
    }

    /// <summary>Changes the volume, backs it up against the newest backup, restores it, and compares.</summary>
    public async Task BackUpAndRestoreAsync(int seed)
    {
        var cancel = TestContext.Current.CancellationToken;
        var noise = new byte[6 << 20];
        new Random(seed).NextBytes(noise);
        _device.Poke(seed % 4 * (5L << 20), noise);
        var request = new BackupRequest
        {
            Id = BackupId.New(TimeProvider.System),
            Volume = "disk",
            Parent = (await _open.FindLatestAsync("disk", cancel))?.Id,
        };

        var manifest = await _open.BackupAsync(_device, request, null, cancel);
        var target = new MemoryDevice(_device.Size);
        await _open.RestoreAsync(manifest.Id, target, new RestoreOptions(), null, cancel);

        Assert.True(_device.ToArray().AsSpan().SequenceEqual(target.ToArray()), $"backup {manifest.Id} is not restored byte for byte");
    }

    public async ValueTask DisposeAsync()
    {
        await _open.DisposeAsync();
        await _device.DisposeAsync();
        _home.Dispose();
    }
}
