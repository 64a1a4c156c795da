using System.Buffers;
using System.Runtime.CompilerServices;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Posix;

namespace Holdfast.Engine.Objects.Local;

/// <summary>
/// Objects as files of a folder of this machine: object <c>data/3f/3f0c</c> is the file of that path. A put writes a file under
/// <c>.tmp/</c>, syncs it, moves it to its name in one step that fails when the name is taken, and syncs the folder. So a crash at any
/// point leaves the object whole or absent, and at worst a file in <c>.tmp/</c> that a later opening removes. Puts run on the thread pool;
/// reads are done when the call returns. The store is pinned to the folder that it opened: while the name leads elsewhere every call
/// throws <see cref="FailureKind.Unavailable"/> (docs/decisions/0013-a-store-that-knows-its-folder.md).
/// </summary>
public sealed class LocalObjectStore : IObjectStore, ILockableStore, IFolderStore
{
    private const string LockName = ".lock";

    // Between two steps of this size the kernel is told to begin writing, so that the sync at the end of a pack finds little left to do.
    private const int WriteStep = 8 * 1024 * 1024;

    // Objects of this size and more are written past the page cache, in whole blocks: no logical block of a disk is larger.
    private const int DirectFrom = 1024 * 1024;
    private const int DirectBlock = 4096;

    private readonly Action<string>? _step;

    // Handles of folders that were given up stay open until the end: a call that is still under way must not meet a number used again.
    private readonly List<OpenedFolder> _givenUp = [];
    private readonly SemaphoreSlim _reopening = new(1, 1);
    private volatile OpenedFolder _folder;
    private volatile bool _refusesDirect;

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
        if (create)
            new LocalObjectStoreFolders(Name, Name, step).Make(Name);

