using Holdfast.Engine.Basics;
using Holdfast.Engine.Posix;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engine.Objects.Local;

/// <summary>The store's lock: <c>flock(2)</c> on a file, which the kernel gives back however its holder ends.</summary>
internal sealed class LocalObjectStoreLock : IAsyncDisposable
{
    private readonly bool _exclusive;
    private readonly Action<LocalObjectStoreLock> _givenBack;
    private SafeFileHandle _file;

    private LocalObjectStoreLock(SafeFileHandle file, bool exclusive, Action<LocalObjectStoreLock> givenBack)
    {
        _file = file;
        _exclusive = exclusive;
        _givenBack = givenBack;
    }

    /// <param name="givenBack">Called when the lock is disposed of.</param>
    public static LocalObjectStoreLock Take(string path, string store, bool exclusive, Action<LocalObjectStoreLock> givenBack) =>
        new(Open(path, store, exclusive), exclusive, givenBack);

    /// <summary>Takes the lock again in a folder that came in the place of the one that it was taken in.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Busy"/> when somebody else has it there by now.</exception>
    public void MoveTo(string path, string store)
    {
        // The same file is locked already, and an exclusive lock would keep ourselves out.
        if (
            !_file.IsClosed
            && Libc.Stat(path, out var there) == Errno.Ok
            && Libc.Stat(_file, out var held) == Errno.Ok
            && there.IsSameFileAs(held)
            && held.Mount == there.Mount
        )
        {
            return;
        }

        if (_exclusive)
            Libc.UnlockAndClose(_file);

        var moved = Open(path, store, _exclusive);
        Libc.UnlockAndClose(_file);
        _file = moved;
    }

    /// <summary>Lets go of the folder that it was taken in, until <see cref="MoveTo"/>.</summary>
    public void Leave() => Libc.UnlockAndClose(_file);

    private static SafeFileHandle Open(string path, string store, bool exclusive)
    {
        var errno = Libc.Open(path, Libc.ReadWrite | Libc.Create, out var file);
        if (errno == Errno.Ok)
            errno = Libc.Lock(file, (exclusive ? Libc.LockExclusive : Libc.LockShared) | Libc.LockWithoutWaiting);

        if (errno == Errno.Ok)
            return file;

        file.Dispose();
        throw errno == Errno.TryAgain
            ? new HoldfastException(
                FailureKind.Busy,
                exclusive
                    ? $"The repository in '{store}' is in use by another process, and this needs it alone. Try again when that has ended."
                    : $"The repository in '{store}' is held alone by another process (prune). Try again when that has ended."
            )
            : LocalObjectStoreErrors.Writing(store, $"Lock file '{store}/.lock'", errno);
    }

    public ValueTask DisposeAsync()
    {
        _givenBack(this);
        Libc.UnlockAndClose(_file);
        return ValueTask.CompletedTask;
    }
}
