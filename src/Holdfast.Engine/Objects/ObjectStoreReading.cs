using Holdfast.Engine.Basics;
using Holdfast.Engine.Buffers;

namespace Holdfast.Engine.Objects;

internal static class ObjectStoreReading
{
    private const long MaxWhole = 512L * 1024 * 1024;

    /// <summary>Reads a small object whole.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.NotFound"/>, or <see cref="FailureKind.Corrupted"/> when it is absurdly
    /// large.</exception>
    public static async Task<byte[]> ReadWholeAsync(this IObjectStore store, ObjectKey key, CancellationToken cancel)
    {
        var bytes = new byte[await SizeOfAsync(store, key, cancel)];
        await store.ReadAsync(key, 0, bytes, cancel);
        return bytes;
    }

    /// <inheritdoc cref="ReadWholeAsync(IObjectStore, ObjectKey, CancellationToken)"/>
    /// <param name="into">Memory for its bytes.</param>
    public static async Task<ReadOnlyMemory<byte>> ReadWholeAsync(
        this IObjectStore store,
        ObjectKey key,
        GrowingBuffer into,
        CancellationToken cancel
    )
    {
        var bytes = into.Get(checked((int)await SizeOfAsync(store, key, cancel)));
        await store.ReadAsync(key, 0, bytes, cancel);
        return bytes;
    }

    private static async Task<long> SizeOfAsync(IObjectStore store, ObjectKey key, CancellationToken cancel)
    {
        var size =
            await store.FindSizeAsync(key, cancel)
            ?? throw new HoldfastException(FailureKind.NotFound, $"There is no object '{key}' in '{store.Name}'.");
        if (size > MaxWhole)
        {
            throw new HoldfastException(
                FailureKind.Corrupted,
                $"The object '{key}' in '{store.Name}' is {size} bytes; none of its kind is larger than {MaxWhole}."
            );
        }

        return size;
    }
}
