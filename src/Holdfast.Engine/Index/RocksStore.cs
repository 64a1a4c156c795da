using static Holdfast.Engine.Index.RocksNative;

namespace Holdfast.Engine.Index;

/// <summary>A RocksDB database in a folder, or in memory, tuned to be small: 16 MiB of block cache, 8 MiB of write buffer, ten Bloom bits a
/// key, no write-ahead log (what a crash loses is loaded again).</summary>
/// <exception cref="RocksException">The folder holds no sound database.</exception>
internal sealed unsafe class RocksStore(string folder, bool inMemory) : IDisposable
{
    private readonly RocksHandle _handle = new(folder, inMemory);

    /// <summary>What is done with an entry that is walked over; false ends the walk.</summary>
    public delegate bool Visitor(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);

    /// <summary>Copies a key's value into <paramref name="value"/>. False when there is no such key.</summary>
    public bool TryGet(ReadOnlySpan<byte> key, Span<byte> value)
    {
        using var use = _handle.Hold();
        var slice = rocksdb_get_pinned(use.Database, _handle.ReadOptions, key, (nuint)key.Length, out var error);
        ThrowOn(error);
        if (slice == 0)
        {
            return false;
        }

        var found = new ReadOnlySpan<byte>((void*)rocksdb_pinnableslice_value(slice, out var length), checked((int)length));
        var fits = found.Length == value.Length;
        if (fits)
        {
            found.CopyTo(value);
        }

        rocksdb_pinnableslice_destroy(slice);
        return fits ? true : throw new RocksException("A value of the index cache has another length than was written.");
    }

    /// <summary>Walks over the entries from a key on, in the order of their keys.</summary>
    /// <exception cref="RocksException">Not all of them could be read.</exception>
    public void Walk(ReadOnlySpan<byte> from, Visitor visit)
    {
        using var use = _handle.Hold();
        var iterator = rocksdb_create_iterator(use.Database, _handle.ReadOptions);
        try
        {
            for (rocksdb_iter_seek(iterator, from, (nuint)from.Length); rocksdb_iter_valid(iterator) != 0; rocksdb_iter_next(iterator))
            {
                var key = new ReadOnlySpan<byte>((void*)rocksdb_iter_key(iterator, out var keyLength), checked((int)keyLength));
                var value = new ReadOnlySpan<byte>((void*)rocksdb_iter_value(iterator, out var valueLength), checked((int)valueLength));
                if (!visit(key, value))
                    return;
            }

            // An iterator that meets damage ends as if there were no more.
            rocksdb_iter_get_error(iterator, out var error);
            ThrowOn(error);
        }
        finally
        {
            rocksdb_iter_destroy(iterator);
        }
    }

    /// <summary>Several puts that take effect together.</summary>
    public void Write(Action<Batch> fill)
    {
        using var use = _handle.Hold();
        var batch = new Batch(rocksdb_writebatch_create());
        try
        {
            fill(batch);
            rocksdb_write(use.Database, _handle.WriteOptions, batch.Handle, out var error);
            ThrowOn(error);
        }
        finally
        {
            rocksdb_writebatch_destroy(batch.Handle);
        }
    }

    public void Dispose() => _handle.Dispose();

    internal readonly record struct Batch(nint Handle)
    {
        public void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) =>
            rocksdb_writebatch_put(Handle, key, (nuint)key.Length, value, (nuint)value.Length);
    }
}
