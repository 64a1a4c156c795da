using Holdfast.Engine.Basics;
using Holdfast.Engine.Posix;

namespace Holdfast.Engine.Devices;

/// <summary>Finds out whether somebody uses a file or block device that is about to be overwritten. The kernel decides; the rest is to say
/// who it is.</summary>
internal static class RestoreTargetGuard
{
    /// <summary>Opens for reading and writing; a block device so that nobody can mount it or swap to it meanwhile, which fails when
    /// somebody does already.</summary>
    public static FileDevice OpenAlone(string path, in FileFacts facts)
    {
        try
        {
            var alone = facts.Type == FileType.BlockDevice ? Libc.Exclusive : 0;
            return FileDevice.Open(path, Libc.ReadWrite | alone, TimeProvider.System);
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.Busy)
        {
            var user =
                facts.Type == FileType.BlockDevice ? DeviceUsers.OfDevice(path, facts.DeviceItself) : DeviceUsers.OfFile(path, facts);
            throw InUse(path, user ?? "another program holds it", e);
        }
    }

    /// <summary>Throws where a file that is not there must not be made.</summary>
    public static void ThrowIfNoPlaceForFile(DeviceAddress address, DeviceIdentity? registered)
    {
        var path = address.FilePath;
        if (registered?.Kind == DeviceKind.BlockDevice)
            throw new HoldfastException(
                FailureKind.NotFound,
                $"The volume is the block device '{path}', which is not there. Nothing was written. Plug the device in, or register "
                    + "the volume anew where it is now."
            );

        if (IsForDevices(path) || IsForDevices(address.ResolvedPath))
            throw new HoldfastException(
                FailureKind.NotFound,
                $"There is no device '{path}', and files are not made below /dev, which is gone at the next start. Nothing was "
                    + "written. Name a device that is there, or a file elsewhere."
            );

        var folder = Path.GetDirectoryName(address.ResolvedPath) ?? "/";
        if (registered?.FileSystem is { } was && FileSystemName.Of(folder) is { } now && !FileSystemName.AreSame(now, was))
            throw new HoldfastException(
                FailureKind.DeviceChanged,
                $"The volume's file '{path}' is not there, and the folder lies on the file system '{now}', not on '{was}' as the file did. "
                    + "Nothing was written. Mount its file system, or restore to a file elsewhere."
            );
    }

    /// <summary>Throws when what was opened is not the volume that was registered.</summary>
    public static void ThrowIfAnother(FileDevice device, DeviceIdentity? registered)
    {
        if (registered is null || device.Identity() is not { } now || now.DifferencesFrom(registered) is not { Count: > 0 } differences)
            return;

        throw new HoldfastException(
            FailureKind.DeviceChanged,
            $"'{device.Name}' is not the volume that was registered. {string.Join(' ', differences)} Nothing was written. If it "
                + "shall be the volume from now on, say so: holdfast volume set NAME --accept-device."
        );
    }

    private static bool IsForDevices(string path) =>
        path.StartsWith("/dev/", StringComparison.Ordinal) || Mounts.Of(Path.GetDirectoryName(path) ?? "/")?.Kind == "devtmpfs";

    public static void ThrowIfInUse(FileDevice device)
    {
        if (Libc.Lock(device.File, Libc.LockExclusive | Libc.LockWithoutWaiting) == Errno.TryAgain)
            throw InUse(device.Name, DeviceUsers.ProcessWithOpen(device.Facts) ?? "another program has locked it", null);

        if (device.IsBlockDevice)
            return;

        if (DeviceUsers.OfFile(device.Name, device.Facts) is { } user)
            throw InUse(device.Name, user, null);

        // The lease answers for every process, ours included, and for mappings whose descriptor is closed; the list of open files only for
        // what we may look at.
        var errno = Libc.ProbeSoleOpener(device.File);
        if (errno is Errno.TryAgain or Errno.Busy)
            throw InUse(device.Name, DeviceUsers.ProcessWithOpen(device.Facts) ?? "another program has it open", null);

        if (errno != Errno.Ok && DeviceUsers.ProcessWithOpen(device.Facts) is { } process)
            throw InUse(device.Name, process, null);
    }

    private static HoldfastException InUse(string path, string user, Exception? inner) =>
        new(FailureKind.Busy, $"'{path}' is in use: {user}. Nothing was written. Stop that use first, or name another target.", inner);
}
