using Holdfast.Engine.Posix;

namespace Holdfast.Engine.Devices;

/// <summary>
/// A block device and all that is made of it, by the kernel's numbers: its partitions, what holds it or one of them (device mapper, RAID,
/// bcache, …), and loop devices over files that lie on one of them.
/// </summary>
/// <param name="Levels">From the bottom up. A device is on the highest level that it is found on.</param>
internal sealed record DeviceStack(IReadOnlyList<IReadOnlyList<string>> Levels)
{
    // More than anybody stacks; ends what the kernel would show in a circle.
    private const int Deepest = 16;

    public static DeviceStack Over(ulong device) => Climb([BlockDeviceIdentity.Number(device)]);

    /// <summary>Of what is made of a file: the loop devices over it.</summary>
    /// <param name="path">The file's.</param>
    /// <param name="file">What it is.</param>
    public static DeviceStack OverFile(string path, FileFacts file)
    {
        if (!LoopFolders().Any())
            return new DeviceStack([]);

        // Asked is only about files that lie where this one does: others may be on a server that does not answer.
        var mounts = Mounts.In("/proc/self/mountinfo").ToList();
        var its = Mounts.Of(mounts, Libc.RealPath(path) ?? path)?.Number;
        return Climb([.. Loops(mounts).Where(l => l.LiesOn == its && IsFile(l.Backing, file)).Select(l => l.Number)]);
    }

    private static DeviceStack Climb(IReadOnlyList<string> bottom)
    {
        var levels = new List<IReadOnlyList<string>>();
        if (bottom.Count == 0)
            return new DeviceStack(levels);

        var loops = Loops([.. Mounts.In("/proc/self/mountinfo")]).ToList();
        for (var level = bottom; level.Count > 0 && levels.Count < Deepest; level = [.. level.SelectMany(d => MadeOf(d, loops)).Distinct()])
            levels.Add(level);

        // What is found again higher up is synced there alone.
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = levels.Count - 1; i >= 0; i--)
            levels[i] = [.. levels[i].Where(seen.Add)];

        return new DeviceStack(levels);
    }

    private static IEnumerable<string> MadeOf(string number, IReadOnlyList<Loop> loops)
    {
        var folder = BlockDeviceIdentity.SystemFolder(number);
        var partitions = KernelFiles.Folders(folder).Where(child => File.Exists(child + "/partition"));
        foreach (var child in partitions.Concat(KernelFiles.Folders(folder + "/holders")))
        {
            if (KernelFiles.Line(child + "/dev") is { } its)
                yield return its;
        }

        foreach (var loop in loops)
        {
            if (loop.LiesOn == number)
                yield return loop.Number;
        }
    }

    private static bool IsFile(string path, in FileFacts file) =>
        Libc.Stat(path, out var facts) == Errno.Ok && facts.IsSameFileAs(file);

    private static IEnumerable<Loop> Loops(IReadOnlyList<Mount> mounts)
    {
        foreach (var loop in LoopFolders())
        {
            if (KernelFiles.Line(loop + "/loop/backing_file") is { } backing && KernelFiles.Line(loop + "/dev") is { } number)
                yield return new Loop(number, backing, Mounts.Of(mounts, backing)?.Number);
        }
    }

    /// <summary>Of the loop devices that are in use.</summary>
    private static IEnumerable<string> LoopFolders() =>
        KernelFiles.Folders("/sys/block", "loop*").Where(loop => Directory.Exists(loop + "/loop"));

    /// <summary>A loop device, the file behind it, and the number of the device that the file lies on.</summary>
    private readonly record struct Loop(string Number, string Backing, string? LiesOn);
}
