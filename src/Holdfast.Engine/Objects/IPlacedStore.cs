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

    /// <summary>Bytes that can still be stored, or null where that cannot be told.</summary>
    long? FindFreeBytes();
}
