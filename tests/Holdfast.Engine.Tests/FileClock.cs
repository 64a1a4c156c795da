using Holdfast.Engine.Posix;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests;

/// <summary>The clock that the kernel stamps files by, which ticks every few milliseconds only.</summary>
internal static class FileClock
{
    /// <summary>Returns when what is changed on the folder's file system from now on has another time than what was changed
    /// before.</summary>
    public static void WaitForNextTick(TempFolder folder)
    {
        var path = folder.File("tick", [1]);
        Assert.Equal(Errno.Ok, Libc.Stat(path, out var before));
        FileFacts now;
        do
        {
            File.WriteAllBytes(path, [1]);
            Assert.Equal(Errno.Ok, Libc.Stat(path, out now));
        } while (now.Changed == before.Changed);
    }
}
