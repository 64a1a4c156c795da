using System.Diagnostics.CodeAnalysis;
using Holdfast.Engine.Posix;

namespace Holdfast.Engine.Devices;

/// <summary>A mounted file system: its device number as the kernel writes it, where it is mounted, its kind, what it was mounted
/// from.</summary>
internal readonly record struct Mount(string Number, string Point, string Kind, string Source);

/// <summary>The kernel's lists of mounts (<c>mountinfo</c>).</summary>
internal static class Mounts
{
    /// <summary>The mount that a path, without links, lies on.</summary>
    public static Mount? Of(string real) => Of(In("/proc/self/mountinfo"), real);

    /// <summary>The same, of those in a list.</summary>
    public static Mount? Of(IEnumerable<Mount> mounts, string real)
    {
        Mount? best = null;
        foreach (var mount in mounts)
        {
            // Of two at one place the later one is on top.
            if (Covers(mount.Point, real) && mount.Point.Length >= (best?.Point.Length ?? 0))
                best = mount;
        }

        return best;
    }

    public static IEnumerable<Mount> In(string list)
    {
        foreach (var line in KernelFiles.Lines(list))
        {
            if (TryRead(line, out var mount))
                yield return mount;
        }
    }

    /// <summary>Id, parent, device number, root, mount point, options…, '-', kind, source, options.</summary>
    private static bool TryRead(string line, [NotNullWhen(true)] out Mount mount)
    {
        var fields = line.Split(' ');
        var dash = Array.IndexOf(fields, "-");
        mount =
            dash > 5 && dash + 2 < fields.Length
                ? new Mount(fields[2], KernelFiles.Unescape(fields[4]), fields[dash + 1], KernelFiles.Unescape(fields[dash + 2]))
                : default;
        return mount.Point is not null;
    }

    private static bool Covers(string point, string path) =>
        point == "/" || path == point || (path.StartsWith(point, StringComparison.Ordinal) && path[point.Length] == '/');
}
