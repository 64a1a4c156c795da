using Holdfast.Engine.Basics;
using Holdfast.Engine.Posix;

namespace Holdfast.Engine.Objects.Local;

/// <summary>What an error number of the file system means to a user of the store.</summary>
internal static class LocalObjectStoreErrors
{
    public static HoldfastException Writing(string store, ObjectKey key, int errno, Exception? inner = null) =>
        Writing(store, $"Object '{key}'", errno, inner);

    public static HoldfastException Writing(string store, string what, int errno, Exception? inner = null) =>
        errno switch
        {
            Errno.NoSpace => new(
                FailureKind.NoSpace,
                $"No space left in the repository's folder '{store}'{Free(store)}. Free space on its file system and try again; what was "
                    + $"stored before is untouched.",
                inner
            ),
            Errno.QuotaExceeded => new(
                FailureKind.NoSpace,
                $"The disk quota for the repository in '{store}' is used up. Raise it or free space and try again; what was stored "
                    + $"before is untouched.",
                inner
            ),
            _ when IsGone(errno) => Gone(store, errno, inner),
            Errno.ReadOnly => new(
                FailureKind.WriteFailed,
                $"The repository folder '{store}' is on a file system that is mounted read-only.",
                inner
            ),
            Errno.AccessDenied or Errno.NotPermitted => new(
                FailureKind.WriteFailed,
                $"{what} cannot be written in '{store}': {Errno.Text(errno)}. Run as a user who may write there, or change the folder's "
                    + $"owner or mode.",
                inner
            ),
            _ => new(
                FailureKind.WriteFailed,
                $"{what} cannot be written in '{store}': {Errno.Text(errno)}. Check the disk and the system's log.",
                inner
            ),
        };

    /// <summary>A name was made or taken away, but whether that lasts is not known.</summary>
    public static HoldfastException Syncing(string store, string folder, int errno) =>
        IsGone(errno)
            ? Gone(store, errno, inner: null)
            : new HoldfastException(
                FailureKind.WriteFailed,
                $"Folder '{folder}' cannot be made durable in '{store}': {Errno.Text(errno)}. Check the disk and the system's log."
            );

    /// <summary>The folder is not there: nothing at its path, or another.</summary>
    public static HoldfastException NotThere(string store, string why) =>
        new(
            FailureKind.RepositoryAway,
            $"The repository's folder '{store}' is not there any more: {why}. Is its disk mounted? Work goes on when it is back."
        );

    public static HoldfastException Reading(string store, ObjectKey key, int errno, Exception? inner = null) =>
        errno switch
        {
            Errno.NoEntry or Errno.NotDirectory or Errno.IsDirectory => new(
                FailureKind.NotFound,
                $"There is no object '{key}' in '{store}'.",
                inner
            ),
            _ when IsGone(errno) => Gone(store, errno, inner),
            _ => new(FailureKind.Unavailable, $"Object '{key}' in '{store}' cannot be read: {Errno.Text(errno)}.", inner),
        };

    private static HoldfastException Gone(string store, int errno, Exception? inner) =>
        new(
            FailureKind.RepositoryAway,
            $"The file system of the repository's folder '{store}' is gone: {Errno.Text(errno)}. Is its disk, or the server that it is on, "
                + $"there? Work goes on when it is back.",
            inner
        );

    /// <summary>What file systems answer whose disk was pulled or whose server is away.</summary>
    private static bool IsGone(int errno) =>
        errno
            is Errno.NoDeviceOrAddress
                or Errno.NoDevice
                or Errno.NotConnected
                or Errno.Shutdown
                or Errno.TimedOut
                or Errno.HostDown
                or Errno.Stale;

    private static string Free(string store)
    {
        try
        {
            return $" ({new DriveInfo(store).AvailableFreeSpace} bytes free)";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return "";
        }
    }
}
