namespace Holdfast.Engine.Index;

/// <summary>
/// The folder of an index cache. One process at a time has the lasting one; others get a private one that goes with them. What holds no
/// sound database is dropped.
/// </summary>
internal sealed class IndexCacheFolder : IDisposable
{
    private const string LockName = "lock";
    private const string CondemnedName = "condemned";

    /// <summary>The number is that of the layout of the cache: another version of Holdfast leaves ours alone.</summary>
    private const string CachePrefix = "index-1-";
    private const string PrivatePrefix = "private-";

    private readonly FileStream _lock;
    private readonly string _folder;
    private readonly bool _lasting;

    private IndexCacheFolder(string folder, FileStream @lock, bool lasting)
    {
        _folder = folder;
        _lock = @lock;
        _lasting = lasting;
    }

    public static IndexCacheFolder Open(string root)
    {
        Directory.CreateDirectory(root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (TryLock(root) is { } held)
        {
            RemoveOrphans(root);
            return new IndexCacheFolder(root, held, lasting: true);
        }

        var folder = Path.Combine(root, PrivatePrefix + Path.GetRandomFileName());
        Directory.CreateDirectory(folder);
        return new IndexCacheFolder(
            folder,
            TryLock(folder) ?? throw new IOException($"The new folder '{folder}' is locked."),
            lasting: false
        );
    }

    /// <summary>Opens the cache that is there, or an empty one when there is none that may be opened.</summary>
    public IndexCache OpenCache()
    {
        IndexCache? opened = null;
        foreach (var folder in Directory.EnumerateDirectories(_folder, CachePrefix + "*").ToList())
        {
            opened ??= TryOpen(folder);
            if (opened?.Folder != folder)
                Remove(folder);
        }

        return opened ?? MakeCache();
    }

    /// <summary>Opens an empty cache beside any that is still being read.</summary>
    public IndexCache MakeCache() => new(Path.Combine(_folder, CachePrefix + Path.GetRandomFileName()));

    public static void Condemn(string cache)
    {
        try
        {
            File.WriteAllBytes(Path.Combine(cache, CondemnedName), []);
        }
        catch (IOException)
        {
            // On a full disk the cache is found to be damaged once more.
        }
    }

    public void Dispose()
    {
        if (!_lasting)
        {
            Remove(_folder);
        }

        _lock.Dispose();
    }

    private static IndexCache? TryOpen(string folder)
    {
        if (File.Exists(Path.Combine(folder, CondemnedName)))
            return null;

        try
        {
            return new IndexCache(folder);
        }
        catch (RocksException)
        {
            return null;
        }
    }

    private static FileStream? TryLock(string folder)
    {
        try
        {
            return new FileStream(Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Private folders whose process died without removing them: nobody holds their locks.</summary>
    private static void RemoveOrphans(string root)
    {
        foreach (var folder in Directory.EnumerateDirectories(root, PrivatePrefix + "*").ToList())
        {
            using var held = TryLock(folder);
            if (held is not null)
            {
                Remove(folder);
            }
        }
    }

    private static void Remove(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
