using Holdfast.Engine;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Objects.S3;
using Holdfast.Running;

namespace Holdfast.Offline;

/// <summary>Keeps writers and prune apart where no catalog does it: by the kernel's lock in a folder, by a ledger in an object store of
/// class A, and in any other object store by the word of a person.</summary>
internal static class StoreLock
{
    /// <returns>The lock; null where a person has said that there is no other writer.</returns>
    /// <exception cref="VerbFailedException">The store cannot keep writers apart, and nobody has said that there is only one.</exception>
    public static async Task<IAsyncDisposable?> TakeAsync(
        Repository repository,
        IObjectStore store,
        WriterTerms terms,
        bool exclusive,
        CancellationToken cancel
    )
    {
        if (terms.BreakLock is { } id)
        {
            await BreakAsync(store, id, cancel);
        }

        if (await repository.KnowStoreClassAsync(cancel) is { } known && known.Class != StoreClass.Atomic)
        {
            return terms.Alone
                ? null
                : throw new VerbFailedException(
                    $"the store of '{store.Name}' cannot keep writers apart: it is of class {known.Class.InWords()}. If no other process "
                        + $"writes there, and none will until this has ended, give --alone; for more than one, run a service."
                );
        }

        return store is ILockableStore lockable ? await lockable.LockAsync(exclusive, cancel) : null;
    }

    private static async Task BreakAsync(IObjectStore store, string id, CancellationToken cancel)
    {
        if (store is not S3ObjectStore bucket)
        {
            throw new VerbFailedException("--break-lock is for object stores: in a folder, the lock of a process that is gone is gone.");
        }

        var broken =
            await bucket.BreakLockAsync(id, cancel)
            ?? throw new VerbFailedException($"no writer of '{store.Name}' has the lock {id}. It has given it back since.");
        Console.Error.WriteLine(
            $"holdfast: the lock {broken.Id} of process {broken.Process} on {broken.Host}, held since {broken.Since:u}, is broken."
        );
    }
}
