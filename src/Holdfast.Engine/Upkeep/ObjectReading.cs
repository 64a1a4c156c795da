using Holdfast.Engine.Basics;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Upkeep;

/// <summary>Reads objects that may be damaged. What cannot be read while the store is well (a bad sector) is damage, too.</summary>
/// <param name="throwIfGone">Whether the store still holds this repository.</param>
internal sealed class ObjectReading(IObjectStore store, Func<CancellationToken, Task> throwIfGone)
{
    private long _bytes;

    public IObjectStore Store => store;

    /// <summary>Bytes that were read.</summary>
    public long BytesRead => Interlocked.Read(ref _bytes);

    public void Count(long bytes) => Interlocked.Add(ref _bytes, bytes);

    /// <summary>Reads a range. Null when it was read, else what is wrong.</summary>
    public Task<string?> TryReadAsync(ObjectKey key, long offset, Memory<byte> into, CancellationToken cancel) =>
        TryAsync(
            async () =>
            {
                await store.ReadAsync(key, offset, into, cancel);
                Count(into.Length);
            },
            cancel
        );

    /// <summary>Reads a small object whole. Null, and what is wrong, when it cannot be read.</summary>
    public async Task<(byte[]? Bytes, string? Flaw)> TryReadWholeAsync(ObjectKey key, CancellationToken cancel)
    {
        byte[]? bytes = null;
        var flaw = await TryAsync(
            async () =>
            {
                bytes = await store.ReadWholeAsync(key, cancel);
                Count(bytes.Length);
            },
            cancel
        );
        return (bytes, flaw);
    }

    /// <summary>Does what reads stored bytes; an answer that did not come is waited for once more.</summary>
    /// <returns>Null when it was done, else what is wrong with the object.</returns>
    /// <exception cref="HoldfastException">The store is not well, or a newer version wrote the object.</exception>
    public async Task<string?> TryAsync(Func<Task> read, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await read();
                return null;
            }
            catch (HoldfastException e) when (e.Kind == FailureKind.NotFound)
            {
                return "it is not there";
            }
            catch (HoldfastException e) when (e.Kind == FailureKind.Corrupted)
            {
                return e.Message;
            }
            catch (HoldfastException e) when (e.Kind == FailureKind.Unavailable)
            {
                await throwIfGone(cancel);
                if (attempt > 1)
                    return e.Message;
            }
        }
    }
}
