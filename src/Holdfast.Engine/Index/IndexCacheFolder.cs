using Holdfast.Engine.Basics;

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
    private const string CachePrefix = "index-2-";
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

    /// <summary>A folder of this process alone, in the system's folder for temporary files. It goes with the process.</summary>
    public static IndexCacheFolder OpenTemporary()
    {
        var folder = Directory.CreateTempSubdirectory("holdfast-index-").FullName;
        return new IndexCacheFolder(folder, TryLock(folder) ?? throw new IOException($"'{folder}' cannot be locked."), lasting: false);
    }

    /// <exception cref="IOException">The folder cannot be made or written.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public static IndexCacheFolder Open(string root)
    {
        Directory.CreateDirectory(root, OwnerOnly.Folder);
        if (TryLock(root) is { } held)
        {
            RemoveOrphans(root);
            return new IndexCacheFolder(root, held, lasting: true);
        }

        var folder = System.IO.Path.Combine(root, PrivatePrefix + System.IO.Path.GetRandomFileName());
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
        try
        {
            foreach (var folder in Directory.EnumerateDirectories(_folder, CachePrefix + "*").ToList())
            {
                opened ??= TryOpen(folder);
                if (opened?.Folder != folder)
                    Remove(folder);
            }

            return opened ?? MakeCache();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            opened?.Dispose();
            throw;
        }
    }

    /// <summary>Opens an empty cache beside any that is still being read.</summary>
    public IndexCache MakeCache()
    {
        // Somebody may have removed it under us.
        Directory.CreateDirectory(_folder);
        return new IndexCache(System.IO.Path.Combine(_folder, CachePrefix + System.IO.Path.GetRandomFileName()));
    }

    /// <summary>Where the caches of this folder lie.</summary>
    public string Path => _folder;

    public static void Condemn(string cache)
    {
        try
        {
            File.WriteAllBytes(System.IO.Path.Combine(cache, CondemnedName), []);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // On a full or vanished disk the cache is found to be damaged once more.
        }
    }

    public void Dispose()
    {
        try
        {
            if (!_lasting)
                Remove(_folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next one who has the lock removes it.
        }

        _lock.Dispose();
    }

    private static IndexCache? TryOpen(string folder)
    {
        if (File.Exists(System.IO.Path.Combine(folder, CondemnedName)))
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
            return new FileStream(System.IO.Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
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
