using Holdfast.Engine.Buffers;
using Holdfast.Engine.Posix;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engine.Devices;

/// <summary>
/// Reads a block device past the page cache: what that holds of a device does not follow what the file system mounted on it writes. Pieces
/// that are not whole blocks go by way of a buffer of our own; only the end of a device that is no whole number of blocks is read through
/// the cache, which forgets it first.
/// </summary>
internal sealed class DirectReading : IDisposable
{
    private const int LargestDetour = 1024 * 1024;

    private readonly SafeFileHandle _direct;
    private readonly SafeFileHandle _cached;
    private readonly int _block;
    private readonly long _wholeBlocks;

    private DirectReading(SafeFileHandle direct, SafeFileHandle cached, int block, long size)
    {
        _direct = direct;
        _cached = cached;
        _block = block;
        _wholeBlocks = size / block * block;
    }

    /// <summary>Opens the device a second time. Null, with the reason, where it cannot be read directly.</summary>
    /// <param name="cached">The device as it is open, which stays its owner's.</param>
    /// <param name="size">Of the device, in bytes.</param>
    /// <param name="refusal">Why not, in words.</param>
    public static DirectReading? TryOpen(SafeFileHandle cached, long size, out string? refusal)
    {
        var errno = Libc.BlockDeviceLogicalBlock(cached, out var block);
        refusal = errno == Errno.Ok ? null : $"its block size cannot be told: {Errno.Text(errno)}";
        if (refusal is not null || size < block)
            return null;

        errno = Libc.OpenAgain(cached, Libc.ReadOnly | Libc.NonBlocking | Libc.Direct, out var direct);
        if (errno == Errno.Ok)
            errno = Try(direct, block);

        if (errno == Errno.Ok)
            return new DirectReading(direct, cached, block, size);

        direct.Dispose();
        refusal = Errno.Text(errno);
        return null;
    }

    /// <summary>Reads at least one byte, unless the device ends at or before the offset. Throws as <see cref="RandomAccess"/>
    /// does.</summary>
    public unsafe int Read(long offset, Span<byte> into)
    {
        if (offset >= _wholeBlocks)
            return ReadTail(offset, into);

        var whole = (int)Math.Min(_wholeBlocks - offset, into.Length) / _block * _block;

        // Pinned all the while: memory of the collector's heap could else be moved to where it is not aligned.
        fixed (byte* first = into)
        {
            if (whole > 0 && offset % _block == 0 && (nuint)first % (nuint)_block == 0)
                return RandomAccess.Read(_direct, into[..whole], offset);
        }

        return ReadByDetour(offset, into);
    }

    public void Dispose() => _direct.Dispose();

    /// <summary>Some devices let themselves be opened so, but not read.</summary>
    private static int Try(SafeFileHandle direct, int block)
    {
        using var buffer = new NativeBuffer(block);
        try
        {
            _ = RandomAccess.Read(direct, buffer.GetSpan(), 0);
            return Errno.Ok;
        }
        catch (Exception e) when (Errno.Of(e) is Errno.Invalid or Errno.NotSupported)
        {
            return Errno.Of(e);
        }
        catch (Exception e) when (Errno.Of(e) != Errno.Ok)
        {
            // A medium that fails is for whoever reads to tell.
            return Errno.Ok;
        }
    }

    private int ReadByDetour(long offset, Span<byte> into)
    {
        var start = offset / _block * _block;
        var end = Math.Min(_wholeBlocks, (offset + into.Length + _block - 1) / _block * _block);
        using var buffer = new NativeBuffer((int)Math.Min(end - start, LargestDetour));
        var read = RandomAccess.Read(_direct, buffer.GetSpan(), start);
        var before = (int)(offset - start);
        var useful = Math.Clamp(read - before, 0, into.Length);
        buffer.GetSpan().Slice(before, useful).CopyTo(into);
        return useful;
    }

    private int ReadTail(long offset, Span<byte> into)
    {
        // Pages that wait to be written cannot be forgotten; then they are what the device is about to hold.
        _ = Libc.Sync(_cached);
        Libc.Advise(_cached, Libc.AdviseNotNeeded, _wholeBlocks / 4096 * 4096);
        return RandomAccess.Read(_cached, into, offset);
    }
}
