using System.Buffers;
using System.Runtime.CompilerServices;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Posix;

namespace Holdfast.Engine.Objects.Local;

/// <summary>
/// Objects as files of a folder of this machine: object <c>data/3f/3f0c</c> is the file of that path. A put writes a file under
/// <c>.tmp/</c>, syncs it, moves it to its name in one step that fails when the name is taken, and syncs the folder. So a crash at any
/// point leaves the object whole or absent, and at worst a file in <c>.tmp/</c> that a later opening removes. Puts run on the thread pool;
/// reads are done when the call returns.
/// </summary>
public sealed class LocalObjectStore : IObjectStore, ILockableStore
{
    private const string LockName = ".lock";

    // Between two steps of this size the kernel is told to begin writing, so that the sync at the end of a pack finds little left to do.
    private const int WriteStep = 8 * 1024 * 1024;

    private readonly LocalObjectStoreFolders _folders;
    private readonly LocalObjectStoreScratch _scratch;
    private readonly LocalObjectStoreReaders _readers = new(capacity: 64);
    private readonly Action<string>? _step;

    /// <summary>Opens the store in a folder. A folder that cannot be written can still be read.</summary>
    /// <param name="folder">Path of the folder.</param>
    /// <param name="create">Whether to make the folder, and those above it, when missing.</param>
    /// <exception cref="HoldfastException"><see cref="FailureKind.NotFound"/> when there is no such folder and it is not to be made;
    /// <see cref="FailureKind.Refused"/> when the path is something else; <see cref="FailureKind.WriteFailed"/> or
    /// <see cref="FailureKind.NoSpace"/> when it cannot be made.</exception>
    public LocalObjectStore(string folder, bool create = false)
        : this(folder, create, step: null) { }

    /// <param name="step">Called with a word before each system call of a put, for tests that crash there.</param>
    internal LocalObjectStore(string folder, bool create, Action<string>? step)
    {
        Name = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        _step = step;
        _folders = new LocalObjectStoreFolders(Name, step);
        if (create)
            _folders.Make(Name);

        ThrowIfNotFolder();
        _scratch = new LocalObjectStoreScratch(_folders, Name, step);
    }

    /// <summary>The folder's full path.</summary>
    public string Name { get; }

    /// <summary>Open files that are kept for further reads.</summary>
    internal int OpenReaders => _readers.Count;

