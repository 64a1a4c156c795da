using System.Buffers;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using Holdfast.Engine.Backup;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Devices;
using Holdfast.Engine.Index;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Restore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Engine;

/// <summary>An open repository: backups are made into it and restored from it. All members may be called from many threads at once.</summary>
public sealed class Repository : IAsyncDisposable
{
    private readonly RepositoryContext _context;
    private readonly ILogger _log;

    private Repository(RepositoryContext context, ILogger? log)
    {
        _context = context;
        _log = log ?? NullLogger.Instance;
    }

    /// <summary>32 hex digits.</summary>
    public string Id => _context.Config.Repository;

    public RepositoryOptions Options => new() { ChunkSize = _context.Config.ChunkSize, CompressionLevel = _context.Config.CompressionLevel, Owner = _context.Config.Owner };

    /// <summary>Makes a repository in an empty store. With a <see cref="RepositorySecret.KeyFile"/>, makes the file too (mode 0600): it must not exist yet.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.AlreadyExists"/> when the store holds a repository or the key file exists.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Chunk size or compression level is out of its range.</exception>
    public static async Task<Repository> CreateAsync(IObjectStore store, RepositorySecret secret, RepositoryOptions options, string cacheFolder, TimeProvider clock, CancellationToken cancel, ILogger? log = null)
    {
        if (!ChunkGrid.IsChunkSize(options.ChunkSize))
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.ChunkSize, "A chunk is a power of two from 16 KiB to 4 MiB.");
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(options.CompressionLevel, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.CompressionLevel, 19);
        if (await store.FindSizeAsync(ObjectNames.Config, cancel) is not null)
        {
            throw new HoldfastException(FailureKind.AlreadyExists, $"'{store.Name}' holds a repository already. Use it with its key, or name another folder.");
        }

        var id = new Guid(RandomNumberGenerator.GetBytes(16));
        if (secret is RepositorySecret.KeyFile file)
        {
            KeyFile.Create(file.Path, id);
        }

        var master = RandomNumberGenerator.GetBytes(KeyRing.KeySize);
        var keys = new KeyRing(master, id);
        await RepositoryKeys.AddAsync(store, master, id, secret, "first key", clock.GetUtcNow(), cancel);
        var config = new RepositoryConfig(RepositoryConfig.CurrentFormat, id.ToString("N"), options.ChunkSize, RepositoryConfig.DefaultPackSize, "zstd", options.CompressionLevel, options.Owner, "").Signed(keys);

        // Last: a store without a config is an empty store, whatever else a crash left in it.
        if (!await store.PutIfAbsentAsync(ObjectNames.Config, new ReadOnlySequence<byte>(JsonSerializer.SerializeToUtf8Bytes(config, EngineJson.Default.RepositoryConfig)), cancel))
        {
            throw new HoldfastException(FailureKind.AlreadyExists, $"'{store.Name}' was made a repository by somebody else just now. Use that one, with its key.");
        }

