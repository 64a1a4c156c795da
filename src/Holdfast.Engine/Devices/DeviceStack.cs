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
    public static DeviceStack OverFile(FileFacts file) =>
        Climb([.. Loops().Where(loop => loop.Backing.IsSameFileAs(file)).Select(loop => loop.Number)]);

    private static DeviceStack Climb(IReadOnlyList<string> bottom)
    {
        var levels = new List<IReadOnlyList<string>>();
        if (bottom.Count == 0)
            return new DeviceStack(levels);

        var loops = Loops().ToList();
        for (var level = bottom; level.Count > 0 && levels.Count < Deepest; level = [.. level.SelectMany(d => MadeOf(d, loops)).Distinct()])
            levels.Add(level);

        // What is found again higher up is synced there alone.
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = levels.Count - 1; i >= 0; i--)
            levels[i] = [.. levels[i].Where(seen.Add)];

        return new DeviceStack(levels);
    }

    private static IEnumerable<string> MadeOf(string number, IReadOnlyList<(string Number, FileFacts Backing)> loops)
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
            if (BlockDeviceIdentity.Number(loop.Backing.Device) == number)
                yield return loop.Number;
        }
    }

    private static IEnumerable<(string Number, FileFacts Backing)> Loops()
    {
        foreach (var loop in KernelFiles.Folders("/sys/block", "loop*"))
        {
            if (
                KernelFiles.Line(loop + "/loop/backing_file") is { } backing
                && Libc.Stat(backing, out var facts) == Errno.Ok
                && KernelFiles.Line(loop + "/dev") is { } number
            )
                yield return (number, facts);
        }
    }
}
