using System.Buffers;
using System.Runtime.CompilerServices;
using Holdfast.Engine.Basics;

namespace Holdfast.Engine.Objects;

/// <summary>
/// A store whose calls are tried again, for a bounded time, where they fail as <see cref="FailureKind.Unavailable"/>. A put on condition
/// whose answer was lost, and that meets a taken key when it is tried again, compares: what holds the caller's bytes is the caller's own.
/// Owns the inner store.
/// </summary>
internal sealed class RetryingObjectStore(IObjectStore inner, Retries retries) : IObjectStore
{
    private const int CompareStep = 1024 * 1024;

    public RetryingObjectStore(IObjectStore inner, TimeProvider clock)
        : this(inner, new Retries(RetryOptions.Standard, clock)) { }

    public string Name => inner.Name;

    public async ValueTask<bool> PutIfAbsentAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel)
    {
        var (put, attempts) = await retries.RunAsync(
            async attempt => (await inner.PutIfAbsentAsync(key, content, cancel), attempt),
            cancel
        );
        return put || (attempts > 1 && await retries.RunAsync(_ => HoldsAsync(key, content, cancel), cancel));
    }

    public async ValueTask ReplaceAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel) =>
        await RunAsync(() => inner.ReplaceAsync(key, content, cancel), cancel);

    public async ValueTask ReadAsync(ObjectKey key, long offset, Memory<byte> into, CancellationToken cancel) =>
        await RunAsync(() => inner.ReadAsync(key, offset, into, cancel), cancel);

    public ValueTask<long?> FindSizeAsync(ObjectKey key, CancellationToken cancel) =>
        retries.RunAsync(_ => inner.FindSizeAsync(key, cancel), cancel);

    /// <summary>Where a listing fails in the middle, it is begun anew and what was given out is passed over.</summary>
    public async IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancel)
    {
        string? last = null;
        IAsyncEnumerator<ObjectEntry>? listing = null;
        try
        {
            while (true)
            {
                var next = await retries.RunAsync(
                    async attempt =>
                    {
                        if (attempt > 1 && listing is not null)
                        {
                            await listing.DisposeAsync();
                            listing = null;
                        }

                        listing ??= inner.ListAsync(prefix, cancel).GetAsyncEnumerator(cancel);
                        while (await listing.MoveNextAsync())
                        {
                            if (last is null || string.CompareOrdinal(listing.Current.Key.Value, last) > 0)
                                return listing.Current;
                        }

                        return (ObjectEntry?)null;
                    },
                    cancel
                );
                if (next is not { } entry)
                    yield break;

                last = entry.Key.Value;
                yield return entry;
            }
        }
        finally
        {
            if (listing is not null)
                await listing.DisposeAsync();
        }
    }

    public async ValueTask DeleteAsync(ObjectKey key, CancellationToken cancel) =>
        await RunAsync(() => inner.DeleteAsync(key, cancel), cancel);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private async ValueTask RunAsync(Func<ValueTask> act, CancellationToken cancel) =>
        await retries.RunAsync(
            async _ =>
            {
                await act();
                return true;
            },
            cancel
        );

    /// <summary>Whether an object holds these bytes. One that is not there, or is of another length, does not.</summary>
    private async ValueTask<bool> HoldsAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel)
    {
        if (await inner.FindSizeAsync(key, cancel) != content.Length)
            return false;

        var there = ArrayPool<byte>.Shared.Rent((int)Math.Min(content.Length, CompareStep));
        var ours = ArrayPool<byte>.Shared.Rent(there.Length);
        try
        {
            for (var offset = 0L; offset < content.Length; offset += CompareStep)
            {
                var length = (int)Math.Min(CompareStep, content.Length - offset);
                await inner.ReadAsync(key, offset, there.AsMemory(0, length), cancel);
                content.Slice(offset, length).CopyTo(ours);
                if (!there.AsSpan(0, length).SequenceEqual(ours.AsSpan(0, length)))
                    return false;
            }

            return true;
        }
        catch (HoldfastException e) when (e.Kind is FailureKind.NotFound or FailureKind.Corrupted)
        {
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(there);
            ArrayPool<byte>.Shared.Return(ours);
        }
    }
}
