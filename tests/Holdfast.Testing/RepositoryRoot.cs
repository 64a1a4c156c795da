namespace Holdfast.Testing;

/// <summary>The working copy that these tests were built from.</summary>
public static class RepositoryRoot
{
    private static readonly Lazy<string> Found = new(() =>
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Holdfast.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No Holdfast.slnx above {AppContext.BaseDirectory}.");
    });

    public static string Path => Found.Value;

    /// <summary>Files that are, or would be, committed: what stands in a folder of ours and is no build output.</summary>
    public static IEnumerable<string> Files(string pattern, params string[] folders) =>
        from folder in folders
        let full = System.IO.Path.Combine(Path, folder)
        where Directory.Exists(full)
        from file in Directory.EnumerateFiles(full, pattern, SearchOption.AllDirectories)
        where !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bench/work/", StringComparison.Ordinal)
        select file;

    public static string Relative(string file) => System.IO.Path.GetRelativePath(Path, file);
}
