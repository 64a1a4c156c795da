using Holdfast.Engine.Posix;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engine.Devices;

/// <summary>The holes of a file, as its file system tells them (<c>SEEK_DATA</c>, <c>SEEK_HOLE</c>).</summary>
internal static class FileDeviceExtents
{
    public static IEnumerable<Extent> AllData(long size) => size > 0 ? [new Extent(0, size, ExtentKind.Data)] : [];

    public static IEnumerable<Extent> Of(SafeFileHandle file, long size)
    {
        // Some file systems have told of holes where freshly written pages were not on the medium yet. Cheap when nothing waits to be
        // written.
        _ = Libc.Sync(file);
        for (var at = 0L; at < size;)
        {
            var data = FindData(file, at, size);
            if (data > at)
                yield return new Extent(at, data - at, ExtentKind.Zero);

            var hole = data < size ? FindHole(file, data, size) : size;
            if (hole > data)
                yield return new Extent(data, hole - data, ExtentKind.Data);

            at = hole;
        }
    }

    /// <summary>Whether the file system says that a file is one hole from end to end.</summary>
    public static bool IsAllHole(SafeFileHandle file, long size) => Of(file, size).All(e => e.Kind == ExtentKind.Zero);

    /// <summary>Where data begins at or after an offset, or the size when there is none. Where nobody can tell, all is data.</summary>
    private static long FindData(SafeFileHandle file, long from, long size) =>
        Libc.Seek(file, from, Libc.SeekData, out var at) switch
        {
            Errno.Ok => Math.Clamp(at, from, size),
            Errno.NoDeviceOrAddress => size,
            _ => from,
        };

    private static long FindHole(SafeFileHandle file, long from, long size)
    {
        var errno = Libc.Seek(file, from, Libc.SeekHole, out var at);

        // A hole that begins where the data does can only come of a file that is being changed: reading the rest is always right.
        return errno == Errno.Ok && at > from ? Math.Min(at, size) : size;
    }
}
