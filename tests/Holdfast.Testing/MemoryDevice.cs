using System.Collections.Concurrent;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Devices;

namespace Holdfast.Testing;

/// <summary>
/// A device in memory that keeps only the pages that were written, so one of many GiB is cheap. Hooks let a test change, shrink, vanish or
/// break it in the middle of a read.
/// </summary>
public sealed class MemoryDevice : IBlockDevice
{
    /// <summary>Bytes a page: what <see cref="Extents"/> is exact to.</summary>
    public const int PageSize = 64 * 1024;

    private readonly ConcurrentDictionary<long, byte[]> _pages = new();
    private long _sizeNow;
    private long _bytesRead;
    private long _bytesWritten;
    private int _flushes;

    public MemoryDevice(long size, string name = "memory device")
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        Size = size;
        Name = name;
        _sizeNow = size;
    }

    public MemoryDevice(ReadOnlySpan<byte> content, string name = "memory device")
        : this(content.Length, name) => Poke(0, content);

    public string Name { get; }

    public long Size { get; }

    /// <summary>What <see cref="ContentStamp"/> answers. Null, the default: the device cannot tell.</summary>
    public string? Stamp { get; set; }

    /// <summary>What <see cref="Extents"/> answers, or null for pages that were written as data and all else as zeros.</summary>
    public IReadOnlyList<Extent>? ExtentList { get; set; }

    /// <summary>Called with offset and length before each read; may throw, or change the device.</summary>
    public Action<long, int>? BeforeRead { get; set; }

    /// <summary>Called with offset and length before each write (of bytes or zeros); may throw.</summary>
    public Action<long, long>? BeforeWrite { get; set; }

    /// <summary>Whether <see cref="ThrowIfReplaced"/> finds another device in this one's place.</summary>
    public bool Replaced { get; set; }

    public long BytesRead => Interlocked.Read(ref _bytesRead);

    public long BytesWritten => Interlocked.Read(ref _bytesWritten);

    public int Flushes => Volatile.Read(ref _flushes);

    /// <summary>Changes bytes behind the reader's back: no hook, no count.</summary>
    public void Poke(long offset, ReadOnlySpan<byte> content)
    {
        while (content.Length > 0)
        {
            var (page, at) = Math.DivRem(offset, PageSize);
            var length = (int)Math.Min(content.Length, PageSize - at);
            content[..length].CopyTo(_pages.GetOrAdd(page, static _ => new byte[PageSize]).AsSpan((int)at));
            content = content[length..];
            offset += length;
        }
    }

    /// <summary>Looks at bytes without hook or count.</summary>
    public void Peek(long offset, Span<byte> into)
    {
        while (into.Length > 0)
        {
            var (page, at) = Math.DivRem(offset, PageSize);
            var length = (int)Math.Min(into.Length, PageSize - at);
            if (_pages.TryGetValue(page, out var bytes))
                bytes.AsSpan((int)at, length).CopyTo(into);
            else
                into[..length].Clear();

            into = into[length..];
            offset += length;
        }
    }

    /// <summary>All bytes; for devices that fit an array.</summary>
    public byte[] ToArray()
    {
        var all = new byte[Size];
        Peek(0, all);
        return all;
    }

    /// <summary>Makes the device end earlier than it said when it was opened.</summary>
    public void ShrinkTo(long size) => Interlocked.Exchange(ref _sizeNow, size);

    public ValueTask ReadAsync(long offset, Memory<byte> into, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        BeforeRead?.Invoke(offset, into.Length);
        ThrowIfOutside(offset, into.Length);
        Peek(offset, into.Span);
        Interlocked.Add(ref _bytesRead, into.Length);
        return ValueTask.CompletedTask;
    }

    public ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> from, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        BeforeWrite?.Invoke(offset, from.Length);
        ThrowIfOutside(offset, from.Length);
        Poke(offset, from.Span);
        Interlocked.Add(ref _bytesWritten, from.Length);
        return ValueTask.CompletedTask;
    }

    public ValueTask WriteZerosAsync(long offset, long length, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        BeforeWrite?.Invoke(offset, length);
        ThrowIfOutside(offset, length);
        foreach (var page in _pages.Keys.Where(p => (p + 1) * PageSize > offset && p * PageSize < offset + length))
        {
            var start = Math.Max(offset, page * PageSize);
            var end = Math.Min(offset + length, (page + 1) * PageSize);
            if (end - start == PageSize)
                _pages.TryRemove(page, out _);
            else
                _pages[page].AsSpan((int)(start - (page * PageSize)), (int)(end - start)).Clear();
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask FlushAsync(CancellationToken cancel)
    {
        Interlocked.Increment(ref _flushes);
        return ValueTask.CompletedTask;
    }

    public IEnumerable<Extent> Extents() => ExtentList ?? WrittenPages();

    public string? ContentStamp() => Stamp;

    public void ThrowIfReplaced()
    {
        if (Replaced || Interlocked.Read(ref _sizeNow) != Size)
            throw new HoldfastException(FailureKind.DeviceChanged, $"'{Name}' is no longer the device that was opened.");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private List<Extent> WrittenPages()
    {
        var extents = new List<Extent>();
        var reached = 0L;
        foreach (var page in _pages.Keys.Where(p => p * PageSize < Size).Order())
        {
            var start = page * PageSize;
            if (start > reached)
                extents.Add(new Extent(reached, start - reached, ExtentKind.Zero));

            reached = Math.Min(Size, start + PageSize);
            extents.Add(new Extent(start, reached - start, ExtentKind.Data));
        }

        if (reached < Size)
            extents.Add(new Extent(reached, Size - reached, ExtentKind.Zero));

        return extents;
    }

    private void ThrowIfOutside(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        var end = Interlocked.Read(ref _sizeNow);
        if (offset > end - length)
            throw new HoldfastException(FailureKind.DeviceChanged, $"Volume '{Name}' ended at {end}, expected {Size}.");
    }
}
