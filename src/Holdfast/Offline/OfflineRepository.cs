using Holdfast.Engine;
using Holdfast.Engine.Objects;
using Holdfast.Running;

namespace Holdfast.Offline;

/// <summary>A repository opened by a verb that works without a service. A writer holds the store's lock until it is disposed of.</summary>
internal sealed class OfflineRepository : IAsyncDisposable
{
    private readonly IObjectStore _store;
    private IAsyncDisposable? _lock;

    private OfflineRepository(IObjectStore store, Repository repository) => (_store, Repository) = (store, repository);

    /// <summary>Where it lies: its folder, or its address.</summary>
    public string Place => _store.Name;

    public Repository Repository { get; }

    /// <summary>Requests that were sent to the store; null where there are none to be counted.</summary>
    public StoreRequests? Requests => (_store as ICountedStore)?.Requests;

    /// <summary>The store alone, of which nothing is known yet. The caller's to dispose of.</summary>
    public static IObjectStore OpenStore(RepositoryAddress address) =>
        ObjectStores.Open(address, credentials: null, create: false, TimeProvider.System);

    public static async Task<OfflineRepository> OpenForReadingAsync(RepositoryAt at, CancellationToken cancel)
    {
        var store = OpenStore(at.Address);
        try
        {
            var repository = await Repository.OpenAsync(
                store,
                at.Secret.Read(),
                CacheFolder.Find(),
                TimeProvider.System,
                cancel
            );
            return new OfflineRepository(store, repository);
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes the lock before anything but configuration and keys is read: prune, which takes it alone, must not run between the
    /// reading of the index and the writing of a backup.</summary>
    /// <exception cref="VerbFailedException">The terms do not let one write there.</exception>
    public static Task<OfflineRepository> OpenForWritingAsync(RepositoryAt at, WriterTerms terms, CancellationToken cancel) =>
        OpenForWritingAsync(at, terms, exclusive: false, cancel);

    /// <inheritdoc cref="OpenForWritingAsync(RepositoryAt, WriterTerms, CancellationToken)"/>
    /// <param name="exclusive">Whether nobody else may write meanwhile.</param>
    public static async Task<OfflineRepository> OpenForWritingAsync(
        RepositoryAt at,
        WriterTerms terms,
        bool exclusive,
        CancellationToken cancel
    )
    {
        var opened = await OpenForReadingAsync(at, cancel);
        try
        {
            if (opened.Repository.Options.Owner is { } owner && !terms.ForceOwned)
            {
                throw new VerbFailedException(
                    $"repository '{opened.Place}' belongs to the service '{owner}'; writing beside it could lose data. Use the service's "
                        + $"verbs, or stop it for good and give --force-owned."
                );
            }

            opened._lock = await StoreLock.TakeAsync(opened.Repository, opened._store, terms, exclusive, cancel);
            return opened;
        }
        catch
        {
            await opened.DisposeAsync();
            throw;
        }
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
}

/// <summary>Where a repository lies, and what opens it.</summary>
internal sealed record RepositoryAt(RepositoryAddress Address, SecretSource Secret);

/// <summary>What a writer has been told about others.</summary>
/// <param name="ForceOwned">The service that owns the repository is gone for good.</param>
/// <param name="Alone">No other process writes there: a store that cannot keep writers apart need not.</param>
/// <param name="BreakLock">The id of a writer that has the lock and is gone for good, or null.</param>
internal sealed record WriterTerms(bool ForceOwned, bool Alone, string? BreakLock);
