using Holdfast.Engine.Basics;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine;

/// <summary>
/// What a verb that works without a service holds while it writes: the store's lock, shared among writers, alone for prune. A repository
/// that a service owns is refused unless told otherwise. Readers take none.
/// </summary>
public static class OfflineLock
{
    /// <param name="exclusive">Alone (prune) or with other writers (backup, removal).</param>
    /// <param name="evenIfOwned">Whether the owner is known to be gone for good.</param>
    /// <returns>The lock; held until disposed of.</returns>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Busy"/> when another process holds it in a way that excludes this one;
    /// <see cref="FailureKind.Refused"/> when a service owns the repository.</exception>
    public static async ValueTask<IAsyncDisposable> TakeAsync(
        Repository repository,
        bool exclusive,
        bool evenIfOwned,
        CancellationToken cancel
    )
    {
        if (!evenIfOwned)
            repository.ThrowIfOwnedByAnother(me: null);

        return repository.Context.Store is ILockableStore lockable ? await lockable.LockAsync(exclusive, cancel) : NotNeeded.Instance;
    }

    /// <summary>A store of one process needs no lock.</summary>
    private sealed class NotNeeded : IAsyncDisposable
    {
        public static readonly NotNeeded Instance = new();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
