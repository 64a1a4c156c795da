using Holdfast.Engine.Posix;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engine.Objects.Local;

/// <summary>
/// One folder, held open, and all that a store knows of it. Everything in it is reached by way of the open handle, so nothing is ever
/// written to, or read from, another folder that has come under the path meanwhile. Closed when the store has left it and the last
/// operation in it has ended.
/// </summary>
internal sealed class LocalObjectStorePlace : IDisposable
{
    private readonly SafeFileHandle _folder;
    private readonly FileFacts _facts;
    private readonly string _name;
    private readonly Action<string>? _step;
    private int _holders = 1;
    private int _left;
    private volatile bool _isSuspect;
    private volatile bool _writesDirectly = true;

    private LocalObjectStorePlace(string name, SafeFileHandle folder, in FileFacts facts, Action<string>? step)
    {
        _name = name;
        _folder = folder;
        _facts = facts;
        _step = step;
        Root = $"/proc/self/fd/{folder.DangerousGetHandle()}";
        if (Libc.Stat(Root, out var reached) != Errno.Ok || !reached.IsSameFileAs(facts))
            Root = name; // No /proc here. The path is looked at before each operation all the same.

        Folders = new LocalObjectStoreFolders(Root, name, step);
        Readers = new LocalObjectStoreReaders(capacity: 64);
    }

    /// <summary>A path that leads to this folder for as long as it is held.</summary>
    public string Root { get; }

    public LocalObjectStoreFolders Folders { get; }

    public LocalObjectStoreReaders Readers { get; }

    public LocalObjectStoreScratch Scratch { get; private set; } = null!; // Set by Settle, before anybody gets to see the place.

    /// <summary>Whether something failed in a way that a disk that went away explains: look again before it is used again.</summary>
    public bool IsSuspect
    {
        get => _isSuspect;
        set => _isSuspect = value;
    }

    /// <summary>Whether this file system is still thought to take writes that pass the cache by.</summary>
    public bool WritesDirectly
    {
        get => _writesDirectly;
        set => _writesDirectly = value;
    }

    /// <summary>Opens the folder that is at a path now; null, with an error number, when there is none.</summary>
    public static LocalObjectStorePlace? TryOpen(string path, Action<string>? step, out int errno)
    {
        errno = Libc.Open(path, Libc.ReadOnly | Libc.NonBlocking, out var folder);
        var facts = default(FileFacts);
        if (errno == Errno.Ok)
            errno = Libc.Stat(folder, out facts);

        if (errno == Errno.Ok && facts.Type == FileType.Folder)
            return new LocalObjectStorePlace(path, folder, facts, step);

        folder.Dispose();
        errno = errno == Errno.Ok ? Errno.NotDirectory : errno;
        return null;
    }

    /// <summary>Joins the users of the folder: removes what the dead left in it.</summary>
    public LocalObjectStorePlace Settle()
    {
        Scratch = new LocalObjectStoreScratch(Folders, Root, _name, _step);
        return this;
    }

    /// <summary>Whether what a path leads to is this very folder, by this very mount.</summary>
    public bool IsAt(in FileFacts facts) => facts.IsSameFileAs(_facts) && facts.Mount == _facts.Mount;

    public string PathOf(ObjectKey key) => Root + "/" + key.Value;

    public StoreSpace? FindSpace()
    {
        try
        {
            var drive = new DriveInfo(Root);
            return new StoreSpace(drive.AvailableFreeSpace, drive.TotalSize);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Whether the store is no longer in it: nothing new is begun there.</summary>
    public bool IsLeft => Volatile.Read(ref _left) != 0;

    public bool TryHold()
    {
        for (var seen = Volatile.Read(ref _holders); seen > 0 && !IsLeft; seen = Volatile.Read(ref _holders))
        {
            if (Interlocked.CompareExchange(ref _holders, seen + 1, seen) == seen)
                return true;
        }

        return false;
    }

    /// <summary>Ends the store's own holding, once.</summary>
    public void Leave()
    {
        if (Interlocked.Exchange(ref _left, 1) == 0)
            Dispose();
    }

    /// <summary>Ends one holding.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref _holders) != 0)
            return;

        Readers.Dispose();
        Scratch?.Dispose();
        _folder.Dispose();
    }

    /// <summary>The whole of a small object; null when it is not there or cannot be read.</summary>
    public byte[]? TryRead(ObjectKey key)
    {
        try
        {
            return File.ReadAllBytes(PathOf(key));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
