using Holdfast.Engine.Posix;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engine.Devices;

/// <summary>
/// The content stamp of a file: what its file system says of it, where that is known to change with every change of a byte. The reasons are
/// in docs/decisions/0003-trusting-file-times.md; whoever adds a file system here has shown all of them for it.
/// </summary>
internal static class FileDeviceStamp
{
    /// <summary>How old the last change must be. Longer than the coarsest clock of the trusted file systems, one second.</summary>
    public static readonly TimeSpan Settled = TimeSpan.FromSeconds(2);

    private const string BootIdFile = "/proc/sys/kernel/random/boot_id";

    /// <summary>ext2, ext3 and ext4; XFS; btrfs; F2FS.</summary>
    private static readonly uint[] TrustedFileSystems = [0xef53, 0x58465342, 0x9123683e, 0xf2f52010];

    // The times of the last seconds before a crash may be lost while the data is not, so a stamp is good for one boot.
    private static readonly string? Boot = ReadBootId();

    /// <summary>Whether a file lies where every change of a byte moves its times, by a mapping too.</summary>
    public static bool IsTrusted(SafeFileHandle file) =>
        Libc.FileSystemMagic(file, out var magic) == Errno.Ok && TrustedFileSystems.Contains(magic);

    /// <param name="path">The file; opened again, as a file that was open longer may be another by now on layered file systems.</param>
    /// <param name="opened">What it was when the device was opened.</param>
    /// <param name="clock">Tells how old the last change is.</param>
    public static string? Of(string path, in FileFacts opened, TimeProvider clock)
    {
        var errno = Libc.Open(path, Libc.ReadOnly | Libc.NonBlocking, out var file);
        using (file)
        {
            return errno == Errno.Ok && Boot is not null ? Of(file, opened, clock) : null;
        }
    }

    private static string? Of(SafeFileHandle file, in FileFacts opened, TimeProvider clock)
    {
        if (!IsTrusted(file))
            return null;

        // What moved the times while the pages were being cleaned may have been followed by stores that move nothing.
        var before = clock.GetUtcNow();

        // Cleans pages that are mapped, so that the next store into one faults and moves the times.
        if (Libc.Sync(file) != Errno.Ok || Libc.Stat(file, out var now) != Errno.Ok || !now.IsSameFileAs(opened))
            return null;

        var age = before - now.Changed.ToDateTimeOffset();
        return age < Settled
            ? null
            : $"file-1 boot={Boot} mount={now.Mount:x} device={now.Device:x} inode={now.Inode} born={now.Born} size={now.Size} "
                + $"modified={now.Modified} changed={now.Changed}";
    }

    private static string? ReadBootId()
    {
        try
        {
            return File.ReadAllText(BootIdFile).Trim() is { Length: > 0 } id ? id : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
