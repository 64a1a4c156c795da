using Holdfast.Engine.Basics;

namespace Holdfast.Engine.Objects;

/// <summary>A store in a place that may go away, and come back, while the store is open: a folder on a disk that is unmounted.</summary>
public interface IPlacedStore
{
    /// <summary>
    /// Says how our own content is told from another's. Where the place looks like another than the one that was opened, the store reads
    /// <paramref name="key"/> there and goes on in it when the answer is true. Until this is called it never does.
    /// </summary>
    /// <param name="isOurs">Whether this content of the object is ours. Called from any thread; throws nothing.</param>
    void Recognize(ObjectKey key, Func<byte[], bool> isOurs);

    /// <summary>How much can still be stored, or null where that cannot be told.</summary>
    StoreSpace? FindSpace();

    /// <summary>Why the place takes no writes, as far as that can be told without one; null where nothing is known to be in the
    /// way.</summary>
    HoldfastException? FindWriteTrouble();
}

/// <summary>The space of a store's place.</summary>
/// <param name="Free">Bytes that this process may still write there.</param>
/// <param name="Size">Bytes of the whole file system.</param>
public readonly record struct StoreSpace(long Free, long Size);
