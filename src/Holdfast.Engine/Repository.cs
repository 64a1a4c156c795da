using Holdfast.Engine.Backup;
using Holdfast.Engine.Devices;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Restore;

namespace Holdfast.Engine;

/// <summary>How a repository is laid out; fixed when it is made.</summary>
public sealed record RepositoryOptions
{
    /// <summary>Bytes a chunk: a power of two from 16 KiB to 4 MiB. Default 64 KiB.</summary>
    public int ChunkSize { get; init; } = 64 * 1024;

    /// <summary>zstd level, 1 to 19. Default 3.</summary>
    public int CompressionLevel { get; init; } = 3;

    /// <summary>Who alone may write offline: the id of the service that owns the repository, or null.</summary>
    public string? Owner { get; init; }
}

/// <summary>An open repository: backups are made into it and restored from it. All members may be called from many threads at once.</summary>
public sealed class Repository : IAsyncDisposable
{
    private Repository()
    {
    }

    public string Id => throw new NotImplementedException();

    public RepositoryOptions Options => throw new NotImplementedException();

    /// <summary>Makes a repository in an empty store. With a <see cref="RepositorySecret.KeyFile"/> whose file does not exist, makes the file too (mode 0600).</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.AlreadyExists"/> when the store holds one already.</exception>
    public static Task<Repository> CreateAsync(IObjectStore store, RepositorySecret secret, RepositoryOptions options, string cacheFolder, TimeProvider clock, CancellationToken cancel) =>
        throw new NotImplementedException();

    /// <summary>Opens a repository. <paramref name="cacheFolder"/> holds the disposable index cache (a folder a repository is made inside it).</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.NotFound"/>, <see cref="FailureKind.WrongKey"/>, <see cref="FailureKind.UnsupportedVersion"/>,
    /// <see cref="FailureKind.Corrupted"/>.</exception>
    public static Task<Repository> OpenAsync(IObjectStore store, RepositorySecret secret, string cacheFolder, TimeProvider clock, CancellationToken cancel) =>
        throw new NotImplementedException();

    /// <summary>Backs a device up. The backup exists, durably, when this returns; if it throws, it does not exist.</summary>
    public Task<Manifest> BackupAsync(IBlockDevice device, BackupRequest request, IProgress<BackupProgress>? progress, CancellationToken cancel) =>
        throw new NotImplementedException();

    /// <summary>Writes a backup's bytes to a device of at least its size, verifies each chunk and flushes. Bytes past the backup's size are left alone.</summary>
    public Task<RestoreFigures> RestoreAsync(BackupId id, IBlockDevice target, RestoreOptions options, IProgress<RestoreProgress>? progress, CancellationToken cancel) =>
        throw new NotImplementedException();

    /// <summary>All restore points, in order of their ids (of time). A damaged manifest throws <see cref="FailureKind.Corrupted"/> naming it.</summary>
    public IAsyncEnumerable<Manifest> ListAsync(CancellationToken cancel) => throw new NotImplementedException();

    public Task<Manifest?> FindAsync(BackupId id, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Removes a restore point. Space is freed later, by prune. Removing one that does not exist succeeds.</summary>
    public Task RemoveAsync(BackupId id, CancellationToken cancel) => throw new NotImplementedException();

    public Task<RepositoryStats> StatsAsync(CancellationToken cancel) => throw new NotImplementedException();

    public ValueTask DisposeAsync() => throw new NotImplementedException();
}

/// <summary>What a repository holds. Sizes in bytes as stored.</summary>
public sealed record RepositoryStats(int Backups, int DataPacks, int MapPacks, long DataBytes, long MapBytes, long IndexBytes, long ManifestBytes)
{
    public long TotalBytes => DataBytes + MapBytes + IndexBytes + ManifestBytes;
}
