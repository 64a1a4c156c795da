using Holdfast.Engine.Basics;
using Holdfast.Engine.Posix;

namespace Holdfast.Engine.Devices;

/// <summary>What an error number means to the owner of a volume.</summary>
internal static class FileDeviceErrors
{
    public static HoldfastException Opening(string path, int errno, int flags)
    {
        var writing = (flags & (Libc.WriteOnly | Libc.ReadWrite)) != 0;
        return errno switch
        {
            Errno.NoEntry or Errno.NotDirectory => new(FailureKind.NotFound, $"There is no file or device '{path}'."),
            Errno.NoDeviceOrAddress or Errno.NoDevice => new(
                FailureKind.DeviceUnreadable,
                $"Nothing answers behind '{path}': {Errno.Text(errno)}."
            ),
            Errno.Busy or Errno.TextFileBusy => new(FailureKind.Busy, $"'{path}' is in use: {Errno.Text(errno)}."),
            Errno.AccessDenied or Errno.NotPermitted => new(
                writing ? FailureKind.WriteFailed : FailureKind.DeviceUnreadable,
                $"'{path}' may not be {(writing ? "written" : "read")} by {OwnUser.Text}: {Errno.Text(errno)}. Change its "
                    + "owner or mode, or run as a user who may."
            ),
            _ => new(writing ? FailureKind.WriteFailed : FailureKind.DeviceUnreadable, $"'{path}' cannot be opened: {Errno.Text(errno)}."),
        };
    }

    /// <summary>A new file could not be made in its folder.</summary>
    public static HoldfastException Making(string path, int errno) =>
        errno switch
        {
            Errno.NoEntry or Errno.NotDirectory => new(
                FailureKind.NotFound,
                $"There is no folder '{Path.GetDirectoryName(path)}' to make '{Path.GetFileName(path)}' in."
            ),
            Errno.AccessDenied or Errno.NotPermitted => new(
                FailureKind.WriteFailed,
                $"'{path}' cannot be made: {OwnUser.Text} may not write in '{Path.GetDirectoryName(path)}'. Name a folder "
                    + "in which that user may, or let it write in this one."
            ),
            Errno.ReadOnly => new(
                FailureKind.WriteFailed,
                $"'{path}' cannot be made: '{Path.GetDirectoryName(path)}' is read-only. Is its file system mounted so, or is it the unit "
                    + "of the service that lets it write elsewhere only (ProtectSystem=, ReadWritePaths=)? Name another folder."
            ),
            _ => Opening(path, errno, Libc.WriteOnly),
        };

    public static HoldfastException NotAVolume(string path, FileType type) =>
        new(FailureKind.Refused, $"'{path}' is {Describe(type)}; a volume is a regular file or a block device.");

    public static HoldfastException Empty(string path, bool isBlockDevice) =>
        new(
            FailureKind.DeviceChanged,
            isBlockDevice
                ? $"'{path}' is a block device of 0 bytes: nothing is attached to it. Attach its medium again, or name another device."
                : $"'{path}' is a file of 0 bytes: it was cut off, or is not written yet. Put its content back, or name another file."
        );

    public static HoldfastException Ended(string path, long at, long expected) =>
        new(FailureKind.DeviceChanged, $"Volume '{path}' ended at {at}, expected {expected}: it shrank while it was read.");

    public static HoldfastException Gone(string path, int errno) =>
        new(FailureKind.DeviceChanged, $"Volume '{path}' vanished while it was read: {Errno.Text(errno)}.");

    public static HoldfastException Reading(string path, long offset, int errno, Exception inner) =>
        errno switch
        {
            Errno.NoDeviceOrAddress or Errno.NoDevice => new(
                FailureKind.DeviceChanged,
                $"Volume '{path}' vanished while it was read (at byte {offset}): {Errno.Text(errno)}.",
                inner
            ),
            _ => new(FailureKind.DeviceUnreadable, $"Volume '{path}' cannot be read at byte {offset}: {Errno.Text(errno)}.", inner),
        };

    public static HoldfastException Writing(string path, string trouble, int errno, Exception? inner) =>
        errno switch
        {
            Errno.NoSpace or Errno.QuotaExceeded => new(
                FailureKind.NoSpace,
                $"'{path}' {trouble}: {Errno.Text(errno)}. Free space there and try again.",
                inner
            ),
            _ => new(FailureKind.WriteFailed, $"'{path}' {trouble}: {Errno.Text(errno)}.", inner),
        };

    private static string Describe(FileType type) =>
        type switch
        {
            FileType.Folder => "a folder",
            FileType.Socket => "a socket",
            FileType.Pipe => "a pipe",
            FileType.CharacterDevice => "a character device",
            _ => "neither file nor device",
        };
}
