using Holdfast.Engine.Backup;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Devices;
using Holdfast.Engine.Format;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Manifests;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Restore;
using Holdfast.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Engine.Tests;

/// <summary>A repository of a test's own, in memory, with a cache folder and a key file on disk.</summary>
internal sealed class TestRepository : IAsyncDisposable
{
    public const string Volume = "volume-1";

    private readonly TempFolder _folder = new();

    private TestRepository() { }

    public MemoryObjectStore Store { get; } = new();

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    public RepositorySecret Secret => new RepositorySecret.KeyFile(_folder["key"]);

    public string CacheFolder => _folder["cache"];

    /// <summary>The repository that was opened last.</summary>
    public Repository Open { get; private set; } = null!; // Set by MakeAsync.

    public static async Task<TestRepository> MakeAsync(int chunkSize = 64 * 1024, int packSize = RepositoryConfig.MinPackSize)
    {
        var made = new TestRepository();
        var options = new RepositoryOptions
        {
            ChunkSize = chunkSize,
            PackSize = packSize,
            Compression = Compression.Fast,
        };
        made.Open = await Repository.CreateAsync(made.Store, made.Secret, options, made.CacheFolder, made.Clock, CancellationToken.None);
        return made;
    }

    /// <summary>As a new process would: nothing is remembered but what is stored (and the cache, unless it is to be lost).</summary>
    public async Task ReopenAsync(IObjectStore? through = null, bool loseCache = false)
    {
        await Open.DisposeAsync();
        if (loseCache && Directory.Exists(CacheFolder))
            Directory.Delete(CacheFolder, recursive: true);

        Open = await Repository.OpenAsync(through ?? Store, Secret, CacheFolder, Clock, CancellationToken.None);
    }

    public BackupRequest Request(BackupId? parent = null)
    {
        Clock.Advance(TimeSpan.FromMilliseconds(5));
        return new BackupRequest
        {
            Id = BackupId.New(Clock),
            Volume = Volume,
            Parent = parent,
            Labels = new Dictionary<string, string> { ["name"] = "disk" },
        };
    }

    public Task<Manifest> BackupAsync(IBlockDevice device, BackupId? parent = null) =>
        Open.BackupAsync(device, Request(parent), null, CancellationToken.None);

    /// <summary>Restores into a device full of other bytes.</summary>
    public async Task<byte[]> RestoreAsync(Manifest manifest)
    {
        var dirt = new byte[manifest.VolumeSize];
        Array.Fill(dirt, (byte)0xd7);
        var target = new MemoryDevice(dirt);
        await Open.RestoreAsync(manifest.Id, target, new RestoreOptions(), null, CancellationToken.None);
        return target.ToArray();
    }

    /// <summary>Restores into a target of this machine.</summary>
    public async Task<Manifest> RestoreAsync(Manifest manifest, RestoreTarget target)
    {
        await Open.RestoreAsync(
            manifest.Id,
            target.Device,
            new RestoreOptions { TargetIsZero = target.IsZero },
            null,
            CancellationToken.None
        );
        return manifest;
    }

    public async Task<List<ObjectKey>> KeysAsync(string prefix)
    {
        var keys = new List<ObjectKey>();
        await foreach (var entry in Store.ListAsync(prefix, CancellationToken.None))
            keys.Add(entry.Key);

        return keys;
    }

    public async ValueTask DisposeAsync()
    {
        await Open.DisposeAsync();
        _folder.Dispose();
    }
}
