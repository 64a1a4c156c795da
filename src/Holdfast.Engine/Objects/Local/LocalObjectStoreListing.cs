using Holdfast.Engine.Basics;

namespace Holdfast.Engine.Objects.Local;

/// <summary>Lists the files of a store as objects, in ordinal order of their keys. Files whose names are no keys are not ours and are
/// passed over.</summary>
internal static class LocalObjectStoreListing
{
    public static IEnumerable<ObjectEntry> List(string root, string store, string prefix)
    {
        foreach (var (name, info) in Sorted(root, store, prefix))
        {
            if (info is FileInfo file)
            {
                if (SizeOf(file) is { } size)
                    yield return new ObjectEntry(new ObjectKey(prefix + name), size);
            }
            else
            {
                foreach (var entry in List(root, store, prefix + name))
                    yield return entry;
            }
        }
    }

    /// <summary>A folder's name is compared with the slash that follows it in keys: <c>a-b</c> comes before <c>a/…</c>, and that before
    /// <c>ab</c>.</summary>
    private static List<(string Name, FileSystemInfo Info)> Sorted(string root, string store, string prefix)
    {
        var entries = new List<(string Name, FileSystemInfo Info)>();
        try
        {
            foreach (var info in new DirectoryInfo(Path.Combine(root, prefix)).EnumerateFileSystemInfos())
            {
                if (ObjectKey.IsValid(info.Name))
                    entries.Add((info is DirectoryInfo ? info.Name + "/" : info.Name, info));
            }
        }
        catch (DirectoryNotFoundException)
        {
            // Nothing was ever put there, or it is gone by now.
            return [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(
                FailureKind.Unavailable,
                $"The folder '{Path.Combine(store, prefix)}' cannot be listed: {e.Message}",
                e
            );
        }

        entries.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return entries;
    }

    private static long? SizeOf(FileInfo file)
    {
        try
        {
            return file.Length;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
