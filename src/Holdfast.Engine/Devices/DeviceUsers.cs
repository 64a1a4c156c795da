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

        foreach (var loop in Folders("/sys/block", "loop*"))
        {
            var backing = Lines(Path.Combine(loop, "loop/backing_file")).FirstOrDefault();
            if (backing is not null && Libc.Stat(backing, out var other) == Errno.Ok && other.IsSameFileAs(facts))
                return $"it is the backing file of /dev/{Path.GetFileName(loop)}";
        }

        return null;
    }

    /// <summary>A process that has the file open besides through the one descriptor that we hold, among those we may look at.</summary>
    public static string? ProcessWithOpen(in FileFacts facts)
    {
        foreach (var process in Folders("/proc", "*"))
        {
            if (!int.TryParse(Path.GetFileName(process), NumberStyles.None, null, out var id))
                continue;

            var open = 0;
            foreach (var descriptor in Files(Path.Combine(process, "fd")))
            {
                if (Libc.Stat(descriptor, out var other) == Errno.Ok && other.IsSameFileAs(facts))
                    open++;
            }

            if (open > (id == Environment.ProcessId ? 1 : 0))
                return $"process {id} ({Lines(Path.Combine(process, "comm")).FirstOrDefault() ?? "?"}) has it open";
        }

        return null;
    }

    /// <summary>The device and its partitions, as the kernel writes their numbers.</summary>
    private static IEnumerable<string> WithPartitions(ulong device)
    {
        var number = $"{device >> 32}:{device & uint.MaxValue}";
        yield return number;
        foreach (var partition in Folders("/sys/dev/block/" + number, "*"))
        {
            if (File.Exists(Path.Combine(partition, "partition")) && Lines(Path.Combine(partition, "dev")).FirstOrDefault() is { } its)
                yield return its;
        }
    }

    /// <summary>Lines of mountinfo: id, parent, device number, root, mount point, options…, '-', type, source, options.</summary>
    private static string? MountOf(string number, string path)
    {
        foreach (var line in Lines("/proc/self/mountinfo"))
        {
            var fields = line.Split(' ');
            var dash = Array.IndexOf(fields, "-");
            if (dash > 5 && (fields[2] == number || (dash + 2 < fields.Length && fields[dash + 2] == path)))
                return $"it is mounted at '{Unescape(fields[4])}'";
        }

        return null;
    }

    private static string? HolderOf(string number) =>
        Folders($"/sys/dev/block/{number}/holders", "*").FirstOrDefault() is { } holder
            ? $"/dev/{Path.GetFileName(holder)} is made of it"
            : null;

    private static bool IsSwap(string path) => Lines("/proc/swaps").Skip(1).Any(line => Unescape(line.Split([' ', '\t'], 2)[0]) == path);

    /// <summary>The kernel writes blanks and backslashes of paths as octal.</summary>
    private static string Unescape(string path) =>
        path.Replace(@"\040", " ", StringComparison.Ordinal)
            .Replace(@"\011", "\t", StringComparison.Ordinal)
            .Replace(@"\012", "\n", StringComparison.Ordinal)
            .Replace(@"\134", @"\", StringComparison.Ordinal);

    private static string[] Lines(string path) => Try(() => File.ReadAllLines(path));

    private static string[] Folders(string path, string pattern) => Try(() => Directory.GetDirectories(path, pattern));

    private static string[] Files(string path) => Try(() => Directory.GetFiles(path));

    /// <summary>Processes end and devices go while we look; what is not there tells nothing.</summary>
    private static string[] Try(Func<string[]> look)
    {
        try
        {
            return look();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