        _folder = OpenedFolder.Open(Name, step);
    }

    /// <summary>The folder's full path.</summary>
    public string Name { get; }

    /// <summary>Open files that are kept for further reads.</summary>
    internal int OpenReaders => _folder.Readers.Count;

    /// <inheritdoc/>
    long? IFolderStore.FreeBytes => Libc.FreeBytes(_folder.Root, out var bytes) == Errno.Ok ? bytes : null;

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
            var folder = Checked();
            using var reader = folder.Readers.Open(PathOf(folder, key), out var errno);
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
        var errno = Libc.Stat(PathOf(Checked(), key), out var facts);
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
        var folder = Checked();
        foreach (var entry in LocalObjectStoreListing.List(folder.Root, Name, prefix))
        {
            cancel.ThrowIfCancellationRequested();
            yield return entry;
        }

        // Who counts on what is not in a listing must know that it was one of the repository, to its end.
        folder.ThrowIfReplaced();
    }

    public ValueTask DeleteAsync(ObjectKey key, CancellationToken cancel) => new(Task.Run(() => Delete(key), cancel));

    public ValueTask<IAsyncDisposable> LockAsync(bool exclusive, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        return ValueTask.FromResult<IAsyncDisposable>(LocalObjectStoreLock.Take(Checked().Root + "/" + LockName, Name, exclusive));
    }

    async ValueTask<bool> IFolderStore.TryReopenAsync(ObjectKey probe, Func<byte[], bool> isOurs, CancellationToken cancel)
    {
        await _reopening.WaitAsync(cancel);
        try
        {
            var opened = OpenedFolder.Open(Name, _step);
            try
            {
                if (ReadProbe(opened, probe) is not { } bytes || !isOurs(bytes))
                {
                    opened.Dispose();
                    return false;
                }
            }
            catch
            {
                opened.Dispose();
                throw;
            }

            _givenUp.Add(_folder);
            _folder = opened;
            return true;
        }
        catch (HoldfastException)
        {
            return false;
        }
        finally
        {
            _reopening.Release();
        }
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        _givenUp.ForEach(folder => folder.Dispose());
        _reopening.Dispose();
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
        var folder = Checked();
        var path = PathOf(folder, key);
        if (Libc.Stat(path, out _) == Errno.Ok)
            return AlreadyThere(folder, path);

        var temp = WriteScratch(folder, key, content, cancel);
        try
        {
            var errno = InFolderOf(folder, path, () => Publish(temp, path));
            if (errno == Errno.Ok)
            {
                folder.Folders.Sync(ParentOf(path));
                return true;
            }

            return errno == Errno.Exists ? AlreadyThere(folder, path) : throw LocalObjectStoreErrors.Writing(Name, key, errno);
        }
        finally
        {
            folder.Scratch.Forget(temp);
        }
    }

    private void Replace(ObjectKey key, in ReadOnlySequence<byte> content, CancellationToken cancel)
    {
        var folder = Checked();
        var path = PathOf(folder, key);
        var temp = WriteScratch(folder, key, content, cancel);
        try
        {
            var errno = InFolderOf(
                folder,
                path,
                () =>
                {
                    _step?.Invoke("rename over");
                    return Libc.Rename(temp, path);
                }
            );
            if (errno != Errno.Ok)
                throw LocalObjectStoreErrors.Writing(Name, key, errno);

            folder.Folders.Sync(ParentOf(path));
        }
        finally
        {
            folder.Scratch.Forget(temp);
        }
    }

    private void Delete(ObjectKey key)
    {
        var folder = Checked();
        var path = PathOf(folder, key);
        _step?.Invoke("unlink");
        var errno = Libc.Unlink(path);
        if (errno is not (Errno.Ok or Errno.NoEntry or Errno.NotDirectory))
            throw LocalObjectStoreErrors.Writing(Name, key, errno);

        // Also where the name was gone already: whoever took it away may have died before it was so for good.
        if (errno == Errno.Ok || Libc.Stat(ParentOf(path), out _) == Errno.Ok)
            folder.Folders.Sync(ParentOf(path));
    }

    /// <summary>Whoever made the object may not have got as far as syncing its folder, and our caller is about to count on it.</summary>
    private static bool AlreadyThere(OpenedFolder folder, string path)
    {
        folder.Folders.Ensure(ParentOf(path));
        folder.Folders.Sync(ParentOf(path));
        return false;
    }

    private string WriteScratch(OpenedFolder folder, ObjectKey key, in ReadOnlySequence<byte> content, CancellationToken cancel)
    {
        string? temp = null;
        try
        {
            using var file = folder.Scratch.Make(key, out temp);
            WriteAll(file, content, WriteDirectly(temp, content, cancel), cancel);
            _step?.Invoke("sync file");
            var errno = Libc.Sync(file);
            return errno == Errno.Ok ? temp : throw LocalObjectStoreErrors.Writing(Name, key, errno);
        }
        catch (Exception e)
        {
            folder.Scratch.Forget(temp);
            if (Errno.Of(e) is var errno && errno != Errno.Ok)
                throw LocalObjectStoreErrors.Writing(Name, key, errno, e);

            throw;
        }
    }

    /// <summary>
    /// Writes the whole blocks of a large object past the page cache, which it would only pass through: that saves a copy of every pack.
    /// Returns the bytes written; what is left, or all where file system or buffer do not allow it, is written through the cache.
    /// </summary>
    private long WriteDirectly(string path, in ReadOnlySequence<byte> content, CancellationToken cancel)
    {
        if (_refusesDirect || content.Length < DirectFrom || !content.IsSingleSegment || !IsAligned(content.FirstSpan))
            return 0;

        if (Libc.Open(path, Libc.WriteOnly | Libc.Direct, out var file) != Errno.Ok)
        {
            file.Dispose();
            _refusesDirect = true;
            return 0;
        }

        using (file)
        {
            var length = content.Length - (content.Length % DirectBlock);
            for (var offset = 0L; offset < length;)
            {
                cancel.ThrowIfCancellationRequested();
                var count = (int)Math.Min(WriteStep, length - offset);
                _step?.Invoke("write");
                try
                {
                    RandomAccess.Write(file, content.FirstSpan.Slice((int)offset, count), offset);
                }
                catch (Exception e) when (Errno.Of(e) is Errno.Invalid or Errno.NotSupported)
                {
                    _refusesDirect = true;
                    return offset;
                }

                offset += count;
            }

            return length;
        }
    }

    private static unsafe bool IsAligned(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* at = bytes)
            return (nuint)at % DirectBlock == 0;
    }

    private void WriteAll(
        Microsoft.Win32.SafeHandles.SafeFileHandle file,
        in ReadOnlySequence<byte> content,
        long written,
        CancellationToken cancel
    )
    {
        var offset = written;
        var step = new List<ReadOnlyMemory<byte>>();
        for (var rest = content.Slice(written); !rest.IsEmpty;)
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
    private static int InFolderOf(OpenedFolder folder, string path, Func<int> step)
    {
        folder.Folders.Ensure(ParentOf(path));
        var errno = step();
        if (errno != Errno.NoEntry)
            return errno;

        folder.Folders.Forget();
        folder.Folders.Ensure(ParentOf(path));
        return step();
    }

    private static string PathOf(OpenedFolder folder, ObjectKey key) => folder.Root + "/" + key.Value;

    private OpenedFolder Checked()
    {
        var folder = _folder;
        folder.ThrowIfReplaced();
        return folder;
    }

    private static byte[]? ReadProbe(OpenedFolder folder, ObjectKey key)
    {
        try
        {
            return File.ReadAllBytes(PathOf(folder, key));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string ParentOf(string path) => path[..path.LastIndexOf('/')];
}
