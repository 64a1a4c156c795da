namespace Holdfast.Engine.Index;

/// <summary>
/// The folder of an index cache. One process at a time has the lasting one; others get a private one that goes with them. What holds no sound
/// database is dropped.
/// </summary>
internal sealed class IndexCacheFolder : IDisposable
{
    private const string LockName = "lock";
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
        return new IndexCacheFolder(folder, TryLock(folder) ?? throw new IOException($"The new folder '{folder}' is locked."), lasting: false);
    }

    /// <summary>Opens the cache, empty when <paramref name="fresh"/> or when what is there is damaged.</summary>
    public IndexCache OpenCache(bool fresh)
    {
        var folder = Path.Combine(_folder, "index-1");
        if (fresh)
        {
            Remove(folder);
        }

        try
        {
            return new IndexCache(folder);
        }
        catch (RocksException) when (Directory.Exists(folder))
        {
            Remove(folder);
            return new IndexCache(folder);
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
