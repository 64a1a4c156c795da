namespace Holdfast.Control.Volumes;

/// <summary>Which mount a path lies on, by its text alone: nothing is asked that could hang.</summary>
internal static class MountPoints
{
    private const string Table = "/proc/self/mounts";

    /// <summary>The mount point; for a device node, which stands for a disk of its own, the path.</summary>
    public static string Of(string path)
    {
        if (path.StartsWith("/dev/", StringComparison.Ordinal))
        {
            return path;
        }

        try
        {
            return File.ReadLines(Table)
                    .Select(line => line.Split(' '))
                    .Where(fields => fields.Length > 1)
                    .Select(fields => Unescape(fields[1]))
                    .Where(point => point == "/" || path == point || path.StartsWith($"{point}/", StringComparison.Ordinal))
                    .MaxBy(point => point.Length) ?? path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return path;
        }
    }

    /// <summary>The kernel writes blanks, tabs, line breaks and backslashes as octal numbers.</summary>
    private static string Unescape(string text) =>
        text.Replace(@"\040", " ", StringComparison.Ordinal)
            .Replace(@"\011", "\t", StringComparison.Ordinal)
            .Replace(@"\012", "\n", StringComparison.Ordinal)
            .Replace(@"\134", @"\", StringComparison.Ordinal);
}
