using Holdfast.Engine.Posix;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engine.Objects.Local;

/// <summary>
/// The files under <c>.tmp/</c>. Every open store holds a shared lock on the folder, so who gets it alone knows that all files in it were
/// left by the dead, and removes them.
/// </summary>
internal sealed class LocalObjectStoreScratch : IDisposable
{
    private readonly string _store;
    private readonly string _folder;
    private readonly LocalObjectStoreFolders _folders;
    private readonly Action<string>? _step;
    private readonly string _writer = Path.GetRandomFileName();
    private readonly Lock _opening = new();
    private SafeFileHandle? _use;
    private long _made;

    public LocalObjectStoreScratch(LocalObjectStoreFolders folders, string root, string store, Action<string>? step)
    {
        _folders = folders;
        _store = store;
        _folder = root + "/.tmp";
        _step = step;
        if (Libc.Stat(_folder, out _) == Errno.Ok)
            _use = Enter(throwing: false);
    }

    /// <summary>Makes an empty file of a name that nobody else uses.</summary>
    public SafeFileHandle Make(ObjectKey key, out string path)
    {
        path = $"{_folder}/{_writer}-{Interlocked.Increment(ref _made):x}";
        EnterOnce(again: false);
        var errno = Create(path, out var file);
        if (errno == Errno.NoEntry)
        {
            // Somebody has removed the folder under us.
            file.Dispose();
            EnterOnce(again: true);
            errno = Create(path, out file);
        }

        if (errno == Errno.Ok)
            return file;

        file.Dispose();
        throw LocalObjectStoreErrors.Writing(_store, key, errno);
    }

    /// <summary>Removes a file that is no longer wanted, if it is still there. What cannot be removed now is removed at a later
    /// opening.</summary>
    public void Forget(string? path)
    {
        if (path is null)
            return;

        _step?.Invoke("forget");
        _ = Libc.Unlink(path);
    }

    public void Dispose()
    {
        if (_use is not null)
            Libc.UnlockAndClose(_use);
    }

    private int Create(string path, out SafeFileHandle file)
    {
        _step?.Invoke("create");
        return Libc.Open(path, Libc.WriteOnly | Libc.Create | Libc.Exclusive, out file);
    }

    private void EnterOnce(bool again)
    {
        lock (_opening)
        {
            if (_use is not null && !again)
                return;

            if (again)
                _folders.Forget();

            _folders.Ensure(_folder);
            _use?.Dispose();
            _use = Enter(throwing: true);
        }
    }

    private SafeFileHandle? Enter(bool throwing)
    {
        var errno = Libc.Open(_folder, Libc.ReadOnly, out var use);
        if (errno != Errno.Ok)
        {
            use.Dispose();
            return throwing ? throw LocalObjectStoreErrors.Writing(_store, "Folder '.tmp'", errno) : null;
        }

        if (Libc.Lock(use, Libc.LockExclusive | Libc.LockWithoutWaiting) == Errno.Ok)
            RemoveLeftovers();

        // Turns the exclusive lock into a shared one; waits, for a moment, where another store is removing what it found. A file system
        // that has no locks keeps its leftovers, and puts work all the same.
        _ = Libc.Lock(use, Libc.LockShared);
        return use;
    }

    private void RemoveLeftovers()
    {
        foreach (var file in Directory.EnumerateFiles(_folder))
            _ = Libc.Unlink(file);
    }
}
