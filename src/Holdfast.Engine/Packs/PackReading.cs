using Holdfast.Engine.Basics;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Packs;

internal static class PackReading
{
    /// <summary>Reads bytes of a pack that an index names.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/> naming the pack when it is not there.</exception>
    public static async ValueTask ReadAsync(IObjectStore store, PackInfo pack, long offset, Memory<byte> into, CancellationToken cancel)
    {
        try
        {
            await store.ReadAsync(pack.Key, offset, into, cancel);
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.NotFound)
        {
            throw new HoldfastException(
                FailureKind.Corrupted,
                $"Pack '{pack.Key}', which an index object names, is missing from '{store.Name}'. Put back a copy of it.",
                e
            );
        }
    }
}
