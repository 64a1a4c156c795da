using System.IO.Enumeration;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Posix;

namespace Holdfast.Engine.Objects.Local;

/// <summary>Lists the files of a store as objects, in ordinal order of their keys. Files whose names are no keys are not ours and are
/// passed over.</summary>
internal static class LocalObjectStoreListing
{
    /// <summary>Nothing is skipped: to skip by attributes takes more calls for each file than all the rest.</summary>
    private static readonly EnumerationOptions All = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    public static IEnumerable<ObjectEntry> List(string root, string prefix)
    {
        foreach (var (name, size) in Sorted(root, prefix))
        {
            if (size is { } bytes)
            {
                yield return new ObjectEntry(new ObjectKey(prefix + name), bytes);
            }
            else
            {
                foreach (var entry in List(root, prefix + name))
                    yield return entry;
            }
        }
    }

    /// <summary>The folder's state, or null when there is no such folder.</summary>
    public static FolderState? FindState(string root, string prefix)
    {
        var path = $"{root}/{prefix}";
        var errno = Libc.Stat(path, out var facts);
        return errno switch
        {
            Errno.Ok => new FolderState(facts),
            Errno.NoEntry or Errno.NotDirectory => null,
            _ => throw CannotBeListed(path, Errno.Text(errno), null),
        };
    }

    /// <summary>Names, with the sizes of files; folders end in a slash and have none. A folder's name is compared with the slash that
    /// follows it in keys: <c>a-b</c> comes before <c>a/…</c>, and that before <c>ab</c>.</summary>
    private static List<(string Name, long? Size)> Sorted(string root, string prefix)
    {
        var path = Path.Combine(root, prefix);
        try
        {
            // A file that goes between its listing and the look at its size has size 0 here.
            var entries = new FileSystemEnumerable<(string Name, long? Size)>(
                path,
                static (ref FileSystemEntry entry) =>
                    entry.IsDirectory ? ($"{entry.FileName}/", null) : (entry.FileName.ToString(), entry.Length),
                All
            )
            {
                ShouldIncludePredicate = static (ref FileSystemEntry entry) => ObjectKey.IsValid(entry.FileName.ToString()),
            }.ToList();
            entries.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
            return entries;
        }
        catch (DirectoryNotFoundException)
        {
            // Nothing was ever put there, or it is gone by now.
            return [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CannotBeListed(path, e.Message, e);
        }
    }

    private static HoldfastException CannotBeListed(string path, string why, Exception? inner) =>
        new(FailureKind.Unavailable, $"The folder '{path}' cannot be listed: {why}", inner);
}
