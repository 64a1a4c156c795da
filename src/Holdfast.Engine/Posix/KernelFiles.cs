namespace Holdfast.Engine.Posix;

/// <summary>What the kernel tells in files under <c>/proc</c> and <c>/sys</c>. Processes end and devices go while we look; what is not
/// there tells nothing.</summary>
internal static class KernelFiles
{
    public static string[] Lines(string path) => Try(() => File.ReadAllLines(path));

    /// <summary>The first line without blanks around it, or null when there is none.</summary>
    public static string? Line(string path) => Lines(path).FirstOrDefault()?.Trim() is { Length: > 0 } line ? line : null;

    public static byte[] Bytes(string path) => Try(() => File.ReadAllBytes(path));

    public static string[] Folders(string path, string pattern = "*") => Try(() => Directory.GetDirectories(path, pattern));

    public static string[] Files(string path) => Try(() => Directory.GetFiles(path));

    /// <summary>The kernel writes blanks, line ends and backslashes of paths as octal.</summary>
    public static string Unescape(string path) =>
        path.Replace(@"\040", " ", StringComparison.Ordinal)
            .Replace(@"\011", "\t", StringComparison.Ordinal)
            .Replace(@"\012", "\n", StringComparison.Ordinal)
            .Replace(@"\134", @"\", StringComparison.Ordinal);

    private static T[] Try<T>(Func<T[]> look)
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
