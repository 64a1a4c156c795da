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
