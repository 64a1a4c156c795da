using Holdfast.Engine.Basics;

namespace Holdfast.Engine.Objects;

internal static class ObjectStoreReading
{
    private const long MaxWhole = 512L * 1024 * 1024;

    /// <summary>Reads a small object whole.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.NotFound"/>, or <see cref="FailureKind.Corrupted"/> when it is absurdly
    /// large.</exception>
    public static async Task<byte[]> ReadWholeAsync(this IObjectStore store, ObjectKey key, CancellationToken cancel)
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

        var bytes = new byte[size];
        await store.ReadAsync(key, 0, bytes, cancel);
        return bytes;
    }
}
