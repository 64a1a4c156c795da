using static Holdfast.Engine.Index.RocksNative;

namespace Holdfast.Engine.Index;

/// <summary>A RocksDB database in a folder, tuned to be small: 16 MiB of block cache, 8 MiB of write buffer, ten Bloom bits a key, no
/// write-ahead log (what a crash loses is loaded again).</summary>
internal sealed unsafe class RocksStore : IDisposable
{
    private const int BlockCacheBytes = 16 * 1024 * 1024;
    private const int WriteBufferBytes = 8 * 1024 * 1024;
    private const double BloomBitsPerKey = 10;

    private readonly nint _database;
    private readonly nint _read = rocksdb_readoptions_create();
    private readonly nint _write = rocksdb_writeoptions_create();
    private readonly nint _cache = rocksdb_cache_create_lru(BlockCacheBytes);

    /// <exception cref="RocksException">The folder holds no sound database.</exception>
    public RocksStore(string folder)
    {
        var table = rocksdb_block_based_options_create();
        rocksdb_block_based_options_set_filter_policy(table, rocksdb_filterpolicy_create_bloom_full(BloomBitsPerKey));
        rocksdb_block_based_options_set_block_cache(table, _cache);
        rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 1);
        var options = rocksdb_options_create();
        rocksdb_options_set_create_if_missing(options, 1);
        rocksdb_options_set_write_buffer_size(options, WriteBufferBytes);
        rocksdb_options_set_max_open_files(options, 64);
        rocksdb_options_set_keep_log_file_num(options, 1);
        rocksdb_options_set_compression(options, 0);
        rocksdb_options_set_block_based_table_factory(options, table);
        rocksdb_writeoptions_disable_WAL(_write, 1);
        _database = rocksdb_open(options, folder, out var error);
        rocksdb_block_based_options_destroy(table);
        rocksdb_options_destroy(options);
        if (error != 0)
        {
            FreeOptions();
            ThrowOn(error);
        }
    }

    /// <summary>Copies a key's value into <paramref name="value"/>. False when there is no such key.</summary>
    public bool TryGet(ReadOnlySpan<byte> key, Span<byte> value)
    {
        var slice = rocksdb_get_pinned(_database, _read, key, (nuint)key.Length, out var error);
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

    public List<byte[]> KeysWithPrefix(byte prefix)
    {
        var keys = new List<byte[]>();
        var iterator = rocksdb_create_iterator(_database, _read);
        for (rocksdb_iter_seek(iterator, [prefix], 1); rocksdb_iter_valid(iterator) != 0; rocksdb_iter_next(iterator))
        {
            var key = new ReadOnlySpan<byte>((void*)rocksdb_iter_key(iterator, out var length), checked((int)length));
            if (key[0] != prefix)
            {
                break;
            }

            keys.Add(key.ToArray());
        }

        rocksdb_iter_destroy(iterator);
        return keys;
    }

    /// <summary>Several puts that take effect together.</summary>
    public void Write(Action<Batch> fill)
    {
        var batch = new Batch(rocksdb_writebatch_create());
        try
        {
            fill(batch);
            rocksdb_write(_database, _write, batch.Handle, out var error);
            ThrowOn(error);
        }
        finally
        {
            rocksdb_writebatch_destroy(batch.Handle);
        }
    }

    public void Dispose()
    {
        rocksdb_close(_database);
        FreeOptions();
    }

    private void FreeOptions()
    {
        rocksdb_readoptions_destroy(_read);
        rocksdb_writeoptions_destroy(_write);
        rocksdb_cache_destroy(_cache);
    }

    internal readonly record struct Batch(nint Handle)
    {
        public void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) =>
            rocksdb_writebatch_put(Handle, key, (nuint)key.Length, value, (nuint)value.Length);
    }
}
