using System.Globalization;
using Holdfast.Engine.Posix;

namespace Holdfast.Engine.Devices;

/// <summary>Who uses a file or block device, in words, from what the kernel lists under <c>/proc</c> and <c>/sys</c>. Null when nobody is
/// found.</summary>
internal static class DeviceUsers
{
    public static string? OfDevice(string path, ulong device)
    {
        var real = Libc.RealPath(path) ?? path;
        foreach (var number in WithPartitions(device))
        {
            var user = MountOf(number, real) ?? HolderOf(number);
            if (user is not null)
                return user;
        }

        return IsSwap(real) ? "the machine swaps to it" : null;
    }

    public static string? OfFile(string path, in FileFacts facts)
    {
        if (IsSwap(Libc.RealPath(path) ?? path))
            return "the machine swaps to it";

        foreach (var loop in KernelFiles.Folders("/sys/block", "loop*"))
        {
            var backing = KernelFiles.Lines(Path.Combine(loop, "loop/backing_file")).FirstOrDefault();
            if (backing is not null && Libc.Stat(backing, out var other) == Errno.Ok && other.IsSameFileAs(facts))
                return $"it is the backing file of /dev/{Path.GetFileName(loop)}";
        }

        return null;
    }

    /// <summary>A process that has the file open besides through the one descriptor that we hold, among those we may look at.</summary>
    public static string? ProcessWithOpen(in FileFacts facts)
    {
        foreach (var process in KernelFiles.Folders("/proc", "*"))
        {
            if (!int.TryParse(Path.GetFileName(process), NumberStyles.None, null, out var id))
                continue;

            var open = 0;
            foreach (var descriptor in KernelFiles.Files(Path.Combine(process, "fd")))
            {
                if (Libc.Stat(descriptor, out var other) == Errno.Ok && other.IsSameFileAs(facts))
                    open++;
            }

            if (open > (id == Environment.ProcessId ? 1 : 0))
                return $"process {id} ({KernelFiles.Lines(Path.Combine(process, "comm")).FirstOrDefault() ?? "?"}) has it open";
        }

        return null;
    }

    /// <summary>The device and its partitions, as the kernel writes their numbers.</summary>
    private static IEnumerable<string> WithPartitions(ulong device)
    {
        var number = BlockDeviceIdentity.Number(device);
        yield return number;
        foreach (var partition in KernelFiles.Folders(BlockDeviceIdentity.SystemFolder(number)))
        {
            if (File.Exists(partition + "/partition") && KernelFiles.Line(partition + "/dev") is { } its)
                yield return its;
        }
    }

    private static string? MountOf(string number, string path)
    {
        foreach (var mount in Mounts.In("/proc/self/mountinfo"))
        {
            if (mount.Number == number || mount.Source == path)
                return $"it is mounted at '{mount.Point}'";
        }

        return null;
    }

    private static string? HolderOf(string number) =>
        KernelFiles.Folders(BlockDeviceIdentity.SystemFolder(number) + "/holders").FirstOrDefault() is { } holder
            ? $"/dev/{Path.GetFileName(holder)} is made of it"
            : null;

    private static bool IsSwap(string path) =>
        KernelFiles.Lines("/proc/swaps").Skip(1).Any(line => KernelFiles.Unescape(line.Split([' ', '\t'], 2)[0]) == path);
}
