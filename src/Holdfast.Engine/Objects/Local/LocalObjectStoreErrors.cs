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
                $"No space left for the repository in '{store}'. Free space on its file system and try again; what was stored before is "
                    + $"untouched.",
                inner
            ),
            Errno.QuotaExceeded => new(
                FailureKind.NoSpace,
                $"The disk quota for the repository in '{store}' is used up. Raise it or free space and try again; what was stored "
                    + $"before is untouched.",
                inner
            ),
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

    public static HoldfastException Reading(string store, ObjectKey key, int errno, Exception? inner = null) =>
        errno switch
        {
            Errno.NoEntry or Errno.NotDirectory or Errno.IsDirectory => new(
                FailureKind.NotFound,
                $"There is no object '{key}' in '{store}'.",
                inner
            ),
            _ => new(FailureKind.Unavailable, $"Object '{key}' in '{store}' cannot be read: {Errno.Text(errno)}.", inner),
        };
}
