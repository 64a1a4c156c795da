using Holdfast.Engine.Basics;
using Holdfast.Engine.Posix;

namespace Holdfast.Engine.Objects.Local;

/// <summary>
/// Which folder is at a store's path: the one that the store is in, or, where that disk was mounted anew, the one to go on in. Thread-safe.
/// </summary>
/// <param name="path">The store's folder, by its full path.</param>
/// <param name="first">The folder as it was opened.</param>
/// <param name="step">Called with a word before each system call of a put, for tests that crash there.</param>
internal sealed class LocalObjectStorePlaces(string path, LocalObjectStorePlace first, Action<string>? step) : IDisposable
{
    private const string LockName = ".lock";

    private readonly Lock _moving = new();
    private readonly List<LocalObjectStoreLock> _locks = [];
    private LocalObjectStorePlace _place = first;
    private ObjectKey _mark;
    private Func<byte[], bool>? _isOurs;
    private bool _isDisposed;

    /// <summary>The folder that the store is in, or was in last.</summary>
    public LocalObjectStorePlace Current => Volatile.Read(ref _place);

    /// <summary>Says by which object another folder would be known to be the same store.</summary>
    public void Recognize(ObjectKey key, Func<byte[], bool> isOurs)
    {
        lock (_moving)
            (_mark, _isOurs) = (key, isOurs);
    }

    /// <summary>Takes the store's lock in a folder; it is taken again in each that the store goes on in.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Busy"/> when somebody else has it.</exception>
    public LocalObjectStoreLock Lock(LocalObjectStorePlace place, bool exclusive)
    {
        var taken = LocalObjectStoreLock.Take(place.Root + "/" + LockName, path, exclusive, GiveBack);
        lock (_moving)
            _locks.Add(taken);

        return taken;
    }

    public void Dispose()
    {
        lock (_moving)
        {
            _isDisposed = true;
            _place.Leave();
        }
    }

    /// <summary>Looks again at the folder after a failure that a lost disk explains.</summary>
    public void Suspect(LocalObjectStorePlace place, HoldfastException e)
    {
        if (e.Kind is FailureKind.Unavailable or FailureKind.RepositoryAway or FailureKind.WriteFailed)
            LookAgain(place);
    }

    /// <summary>Looks again at a folder in which something failed that a lost disk explains: at once, for somebody may be waiting to
    /// unmount that disk.</summary>
    public void LookAgain(LocalObjectStorePlace place)
    {
        place.IsSuspect = true;
        try
        {
            Enter().Dispose();
        }
        catch (HoldfastException)
        {
            // As was to be expected, and for the next operation to tell.
        }
    }

    /// <summary>The folder, held for one operation, if it still is what its path leads to.</summary>
    public LocalObjectStorePlace Enter()
    {
        var place = Current;
        if (!place.IsSuspect && Libc.Stat(path, out var facts) == Errno.Ok && place.IsAt(facts) && place.TryHold())
            return place;

        lock (_moving)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            try
            {
                return EnterAgain();
            }
            catch
            {
                LetGo();
                throw;
            }
        }
    }

    private LocalObjectStorePlace EnterAgain()
    {
        var errno = Libc.Stat(path, out var facts);
        if (errno != Errno.Ok)
            throw LocalObjectStoreErrors.NotThere(path, Errno.Text(errno));

        var isSame = !_place.IsLeft && _place.IsAt(facts);
        if (!isSame || (_place.IsSuspect && _isOurs is not null))
            MoveToWhatIsThere();

        _place.IsSuspect = false;
        return _place.TryHold() ? _place : throw new InvalidOperationException("A folder that was just entered was left.");
    }

    /// <summary>Goes on in the folder that the path leads to now, if it holds what this store held: the disk was mounted anew.</summary>
    private void MoveToWhatIsThere()
    {
        var there = LocalObjectStorePlace.TryOpen(path, step, out var errno);
        if (there is null)
            throw LocalObjectStoreErrors.NotThere(path, Errno.Text(errno));

        try
        {
            if (_isOurs is null || there.TryRead(_mark) is not { } mark)
                throw LocalObjectStoreErrors.NotThere(path, "another folder is at its path, and holds no repository that can be read");

            if (!_isOurs(mark))
                throw LocalObjectStoreErrors.NotThere(path, "another folder is at its path, and holds another repository");

            foreach (var taken in _locks)
                taken.MoveTo(there.Root + "/" + LockName, path);

            there.Settle();
        }
        catch
        {
            there.Leave();
            throw;
        }

        var left = _place;
        Volatile.Write(ref _place, there);
        left.Leave();
    }

    /// <summary>
    /// Closes all that is open in a folder that is away: while anything is, a disk that failed can neither be unmounted nor, for the kernel
    /// hands out the same dead file system, mounted anew. Not where nothing would tell the folder from another that comes in its place.
    /// </summary>
    private void LetGo()
    {
        if (_isOurs is null)
            return;

        _place.Leave();
        foreach (var taken in _locks)
            taken.Leave();
    }

    private void GiveBack(LocalObjectStoreLock taken)
    {
        lock (_moving)
            _locks.Remove(taken);
    }
}
