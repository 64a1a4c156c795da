using Holdfast.Engine.Posix;

namespace Holdfast.Engine.Devices;

/// <summary>A file system that is mounted, and the paths that lead to it, in any mount namespace.</summary>
internal sealed record MountedFileSystem(string Number, string Kind, IReadOnlyList<string> Paths)
{
    public string What => $"the {Kind} file system mounted at '{Paths[0]}'";
}

/// <summary>All that is mounted, in this and all other mount namespaces that our rights let us see.</summary>
internal sealed class MountList
{
    private readonly List<(Mount Mount, string Root)> _mounts;

    private MountList(List<(Mount Mount, string Root)> mounts) => _mounts = mounts;

    public static MountList OfAllNamespaces()
    {
        var mounts = Mounts.In("/proc/self/mountinfo").Select(mount => (mount, "")).ToList();
        var seen = new HashSet<string>(StringComparer.Ordinal) { Namespace("/proc/self") ?? "" };
        foreach (var process in KernelFiles.Folders("/proc"))
        {
            if (!char.IsAsciiDigit(Path.GetFileName(process)[0]) || Namespace(process) is not { } its || !seen.Add(its))
                continue;

            mounts.AddRange(Mounts.In(process + "/mountinfo").Select(mount => (mount, process + "/root")));
        }

        return new MountList(mounts);
    }

    /// <summary>What is mounted on any of the devices.</summary>
    public IEnumerable<MountedFileSystem> On(IReadOnlyList<string> numbers)
    {
        var members = BtrfsMembers(numbers);
        return _mounts
            .Where(m => numbers.Contains(m.Mount.Number) || (IsAnonymous(m.Mount) && IsFrom(m.Mount, m.Root, numbers, members)))
            .GroupBy(m => m.Mount.Number)
            .Select(of => new MountedFileSystem(of.Key, of.First().Mount.Kind, [.. of.Select(m => m.Root + m.Mount.Point)]));
    }

    /// <summary>File systems over several devices have a number that is none's.</summary>
    private static bool IsAnonymous(in Mount mount) =>
        mount.Number.StartsWith("0:", StringComparison.Ordinal) && mount.Source.StartsWith('/');

    private static bool IsFrom(in Mount mount, string root, IReadOnlyList<string> numbers, HashSet<string> members)
    {
        if (mount.Kind is not ("btrfs" or "bcachefs" or "zfs"))
            return false;

        foreach (var path in (string[])[root + mount.Source, mount.Source])
        {
            if (Libc.Stat(path, out var facts) == Errno.Ok && facts.Type == FileType.BlockDevice)
            {
                var number = BlockDeviceIdentity.Number(facts.DeviceItself);
                return numbers.Contains(number) || members.Contains(number);
            }
        }

        // Its node is gone or was never here: the name that it had is what is left.
        return members.Contains(Path.GetFileName(mount.Source));
    }

    /// <summary>Numbers and names of all devices of each btrfs that has one of these.</summary>
    private static HashSet<string> BtrfsMembers(IReadOnlyList<string> numbers)
    {
        var members = new HashSet<string>(StringComparer.Ordinal);
        foreach (var fileSystem in KernelFiles.Folders("/sys/fs/btrfs"))
        {
            var devices = KernelFiles.Folders(fileSystem + "/devices");
            var its = devices.Select(device => KernelFiles.Line(device + "/dev")).OfType<string>().ToList();
            if (its.Exists(numbers.Contains))
                members.UnionWith(its.Concat(devices.Select(Path.GetFileName).OfType<string>()));
        }

        return members;
    }

    private static string? Namespace(string process)
    {
        try
        {
            return new FileInfo(process + "/ns/mnt").LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
