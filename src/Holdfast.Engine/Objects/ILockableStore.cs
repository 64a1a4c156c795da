using Holdfast.Engine.Basics;

namespace Holdfast.Engine.Objects;

/// <summary>
/// A store that can keep writers and prune of different processes apart by itself, for verbs that work without a service. Readers take
/// no lock.
/// </summary>
public interface ILockableStore
{
    /// <summary>
    /// Takes the store's lock: shared for a writer, exclusive for prune. Does not wait. Held until the answer is disposed of or the process
    /// ends, however it ends.
    /// </summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Busy"/> when somebody else holds it in a way that excludes this
    /// one.</exception>
    ValueTask<IAsyncDisposable> LockAsync(bool exclusive, CancellationToken cancel);
}