        return Open(store, config, keys, cacheFolder, clock, log);
    }

    /// <summary>Opens a repository. <paramref name="cacheFolder"/> holds the disposable index cache (a folder a repository is made inside it).</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.NotFound"/>, <see cref="FailureKind.WrongKey"/>, <see cref="FailureKind.UnsupportedVersion"/>,
    /// <see cref="FailureKind.Corrupted"/>.</exception>
    public static async Task<Repository> OpenAsync(IObjectStore store, RepositorySecret secret, string cacheFolder, TimeProvider clock, CancellationToken cancel, ILogger? log = null)
    {
        if (await store.FindSizeAsync(ObjectNames.Config, cancel) is null)
        {
            throw new HoldfastException(FailureKind.NotFound, $"There is no repository in '{store.Name}'. Make one with 'holdfast repo init', or name the folder that holds one.");
        }

        var config = RepositoryConfig.Read(await store.ReadWholeAsync(ObjectNames.Config, cancel), store.Name);
        var keys = new KeyRing(await RepositoryKeys.UnwrapAsync(store, config.Id, secret, cancel), config.Id);
        config.ThrowIfForged(keys, store.Name);
        return Open(store, config, keys, cacheFolder, clock, log);
    }

    /// <summary>Backs a device up. The backup exists, durably, when this returns; if it throws, it does not exist.</summary>
    /// <exception cref="HoldfastException">What the device or the store says; <see cref="FailureKind.AlreadyExists"/> when there is a backup of that id.</exception>
    public async Task<Manifest> BackupAsync(IBlockDevice device, BackupRequest request, IProgress<BackupProgress>? progress, CancellationToken cancel)
    {
        var parent = request.Parent is { } id ? await FindParentAsync(id, cancel) : null;
        return await new BackupRun(_context, device, request, parent, error => EngineLog.ParentUnreadable(_log, error, parent?.Id.ToString() ?? ""), progress).RunAsync(cancel);
    }

    /// <summary>Writes a backup's bytes to a device of at least its size, verifies each chunk and flushes. Bytes past the backup's size are left alone.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.NotFound"/>; <see cref="FailureKind.Refused"/> when the target is smaller (nothing is written then);
    /// <see cref="FailureKind.Corrupted"/>; what the device says.</exception>
    public async Task<RestoreFigures> RestoreAsync(BackupId id, IBlockDevice target, RestoreOptions options, IProgress<RestoreProgress>? progress, CancellationToken cancel)
    {
        var manifest = await FindAsync(id, cancel)
            ?? throw new HoldfastException(FailureKind.NotFound, $"There is no backup {id} in '{_context.Store.Name}'.");
        using var run = new RestoreRun(_context, manifest, target, options, progress);
        return await run.RunAsync(cancel);
    }

    /// <summary>All restore points, in order of their ids (of time). A damaged manifest throws <see cref="FailureKind.Corrupted"/> naming it.</summary>
    public async IAsyncEnumerable<Manifest> ListAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var entry in _context.Store.ListAsync(ObjectNames.Manifests, cancel))
        {
            if (ObjectNames.IdOf(entry.Key, "D") is { } id && await FindAsync(new BackupId(id), cancel) is { } manifest)
            {
                yield return manifest;
            }
        }
    }

    public async Task<Manifest?> FindAsync(BackupId id, CancellationToken cancel)
    {
        var key = ObjectNames.OfManifest(id);
        try
        {
            return ManifestDocument.Read(SealedObject.Open(_context.Keys, SealedType.Manifest, id.Value, await _context.Store.ReadWholeAsync(key, cancel), key), key);
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.NotFound)
        {
            return null;
        }
    }

    /// <summary>The newest restore point of a volume, or null. Manifests that cannot be read are passed over: they are no parent.</summary>
    public async Task<Manifest?> FindLatestAsync(string volume, CancellationToken cancel)
    {
        var ids = new List<Guid>();
        await foreach (var entry in _context.Store.ListAsync(ObjectNames.Manifests, cancel))
        {
            if (ObjectNames.IdOf(entry.Key, "D") is { } id)
            {
                ids.Add(id);
            }
        }

        for (var i = ids.Count - 1; i >= 0; i--)
        {
            if (await FindParentAsync(new BackupId(ids[i]), cancel) is { } manifest && manifest.Volume == volume)
            {
                return manifest;
            }
        }

        return null;
    }

    /// <summary>Removes a restore point. Space is freed later, by prune. Removing one that does not exist succeeds.</summary>
    public async Task RemoveAsync(BackupId id, CancellationToken cancel) => await _context.Store.DeleteAsync(ObjectNames.OfManifest(id), cancel);

    public Task<RepositoryStats> StatsAsync(CancellationToken cancel) => RepositoryStats.CountAsync(_context.Store, cancel);

    /// <summary>Adds a key: another key file (made, mode 0600) or passphrase that opens the repository.</summary>
    public async Task<Guid> AddKeyAsync(RepositorySecret secret, string label, CancellationToken cancel)
    {
        if (secret is RepositorySecret.KeyFile file)
        {
            KeyFile.Create(file.Path, _context.Config.Id);
        }

        return await RepositoryKeys.AddAsync(_context.Store, _context.Keys.Master.ToArray(), _context.Config.Id, secret, label, _context.Clock.GetUtcNow(), cancel);
    }

    public async Task<IReadOnlyList<RepositoryKeyInfo>> ListKeysAsync(CancellationToken cancel)
    {
        var keys = new List<RepositoryKeyInfo>();
        await foreach (var (id, key) in RepositoryKeys.ReadAllAsync(_context.Store, cancel))
        {
            keys.Add(new RepositoryKeyInfo(id, key.Kind, key.Label, key.CreatedAt));
        }

        return keys;
    }

    /// <summary>Removes a key; its secret no longer opens the repository. Data is not touched.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.NotFound"/>; <see cref="FailureKind.Refused"/> when it is the last one.</exception>
    public async Task RemoveKeyAsync(Guid id, CancellationToken cancel)
    {
        var keys = await ListKeysAsync(cancel);
        if (keys.All(key => key.Id != id))
        {
            throw new HoldfastException(FailureKind.NotFound, $"The repository in '{_context.Store.Name}' has no key {id:N}.");
        }

        if (keys.Count == 1)
        {
            throw new HoldfastException(FailureKind.Refused, $"{id:N} is the only key of the repository in '{_context.Store.Name}'; without it nothing can be restored. Add another first.");
        }

        await _context.Store.DeleteAsync(ObjectNames.OfKey(id), cancel);
    }

    public async ValueTask DisposeAsync() => await _context.Index.DisposeAsync();

    private static Repository Open(IObjectStore store, RepositoryConfig config, KeyRing keys, string cacheFolder, TimeProvider clock, ILogger? log) =>
        new(new RepositoryContext(store, config, keys, new RepositoryIndex(store, keys, Path.Combine(cacheFolder, config.Repository)), clock), log);

    /// <summary>A parent that is gone or damaged is no parent: the backup only takes longer.</summary>
    private async Task<Manifest?> FindParentAsync(BackupId id, CancellationToken cancel)
    {
        try
        {
            return await FindAsync(id, cancel);
        }
        catch (HoldfastException e) when (e.Kind is FailureKind.Corrupted or FailureKind.UnsupportedVersion)
        {
            EngineLog.ParentUnreadable(_log, e, id.ToString());
            return null;
        }
    }
}
