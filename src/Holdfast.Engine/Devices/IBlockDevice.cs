using Holdfast.Engine.Basics;

namespace Holdfast.Engine.Devices;

public enum ExtentKind
{
    /// <summary>May hold anything; must be read.</summary>
    Data,

    /// <summary>Reads as zeros by the device's own account.</summary>
    Zero,
}

/// <summary>A run of bytes of one kind. Offset and length in bytes.</summary>
public readonly record struct Extent(long Offset, long Length, ExtentKind Kind);

/// <summary>
/// A volume's bytes. All members may be called from many threads at once, for ranges that do not overlap where one of them writes.
/// </summary>
public interface IBlockDevice : IAsyncDisposable
{
    /// <summary>What to call the device in messages, e.g. its path.</summary>
    string Name { get; }

    /// <summary>Size in bytes when the device was opened.</summary>
    long Size { get; }

    /// <summary>Reads exactly <paramref name="into"/>.Length bytes.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.DeviceChanged"/> when the device ends before the range does,
    /// <see cref="FailureKind.DeviceUnreadable"/> with the offset when the medium fails.</exception>
    ValueTask ReadAsync(long offset, Memory<byte> into, CancellationToken cancel);

    /// <summary>Writes all bytes.</summary>
    ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> from, CancellationToken cancel);

    /// <summary>Makes a range read as zeros, as a hole where the device can.</summary>
    ValueTask WriteZerosAsync(long offset, long length, CancellationToken cancel);

    /// <summary>Returns when all that was written is durable.</summary>
    ValueTask FlushAsync(CancellationToken cancel);

    /// <summary>The device's extents, in order, without gap or overlap, covering [0, <see cref="Size"/>).</summary>
    IEnumerable<Extent> Extents();

    /// <summary>
    /// A text that is equal at two moments only if no byte changed between them, or null where the device cannot tell. See
    /// docs/decisions for what makes it trustworthy for a file.
    /// </summary>
    string? ContentStamp();

    /// <summary>Throws <see cref="FailureKind.DeviceChanged"/> when the device is no longer what was opened (another size, or
    /// gone).</summary>
    void ThrowIfReplaced();

    /// <summary>What identifies the device, or null where it has nothing lasting (memory).</summary>
    DeviceIdentity? Identity() => null;

    /// <summary>
    /// Brings what is held back above the device down to it: what the file systems mounted on it, on its partitions or on what is made of
    /// it have not written yet. Called once, before <see cref="ContentStamp"/>, <see cref="WriteMark"/> and the first read. Never waits
    /// long for a file system that does not answer.
    /// </summary>
    /// <returns>What could not be done, in sentences for a log.</returns>
    ValueTask<IReadOnlyList<string>> SettleAsync(CancellationToken cancel) => new([]);

    /// <summary>
    /// A text that differs at two moments if anything was written to the device between them, by whomever, or null where that cannot be
    /// told. Weaker than <see cref="ContentStamp"/>: it is compared only within one run.
    /// </summary>
    string? WriteMark() => null;
}
