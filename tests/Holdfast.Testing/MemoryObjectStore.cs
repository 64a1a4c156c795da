using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Objects;

namespace Holdfast.Testing;

/// <summary>An object store in memory, for tests. Keeps the store contract; what is "durable" lives as long as this object.</summary>
public sealed class MemoryObjectStore : IObjectStore, ILockableStore, IPlacedStore
{
    private readonly ConcurrentDictionary<string, byte[]> _objects = new(StringComparer.Ordinal);
    private readonly Lock _locks = new();
    private int _sharedHolders;
    private bool _exclusivelyHeld;

    public MemoryObjectStore(string name = "memory") => Name = name;

    private MemoryObjectStore(string name, IEnumerable<KeyValuePair<string, byte[]>> objects)
    {
        Name = name;
        _objects = new(objects.Select(o => KeyValuePair.Create(o.Key, o.Value.ToArray())), StringComparer.Ordinal);
    }

    public string Name { get; }

    public int Count => _objects.Count;

    /// <summary>All keys, in ordinal order.</summary>
    public IReadOnlyList<string> Keys => [.. _objects.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Bytes that fit in; no limit when null.</summary>
    public long? Capacity { get; set; }

    public long TotalBytes => _objects.Values.Sum(o => o.LongLength);

    /// <summary>The bytes of an object; not a copy, so a test can damage them in place.</summary>
    public byte[] this[string key]
    {
        get => _objects[key];
        set => _objects[new ObjectKey(key).Value] = value;
    }

    /// <summary>A store with a copy of every object: what a repository was at this moment. Locks are not copied.</summary>
    public MemoryObjectStore Snapshot() => new(Name, _objects);

    /// <summary>Flips the bits of one byte of an object.</summary>
    public void Damage(string key, long offset) => _objects[key][offset] ^= 0xff;

    /// <summary>Loses an object, as a careless hand or a bad disk would.</summary>
    public void Lose(string key) => Assert(_objects.TryRemove(key, out _), key);

    /// <summary>Cuts an object short.</summary>
    public void Truncate(string key, int length) => _objects[key] = _objects[key][..length];

    public ValueTask<bool> PutIfAbsentAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (!_objects.ContainsKey(key.Value) && TotalBytes + content.Length > Capacity)
            throw new HoldfastException(FailureKind.NoSpace, $"Object '{key}' does not fit in {Name}.");

        return ValueTask.FromResult(_objects.TryAdd(key.Value, content.ToArray()));
    }

    public ValueTask ReplaceAsync(ObjectKey key, ReadOnlySequence<byte> content, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        _objects[key.Value] = content.ToArray();
        return ValueTask.CompletedTask;
    }

    public ValueTask ReadAsync(ObjectKey key, long offset, Memory<byte> into, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (!_objects.TryGetValue(key.Value, out var content))
            throw new HoldfastException(FailureKind.NotFound, $"Object '{key}' is not in {Name}.");

        if (content.Length - offset < into.Length)
            throw new HoldfastException(
                FailureKind.Corrupted,
                $"Object '{key}' in {Name} ends at {content.Length}; bytes {offset} to {offset + into.Length} were asked for."
            );

        content.AsSpan((int)offset, into.Length).CopyTo(into.Span);
        return ValueTask.CompletedTask;
    }

    public ValueTask<long?> FindSizeAsync(ObjectKey key, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        return ValueTask.FromResult(_objects.TryGetValue(key.Value, out var content) ? content.LongLength : (long?)null);
    }

    public async IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancel)
    {
        await Task.CompletedTask;
        foreach (
            var (key, content) in _objects
                .Where(o => o.Key.StartsWith(prefix, StringComparison.Ordinal))
                .OrderBy(o => o.Key, StringComparer.Ordinal)
        )
        {
            cancel.ThrowIfCancellationRequested();
            yield return new ObjectEntry(new ObjectKey(key), content.LongLength);
        }
    }

    public ValueTask DeleteAsync(ObjectKey key, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        _objects.TryRemove(key.Value, out _);
        return ValueTask.CompletedTask;
    }

    /// <summary>What is told of it. Writes succeed all the same.</summary>
    public HoldfastException? WriteTrouble { get; set; }

    public HoldfastException? FindWriteTrouble() => WriteTrouble;

    public StoreSpace? FindSpace() => Capacity is { } capacity ? new StoreSpace(capacity - TotalBytes, capacity) : null;

    public void Recognize(ObjectKey key, Func<byte[], bool> isOurs) { }

    public ValueTask<IAsyncDisposable> LockAsync(bool exclusive, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        lock (_locks)
        {
            if (_exclusivelyHeld || (exclusive && _sharedHolders > 0))
                throw new HoldfastException(FailureKind.Busy, $"{Name} is in use by somebody else.");

            _exclusivelyHeld = exclusive;
            _sharedHolders += exclusive ? 0 : 1;
        }

        return ValueTask.FromResult<IAsyncDisposable>(new Held(this, exclusive));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static void Assert(bool condition, string key)
    {
        if (!condition)
            throw new InvalidOperationException($"There is no object '{key}' to lose.");
    }

    private sealed class Held(MemoryObjectStore store, bool exclusive) : IAsyncDisposable
    {
        private bool _released;

        public ValueTask DisposeAsync()
        {
            lock (store._locks)
            {
                if (!_released && exclusive)
                    store._exclusivelyHeld = false;
                else if (!_released)
                    store._sharedHolders--;

                _released = true;
            }

            return ValueTask.CompletedTask;
        }
    }
}
