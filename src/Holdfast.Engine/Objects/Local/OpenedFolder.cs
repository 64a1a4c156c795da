using Holdfast.Engine.Basics;
using Holdfast.Engine.Posix;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engine.Objects.Local;

/// <summary>
/// The folder that a store was opened in, held by a handle. Every path of the store leads through the handle, so nothing is ever read from
/// or written to what came into the folder's place (a mount point whose disk is away, a new folder of the same name).
/// </summary>
internal sealed class OpenedFolder : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly FileFacts _facts;
    private readonly string _name;

    private OpenedFolder(SafeFileHandle handle, in FileFacts facts, string name, Action<string>? step)
    {
        _handle = handle;
        _facts = facts;
        _name = name;
        Root = $"/proc/self/fd/{handle.DangerousGetHandle()}";
        Folders = new LocalObjectStoreFolders(Root, name, step);
        Scratch = new LocalObjectStoreScratch(Folders, Root, name, step);
    }

    /// <summary>The path that leads to the folder itself, whatever has its name by now. Good until this is disposed of.</summary>
    public string Root { get; }

    public LocalObjectStoreFolders Folders { get; }

    public LocalObjectStoreScratch Scratch { get; }

    public LocalObjectStoreReaders Readers { get; } = new(capacity: 64);

    /// <exception cref="HoldfastException"><see cref="FailureKind.NotFound"/>, <see cref="FailureKind.Refused"/>,
    /// <see cref="FailureKind.Unavailable"/>.</exception>
    public static OpenedFolder Open(string name, Action<string>? step)
    {
        var errno = Libc.Stat(name, out var facts);
        if (errno is Errno.NoEntry or Errno.NotDirectory)
            throw new HoldfastException(
                FailureKind.NotFound,
                $"There is no folder '{name}'. Check the path, or make a repository there with `holdfast repo init`."
            );

        if (errno != Errno.Ok)
            throw new HoldfastException(FailureKind.Unavailable, $"The folder '{name}' cannot be opened: {Errno.Text(errno)}.");

        if (facts.Type != FileType.Folder)
            throw new HoldfastException(FailureKind.Refused, $"'{name}' is not a folder; a repository needs one.");

        errno = Libc.Open(name, Libc.PathOnly | Libc.Folder, out var handle);
        if (errno == Errno.Ok)
            errno = Libc.Stat(handle, out facts);

        if (errno == Errno.Ok)
            return new OpenedFolder(handle, facts, name, step);

        handle.Dispose();
        throw new HoldfastException(FailureKind.Unavailable, $"The folder '{name}' cannot be opened: {Errno.Text(errno)}.");
    }

    /// <exception cref="HoldfastException"><see cref="FailureKind.Unavailable"/> when the folder's name leads to something else, or
    /// nowhere.</exception>
    public void ThrowIfReplaced()
    {
        var errno = Libc.Stat(_name, out var now);
        if (errno == Errno.Ok && now.IsSameFileAs(_facts))
            return;

        var what = errno switch
        {
            Errno.Ok => "another folder is in its place",
            Errno.NoEntry or Errno.NotDirectory => "it is not there",
            _ => Errno.Text(errno),
        };
        throw new HoldfastException(
            FailureKind.Unavailable,
            $"The repository's folder '{_name}' is away: {what}. Is its disk mounted? Nothing was changed; when the folder is back, all "
                + $"goes on."
        );
    }

    public void Dispose()
    {
        Readers.Dispose();
        Scratch.Dispose();
        _handle.Dispose();
    }
}