    public ValueTask<bool> PutIfAbsentAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel) =>
        new(Task.Run(() => PutIfAbsent(key, content, cancel), cancel));

    public ValueTask ReplaceAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel) =>
        new(Task.Run(() => Replace(key, content, cancel), cancel));

    public ValueTask ReadAsync(ObjectKey key, long offset, Memory<byte> into, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        try
        {
            using var reader = _readers.Open(PathOf(key), out var errno);
            if (reader is null)
                throw LocalObjectStoreErrors.Reading(Name, key, errno);

            ReadExactly(reader.File, key, offset, into.Span);
            return ValueTask.CompletedTask;
        }
        catch (Exception e) when (Errno.Of(e) != Errno.Ok)
        {
            throw LocalObjectStoreErrors.Reading(Name, key, Errno.Of(e), e);
        }
    }

    public ValueTask<long?> FindSizeAsync(ObjectKey key, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var errno = Libc.Stat(PathOf(key), out var facts);
        return errno switch
        {
            Errno.Ok when facts.Type == FileType.Regular => ValueTask.FromResult<long?>(facts.Size),
            Errno.Ok or Errno.NoEntry or Errno.NotDirectory => ValueTask.FromResult<long?>(null),
            _ => throw LocalObjectStoreErrors.Reading(Name, key, errno),
        };
    }

    public async IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancel)
    {
        if (prefix.Length > 0 && (!prefix.EndsWith('/') || !ObjectKey.IsValid(prefix[..^1])))
            throw new ArgumentException($"'{prefix}' is not a whole number of segments ending in '/'.", nameof(prefix));

        // A listing of many folders is long work; the first await leaves the caller's thread.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        foreach (var entry in LocalObjectStoreListing.List(Name, prefix))
        {
            cancel.ThrowIfCancellationRequested();
            yield return entry;
        }
    }

    public ValueTask DeleteAsync(ObjectKey key, CancellationToken cancel) => new(Task.Run(() => Delete(key), cancel));

    public ValueTask<IAsyncDisposable> LockAsync(bool exclusive, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        return ValueTask.FromResult<IAsyncDisposable>(LocalObjectStoreLock.Take(Path.Combine(Name, LockName), Name, exclusive));
    }

    public ValueTask DisposeAsync()
    {
        _readers.Dispose();
        _scratch.Dispose();
        return ValueTask.CompletedTask;
    }

    private static void ReadExactly(Microsoft.Win32.SafeHandles.SafeFileHandle file, ObjectKey key, long offset, Span<byte> into)
    {
        var done = 0;
        while (done < into.Length)
        {
            var read = RandomAccess.Read(file, into[done..], offset + done);
            if (read == 0)
                throw new HoldfastException(
                    FailureKind.Corrupted,
                    $"Object '{key}' ends at byte {offset + done}; bytes {offset} to {offset + into.Length} were expected."
                );

            done += read;
        }
    }

    private bool PutIfAbsent(ObjectKey key, in ReadOnlySequence<byte> content, CancellationToken cancel)
    {
        var path = PathOf(key);
        if (Libc.Stat(path, out _) == Errno.Ok)
            return AlreadyThere(path);

        var temp = WriteScratch(key, content, cancel);
        try
        {
            var errno = InFolderOf(path, () => Publish(temp, path));
            if (errno == Errno.Ok)
            {
                _folders.Sync(ParentOf(path));
                return true;
            }

            return errno == Errno.Exists ? AlreadyThere(path) : throw LocalObjectStoreErrors.Writing(Name, key, errno);
        }
        finally
        {
            _scratch.Forget(temp);
        }
    }

    private void Replace(ObjectKey key, in ReadOnlySequence<byte> content, CancellationToken cancel)
    {
        var path = PathOf(key);
        var temp = WriteScratch(key, content, cancel);
        try
        {
            var errno = InFolderOf(
                path,
                () =>
                {
                    _step?.Invoke("rename over");
                    return Libc.Rename(temp, path);
                }
            );
            if (errno != Errno.Ok)
                throw LocalObjectStoreErrors.Writing(Name, key, errno);

            _folders.Sync(ParentOf(path));
        }
        finally
        {
            _scratch.Forget(temp);
        }
    }

    private void Delete(ObjectKey key)
    {
        var path = PathOf(key);
        _step?.Invoke("unlink");
        var errno = Libc.Unlink(path);
        if (errno is Errno.NoEntry or Errno.NotDirectory)
            return;

        if (errno != Errno.Ok)
            throw LocalObjectStoreErrors.Writing(Name, key, errno);

        _folders.Sync(ParentOf(path));
    }

    /// <summary>Whoever made the object may not have got as far as syncing its folder, and our caller is about to count on it.</summary>
    private bool AlreadyThere(string path)
    {
        _folders.Ensure(ParentOf(path));
        _folders.Sync(ParentOf(path));
        return false;
    }

    private string WriteScratch(ObjectKey key, in ReadOnlySequence<byte> content, CancellationToken cancel)
    {
        string? temp = null;
        try
        {
            using var file = _scratch.Make(key, out temp);
            WriteAll(file, content, cancel);
            _step?.Invoke("sync file");
            var errno = Libc.Sync(file);
            return errno == Errno.Ok ? temp : throw LocalObjectStoreErrors.Writing(Name, key, errno);
        }
        catch (Exception e)
        {
            _scratch.Forget(temp);
            if (Errno.Of(e) is var errno && errno != Errno.Ok)
                throw LocalObjectStoreErrors.Writing(Name, key, errno, e);

            throw;
        }
    }

    private void WriteAll(Microsoft.Win32.SafeHandles.SafeFileHandle file, in ReadOnlySequence<byte> content, CancellationToken cancel)
    {
        var offset = 0L;
        var step = new List<ReadOnlyMemory<byte>>();
        for (var rest = content; !rest.IsEmpty;)
        {
            cancel.ThrowIfCancellationRequested();
            var length = Math.Min(rest.Length, WriteStep);
            step.Clear();
            foreach (var piece in rest.Slice(0, length))
                step.Add(piece);

            _step?.Invoke("write");
            RandomAccess.Write(file, step, offset);
            rest = rest.Slice(length);
            if (!rest.IsEmpty)
                Libc.StartWriteback(file, offset, length);

            offset += length;
        }
    }

    private int Publish(string temp, string path)
    {
        _step?.Invoke("rename if absent");
        var errno = Libc.RenameIfAbsent(temp, path);
        if (errno is not (Errno.Invalid or Errno.NotImplemented or Errno.NotSupported))
            return errno;

        // A file system that cannot rename so can usually link, which fails for a taken name just as well.
        _step?.Invoke("link");
        return Libc.Link(temp, path);
    }

    /// <summary>Runs a step that needs the object's folder, once more if somebody has removed a folder that we knew.</summary>
    private int InFolderOf(string path, Func<int> step)
    {
        _folders.Ensure(ParentOf(path));
        var errno = step();
        if (errno != Errno.NoEntry)
            return errno;

        _folders.Forget();
        _folders.Ensure(ParentOf(path));
        return step();
    }

    private string PathOf(ObjectKey key) => Name + "/" + key.Value;

    private static string ParentOf(string path) => path[..path.LastIndexOf('/')];

    private void ThrowIfNotFolder()
    {
        var errno = Libc.Stat(Name, out var facts);
        if (errno is Errno.NoEntry or Errno.NotDirectory)
            throw new HoldfastException(
                FailureKind.NotFound,
                $"There is no folder '{Name}'. Check the path, or make a repository there with `holdfast repo init`."
            );

        if (errno != Errno.Ok)
            throw new HoldfastException(FailureKind.Unavailable, $"The folder '{Name}' cannot be opened: {Errno.Text(errno)}.");

        if (facts.Type != FileType.Folder)
            throw new HoldfastException(FailureKind.Refused, $"'{Name}' is not a folder; a repository needs one.");
    }
}
