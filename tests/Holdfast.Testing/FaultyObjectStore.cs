using System.Buffers;
using System.Runtime.CompilerServices;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Objects;

namespace Holdfast.Testing;

/// <summary>How the fatal call of a <see cref="FaultyObjectStore"/> fails.</summary>
public enum FaultMode
{
    /// <summary>Nothing happened.</summary>
    BeforeEffect,

    /// <summary>It happened, but the caller is told that it did not get an answer.</summary>
    AfterEffect,
}

/// <summary>
/// A store that dies for good at its n-th call that changes something (put, replace, delete; counted from 1): that call fails with
/// <see cref="FailureKind.Unavailable"/>, and so does every later call of any kind. Zero or less: never dies, only counts.
/// Does not own the inner store.
/// </summary>
public sealed class FaultyObjectStore(IObjectStore inner, int dieAtCall, FaultMode mode) : IObjectStore, ILockableStore
{
    private int _mutatingCalls;
    private volatile bool _dead;

    public string Name => inner.Name;

    /// <summary>Mutating calls seen so far, the fatal one and later ones included.</summary>
    public int MutatingCalls => Volatile.Read(ref _mutatingCalls);

    public bool IsDead => _dead;

    /// <summary>Called with the verb (<c>put</c>, <c>replace</c>, <c>delete</c>) and key of each mutating call before it is decided whether
    /// it dies; by several threads at once where the store is changed side by side, as packs are put.</summary>
    public Action<string, ObjectKey>? BeforeMutation { get; set; }

    public ValueTask<bool> PutIfAbsentAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel) =>
        MutateAsync("put", key, () => inner.PutIfAbsentAsync(key, content, cancel));

    public async ValueTask ReplaceAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel) =>
        await MutateAsync(
            "replace",
            key,
            async () =>
            {
                await inner.ReplaceAsync(key, content, cancel);
                return true;
            }
        );

    public async ValueTask DeleteAsync(ObjectKey key, CancellationToken cancel) =>
        await MutateAsync(
            "delete",
            key,
            async () =>
            {
                await inner.DeleteAsync(key, cancel);
                return true;
            }
        );

    public ValueTask ReadAsync(ObjectKey key, long offset, Memory<byte> into, CancellationToken cancel)
    {
        ThrowIfDead();
        return inner.ReadAsync(key, offset, into, cancel);
    }

    public ValueTask<long?> FindSizeAsync(ObjectKey key, CancellationToken cancel)
    {
        ThrowIfDead();
        return inner.FindSizeAsync(key, cancel);
    }

    public async IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancel)
    {
        ThrowIfDead();
        await foreach (var entry in inner.ListAsync(prefix, cancel))
        {
            ThrowIfDead();
            yield return entry;
        }
    }

    /// <summary>Takes the inner store's lock where it has one. A lock once taken can always be given back: the dead hold nothing.</summary>
    public ValueTask<IAsyncDisposable> LockAsync(bool exclusive, CancellationToken cancel)
    {
        ThrowIfDead();
        return inner is ILockableStore lockable
            ? lockable.LockAsync(exclusive, cancel)
            : ValueTask.FromResult<IAsyncDisposable>(NothingHeld.Instance);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async ValueTask<bool> MutateAsync(string verb, ObjectKey key, Func<ValueTask<bool>> effect)
    {
        BeforeMutation?.Invoke(verb, key);
        var call = Interlocked.Increment(ref _mutatingCalls);
        ThrowIfDead();
        if (call != dieAtCall)
            return await effect();

        _dead = true;
        if (mode == FaultMode.AfterEffect)
            await effect();

        throw Death();
    }

    private void ThrowIfDead()
    {
        if (_dead)
            throw Death();
    }

    private HoldfastException Death() => new(FailureKind.Unavailable, $"{Name} died at its call number {dieAtCall}, as the test wants.");

    private sealed class NothingHeld : IAsyncDisposable
    {
        public static readonly NothingHeld Instance = new();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
