using Holdfast.Engine.Basics;
using Holdfast.Engine.Posix;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engine.Objects.Local;

/// <summary>
/// Files kept open for reading, the least recently used given up first: a restore reads many ranges of the same packs. A file that is kept
/// is only used while its path still leads to it, so an object that another process deletes or replaces is not read from the grave.
/// </summary>
internal sealed class LocalObjectStoreReaders(int capacity) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _byPath = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> _byUse = new();

    public int Count
    {
        get
        {
            lock (_lock)
                return _byPath.Count;
        }
    }

    /// <summary>A right to read a file, to be disposed of after; null with an error number when it cannot be opened.</summary>
    public Reading? Open(string path, out int errno)
    {
        errno = Libc.Stat(path, out var facts);
        if (errno != Errno.Ok)
            return null;

        lock (_lock)
        {
            if (Find(path, facts) is { } known)
                return new Reading(known);
        }

        errno = Libc.Open(path, Libc.ReadOnly, out var file);
        if (errno == Errno.Ok)
            errno = Libc.Stat(file, out facts);

        if (errno == Errno.Ok)
            return Keep(path, new Entry(path, file, facts));

        file.Dispose();
        return null;
    }

    /// <summary>Fills a buffer from a file.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/> when the file ends before the range does.</exception>
    public static void ReadExactly(SafeFileHandle file, ObjectKey key, long offset, Span<byte> into)
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

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var entry in _byUse)
                entry.Release();

            _byUse.Clear();
            _byPath.Clear();
        }
    }

    private Entry? Find(string path, in FileFacts facts)
    {
        if (!_byPath.TryGetValue(path, out var node))
            return null;

        if (!node.Value.Facts.IsSameFileAs(facts))
        {
            Drop(node);
            return null;
        }

        _byUse.Remove(node);
        _byUse.AddFirst(node);
        node.Value.Hold();
        return node.Value;
    }

    private Reading Keep(string path, Entry entry)
    {
        lock (_lock)
        {
            if (Find(path, entry.Facts) is { } openedMeanwhile)
            {
                entry.Release();
                return new Reading(openedMeanwhile);
            }

            _byPath[path] = _byUse.AddFirst(entry);
            if (_byPath.Count > capacity && _byUse.Last is { } oldest)
                Drop(oldest);

            entry.Hold();
            return new Reading(entry);
        }
    }

    private void Drop(LinkedListNode<Entry> node)
    {
        _byUse.Remove(node);
        _byPath.Remove(node.Value.Path);
        node.Value.Release();
    }

    /// <summary>A file in use by one reader. Closed when the last reader is done and the cache has given it up.</summary>
    internal sealed class Reading(Entry entry) : IDisposable
    {
        public SafeFileHandle File => entry.File;

        public void Dispose() => entry.Release();
    }

    internal sealed class Entry(string path, SafeFileHandle file, FileFacts facts)
    {
        // One for the cache itself.
        private int _holders = 1;

        public string Path { get; } = path;

        public SafeFileHandle File { get; } = file;

        public FileFacts Facts { get; } = facts;

        public void Hold() => Interlocked.Increment(ref _holders);

        public void Release()
        {
            if (Interlocked.Decrement(ref _holders) == 0)
                File.Dispose();
        }
    }
}
