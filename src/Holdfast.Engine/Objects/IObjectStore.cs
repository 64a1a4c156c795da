using System.Buffers;
using Holdfast.Engine.Basics;

namespace Holdfast.Engine.Objects;

/// <summary>
/// Where a repository's objects lie. Objects are written whole, read in ranges, and never changed in place. All members may be called
/// from many threads at once. What each store promises beyond this is the same: after a put has returned, the object survives
/// a crash of the process and of the machine.
/// <para>A put reads its content only until it returns, however it ends: after it has returned, failed or been cancelled, nothing touches
/// the memory any more, which may be freed or filled anew at once. The same holds for the memory that a read fills.</para>
/// <para>A put whose outcome is not known says so, by <see cref="FailureKind.Unavailable"/> or by being cancelled: the object may be there,
/// whole, or come to be there later. No other failure leaves an object that was not there before.</para>
/// </summary>
public interface IObjectStore : IAsyncDisposable
{
    /// <summary>What to call this store in messages, e.g. its folder. Holds no secret.</summary>
    string Name { get; }

    /// <summary>
    /// Puts a whole object. After it returns, every reader sees all of it, durably; before, none. Returns false, and changes nothing, when
    /// an object of that key exists already. Of several callers at once exactly one gets true; where a store cannot promise that
    /// (<see cref="IProbedStore"/>), it promises it of callers that are not at once. A store that repeats a call whose answer was lost
    /// answers true where the object that it then finds holds exactly the caller's bytes.
    /// </summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.NoSpace"/> (the object does not exist),
    /// <see cref="FailureKind.WriteFailed"/>, <see cref="FailureKind.Unavailable"/> (a retry may help; the object may or may not
    /// exist).</exception>
    ValueTask<bool> PutIfAbsentAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel);

    /// <summary>Puts a whole object in the place of any of that key, atomically: a reader sees the old one or the new one, whole.</summary>
    ValueTask ReplaceAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel);

    /// <summary>Reads exactly <paramref name="into"/>.Length bytes from <paramref name="offset"/>.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.NotFound"/>; <see cref="FailureKind.Corrupted"/> when the object ends
    /// before the range does; <see cref="FailureKind.Unavailable"/>.</exception>
    ValueTask ReadAsync(ObjectKey key, long offset, Memory<byte> into, CancellationToken cancel);

    /// <summary>The size in bytes, or null when there is no such object.</summary>
    ValueTask<long?> FindSizeAsync(ObjectKey key, CancellationToken cancel);

    /// <summary>All objects whose key begins with <paramref name="prefix"/> (a whole number of segments, ending in '/', or empty for all),
    /// in ordinal order of their keys. Objects put or deleted meanwhile may or may not be seen.</summary>
    IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancel);

    /// <summary>Deletes an object. Deleting one that does not exist succeeds. When this returns, the object is gone for good, and stays so
    /// after a crash of the machine, whether this call removed it or found it gone.</summary>
    ValueTask DeleteAsync(ObjectKey key, CancellationToken cancel);
}
