using System.Runtime.InteropServices;

namespace Holdfast.Engine.Posix;

/// <summary>What this process may do, asked of the kernel and not found out by doing it.</summary>
internal static partial class FileRights
{
    private const int AtCurrentFolder = -100;
    private const int AtEffectiveRights = 0x200;
    private const int WriteAccess = 2;

    /// <summary>Whether this process, with the rights that it has now, may write to what is at a path.</summary>
    /// <returns>An error number: <see cref="Errno.ReadOnly"/> where the file system takes no writes.</returns>
    public static int MayWrite(string path) =>
        AccessCall(AtCurrentFolder, path, WriteAccess, AtEffectiveRights) >= 0 ? Errno.Ok : Marshal.GetLastPInvokeError();

    [LibraryImport("libc", EntryPoint = "faccessat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int AccessCall(int folder, string path, int mode, int flags);
}
