using Holdfast.Engine.Basics;
using Holdfast.Engine.Posix;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engine.Objects.Local;

/// <summary>The store's lock: <c>flock(2)</c> on a file, which the kernel gives back however its holder ends.</summary>
internal sealed class LocalObjectStoreLock : IAsyncDisposable
{
    private readonly SafeFileHandle _file;

    private LocalObjectStoreLock(SafeFileHandle file) => _file = file;

    public static LocalObjectStoreLock Take(string path, string store, bool exclusive)
    {
        var errno = Libc.Open(path, Libc.ReadWrite | Libc.Create, out var file);
        if (errno == Errno.Ok)
            errno = Libc.Lock(file, (exclusive ? Libc.LockExclusive : Libc.LockShared) | Libc.LockWithoutWaiting);

        if (errno == Errno.Ok)
            return new LocalObjectStoreLock(file);

        file.Dispose();
        throw errno == Errno.TryAgain
            ? new HoldfastException(
                FailureKind.Busy,
                exclusive
                    ? $"The repository in '{store}' is in use by another process, and this needs it alone. Try again when that has ended."
                    : $"The repository in '{store}' is held alone by another process (prune). Try again when that has ended."
            )
            : LocalObjectStoreErrors.Writing(store, $"Lock file '{Path.GetFileName(path)}'", errno);
    }

    public ValueTask DisposeAsync()
    {
        Libc.UnlockAndClose(_file);
        return ValueTask.CompletedTask;
    }
}
