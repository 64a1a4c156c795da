using Holdfast.Engine;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects.Local;
using Holdfast.Running;

namespace Holdfast.Offline;

/// <summary>A repository opened by a verb that works without a service. A writer holds the store's lock until it is disposed of.</summary>
internal sealed class OfflineRepository : IAsyncDisposable
{
    private readonly LocalObjectStore _store;
    private readonly IAsyncDisposable? _lock;

    private OfflineRepository(string folder, LocalObjectStore store, IAsyncDisposable? taken, Repository repository)
    {
        Folder = folder;
        _store = store;
        _lock = taken;
        Repository = repository;
    }

    public string Folder { get; }

    public Repository Repository { get; }

    public static async Task<OfflineRepository> OpenForReadingAsync(RepositoryAt at, CancellationToken cancel)
    {
        var store = new LocalObjectStore(at.Folder);
        return await OpenAsync(at, store, taken: null, cancel);
    }

    /// <summary>Takes the lock first: prune, which takes it alone, must not run between the reading of the index and the writing of a
    /// backup.</summary>
    /// <exception cref="VerbFailedException">A service owns the repository and <paramref name="forceOwned"/> is false.</exception>
    public static Task<OfflineRepository> OpenForWritingAsync(RepositoryAt at, bool forceOwned, CancellationToken cancel) =>
        OpenForWritingAsync(at, forceOwned, exclusive: false, cancel);

    /// <inheritdoc cref="OpenForWritingAsync(RepositoryAt, bool, CancellationToken)"/>
    /// <param name="exclusive">Whether no other may write meanwhile.</param>
    public static async Task<OfflineRepository> OpenForWritingAsync(
        RepositoryAt at,
        bool forceOwned,
        bool exclusive,
        CancellationToken cancel
    )
    {
        var store = new LocalObjectStore(at.Folder);
        var opened = await OpenAsync(at, store, await store.LockAsync(exclusive, cancel), cancel);
        if (opened.Repository.Options.Owner is { } owner && !forceOwned)
        {
            await opened.DisposeAsync();
            throw new VerbFailedException(
                $"repository '{at.Folder}' belongs to the service '{owner}'; writing beside it could lose data. Use the service's verbs, "
                    + $"or stop it for good and give --force-owned."
            );
        }

        return opened;
    }

    public async ValueTask DisposeAsync()
    {
        await Repository.DisposeAsync();
        if (_lock is not null)
        {
            await _lock.DisposeAsync();
        }

        await _store.DisposeAsync();
    }

    private static async Task<OfflineRepository> OpenAsync(
        RepositoryAt at,
        LocalObjectStore store,
        IAsyncDisposable? taken,
        CancellationToken cancel
    )
    {
        try
        {
            var repository = await Repository.OpenAsync(
                store,
                new RepositorySecret.KeyFile(at.KeyFile),
                CacheFolder.Find(),
                TimeProvider.System,
                cancel
            );
            return new OfflineRepository(at.Folder, store, taken, repository);
        }
        catch
        {
            if (taken is not null)
            {
                await taken.DisposeAsync();
            }

            await store.DisposeAsync();
            throw;
        }
    }
}

/// <summary>Absolute paths of a repository's folder and its key file.</summary>
internal sealed record RepositoryAt(string Folder, string KeyFile);
