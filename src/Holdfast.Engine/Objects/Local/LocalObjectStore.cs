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
/// <para>The store is pinned to the folder that it opened. Where something else has come under the path (a disk was unmounted, another
/// mounted), every operation fails with <see cref="FailureKind.RepositoryAway"/> and touches neither; it goes on by itself when the folder
/// is back, or one that <see cref="Recognize"/> finds to be the same. The folder itself is never made anew.</para>
/// </summary>
public sealed class LocalObjectStore : IObjectStore, ILockableStore, IPlacedStore, IFolderStore
{
    private readonly LocalObjectStoreWriter _writer;
    private readonly Action<string>? _step;
    private readonly LocalObjectStorePlaces _places;

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
        _writer = new LocalObjectStoreWriter(step);
        if (create)
            LocalObjectStoreFolders.Make(Name, step);

        ThrowIfNotFolder();
        var place = LocalObjectStorePlace.TryOpen(Name, step, out var errno)?.Settle() ?? throw CannotBeOpened(errno);
        _places = new LocalObjectStorePlaces(Name, place, step);
    }

    /// <summary>The folder's full path.</summary>
    public string Name { get; }

    /// <summary>Open files that are kept for further reads.</summary>
    internal int OpenReaders => _places.Current.Readers.Count;

    public ValueTask<bool> PutIfAbsentAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel) =>
        new(Task.Run(() => In(place => PutIfAbsent(place, key, content, cancel)), cancel));

    public ValueTask ReplaceAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel) =>
        new(Task.Run(() => In(place => Replace(place, key, content, cancel)), cancel));

    public ValueTask ReadAsync(ObjectKey key, long offset, Memory<byte> into, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        var place = _places.Enter();
        try
        {
            using var reader = place.Readers.Open(place.PathOf(key), out var errno);
            if (reader is null)
                throw LocalObjectStoreErrors.Reading(Name, key, errno);

            LocalObjectStoreReaders.ReadExactly(reader.File, key, offset, into.Span);
            return ValueTask.CompletedTask;
        }
        catch (HoldfastException e)
        {
            _places.Suspect(place, e);
            throw;
        }
        catch (Exception e) when (Errno.Of(e) != Errno.Ok)
        {
            _places.LookAgain(place);
            throw LocalObjectStoreErrors.Reading(Name, key, Errno.Of(e), e);
        }
        finally
        {
            place.Dispose();
        }
    }

    public ValueTask<long?> FindSizeAsync(ObjectKey key, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        return ValueTask.FromResult(
            In<long?>(place =>
            {
                var errno = Libc.Stat(place.PathOf(key), out var facts);
                return errno switch
                {
                    Errno.Ok when facts.Type == FileType.Regular => facts.Size,
                    Errno.Ok or Errno.NoEntry or Errno.NotDirectory => null,
                    _ => throw LocalObjectStoreErrors.Reading(Name, key, errno),
                };
            })
        );
    }

    public async IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancel)
    {
        if (prefix.Length > 0 && (!prefix.EndsWith('/') || !ObjectKey.IsValid(prefix[..^1])))
            throw new ArgumentException($"'{prefix}' is not a whole number of segments ending in '/'.", nameof(prefix));

        // A listing of many folders is long work; the first await leaves the caller's thread.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var place = _places.Enter();
        try
        {
            foreach (var entry in LocalObjectStoreListing.List(place.Root, prefix))
            {
                cancel.ThrowIfCancellationRequested();
                yield return entry;
            }
        }
        finally
        {
            place.Dispose();
        }
    }

    public FolderState?[] FindFolderStates(IReadOnlyList<string> prefixes) =>
        In(place => prefixes.Select(prefix => LocalObjectStoreListing.FindState(place.Root, prefix)).ToArray());

    public ValueTask DeleteAsync(ObjectKey key, CancellationToken cancel) => new(Task.Run(() => In(place => Delete(place, key)), cancel));

    public ValueTask<IAsyncDisposable> LockAsync(bool exclusive, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        return ValueTask.FromResult<IAsyncDisposable>(In(place => _places.Lock(place, exclusive)));
    }

    public void Recognize(ObjectKey key, Func<byte[], bool> isOurs) => _places.Recognize(key, isOurs);

    public StoreSpace? FindSpace() => In(place => place.FindSpace());

    public HoldfastException? FindWriteTrouble() =>
        In(place =>
            FileRights.MayWrite(place.Root) is var errno and (Errno.ReadOnly or Errno.AccessDenied)
                ? LocalObjectStoreErrors.Writing(Name, "An object", errno)
                : null
        );

    public ValueTask DisposeAsync()
    {
        _places.Dispose();
        return ValueTask.CompletedTask;
    }

    private T In<T>(Func<LocalObjectStorePlace, T> act)
    {
        var place = _places.Enter();
        try
        {
            return act(place);
        }
        catch (HoldfastException e)
        {
            _places.Suspect(place, e);
            throw;
        }
        finally
        {
            place.Dispose();
        }
    }

    private void In(Action<LocalObjectStorePlace> act) =>
        In(place =>
        {
            act(place);
            return true;
        });

    private bool PutIfAbsent(LocalObjectStorePlace place, ObjectKey key, in ReadOnlySequence<byte> content, CancellationToken cancel)
    {
        var path = place.PathOf(key);
        if (Libc.Stat(path, out _) == Errno.Ok)
            return AlreadyThere(place, path);

        var temp = WriteScratch(place, key, content, cancel);
        try
        {
            var errno = InFolderOf(place, path, () => Publish(temp, path));
            if (errno == Errno.Ok)
            {
                place.Folders.Sync(ParentOf(path));
                return true;
            }

            return errno == Errno.Exists ? AlreadyThere(place, path) : throw LocalObjectStoreErrors.Writing(Name, key, errno);
        }
        finally
        {
            place.Scratch.Forget(temp);
        }
    }

    private void Replace(LocalObjectStorePlace place, ObjectKey key, in ReadOnlySequence<byte> content, CancellationToken cancel)
    {
        var path = place.PathOf(key);
        var temp = WriteScratch(place, key, content, cancel);
        try
        {
            var errno = InFolderOf(
                place,
                path,
                () =>
                {
                    _step?.Invoke("rename over");
                    return Libc.Rename(temp, path);
                }
            );
            if (errno != Errno.Ok)
                throw LocalObjectStoreErrors.Writing(Name, key, errno);

            place.Folders.Sync(ParentOf(path));
        }
        finally
        {
            place.Scratch.Forget(temp);
        }
    }

    private void Delete(LocalObjectStorePlace place, ObjectKey key)
    {
        var path = place.PathOf(key);
        _step?.Invoke("unlink");
        var errno = Libc.Unlink(path);
        if (errno is not (Errno.Ok or Errno.NoEntry or Errno.NotDirectory))
            throw LocalObjectStoreErrors.Writing(Name, key, errno);

        // Also where there was nothing to remove: whoever removed it may not have got as far as this.
        place.Folders.SyncNearest(ParentOf(path));
    }

    /// <summary>Whoever made the object may not have got as far as syncing its folder, and our caller is about to count on it.</summary>
    private static bool AlreadyThere(LocalObjectStorePlace place, string path)
    {
        place.Folders.Ensure(ParentOf(path));
        place.Folders.Sync(ParentOf(path));
        return false;
    }

    private string WriteScratch(LocalObjectStorePlace place, ObjectKey key, in ReadOnlySequence<byte> content, CancellationToken cancel)
    {
        string? temp = null;
        try
        {
            using var file = place.Scratch.Make(key, out temp);
            _writer.Write(place, file, content, cancel);
            _step?.Invoke("sync file");
            var errno = Libc.Sync(file);
            return errno == Errno.Ok ? temp : throw LocalObjectStoreErrors.Writing(Name, key, errno);
        }
        catch (Exception e)
        {
            place.Scratch.Forget(temp);
            if (Errno.Of(e) is var errno && errno != Errno.Ok)
                throw LocalObjectStoreErrors.Writing(Name, key, errno, e);

            throw;
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
    private static int InFolderOf(LocalObjectStorePlace place, string path, Func<int> step)
    {
        place.Folders.Ensure(ParentOf(path));
        var errno = step();
        if (errno != Errno.NoEntry)
            return errno;

        place.Folders.Forget();
        place.Folders.Ensure(ParentOf(path));
        return step();
    }

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
            throw CannotBeOpened(errno);

        if (facts.Type != FileType.Folder)
            throw new HoldfastException(FailureKind.Refused, $"'{Name}' is not a folder; a repository needs one.");
    }

    private HoldfastException CannotBeOpened(int errno) =>
        new(FailureKind.Unavailable, $"The folder '{Name}' cannot be opened: {Errno.Text(errno)}.");
}
