using System.Runtime.InteropServices;
using static Holdfast.Engine.Index.RocksNative;

namespace Holdfast.Engine.Index;

/// <summary>
/// An open RocksDB database with all that belongs to it. It is closed when the last call that uses it is over: who calls later gets an
/// <see cref="ObjectDisposedException"/>.
/// </summary>
internal sealed class RocksHandle : SafeHandle
{
    private const int BlockCacheBytes = 16 * 1024 * 1024;
    private const int WriteBufferBytes = 8 * 1024 * 1024;
    private const double BloomBitsPerKey = 10;

    private readonly nint _cache = rocksdb_cache_create_lru(BlockCacheBytes);
    private readonly nint _environment;

    /// <param name="folder">Where the database lies.</param>
    /// <param name="inMemory">Whether that is a folder of a file system in memory, of this handle's own.</param>
    /// <exception cref="RocksException">The folder holds no sound database.</exception>
    public RocksHandle(string folder, bool inMemory)
        : base(0, ownsHandle: true)
    {
        _environment = inMemory ? rocksdb_create_mem_env() : 0;
        var table = rocksdb_block_based_options_create();
        rocksdb_block_based_options_set_filter_policy(table, rocksdb_filterpolicy_create_bloom_full(BloomBitsPerKey));
        rocksdb_block_based_options_set_block_cache(table, _cache);
        rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 1);
        var options = rocksdb_options_create();
        if (inMemory)
            rocksdb_options_set_env(options, _environment);

        rocksdb_options_set_create_if_missing(options, 1);
        rocksdb_options_set_write_buffer_size(options, WriteBufferBytes);
        rocksdb_options_set_max_open_files(options, 64);
        rocksdb_options_set_keep_log_file_num(options, 1);
        rocksdb_options_set_compression(options, 0);
        rocksdb_options_set_block_based_table_factory(options, table);
        rocksdb_writeoptions_disable_WAL(WriteOptions, 1);
        var database = rocksdb_open(options, folder, out var error);
        rocksdb_block_based_options_destroy(table);
        rocksdb_options_destroy(options);
        if (error != 0)
        {
            FreeOptions();
            SetHandleAsInvalid();
            ThrowOn(error);
        }

        SetHandle(database);
    }

    public override bool IsInvalid => handle == 0;

    public nint ReadOptions { get; } = rocksdb_readoptions_create();

    public nint WriteOptions { get; } = rocksdb_writeoptions_create();

    /// <summary>Keeps the database open while it is used.</summary>
    /// <exception cref="ObjectDisposedException">The database was closed.</exception>
    public Use Hold()
    {
        var held = false;
        DangerousAddRef(ref held);
        return new Use(this);
    }

    protected override bool ReleaseHandle()
    {
        rocksdb_close(handle);
        FreeOptions();
        return true;
    }

    private void FreeOptions()
    {
        rocksdb_readoptions_destroy(ReadOptions);
        rocksdb_writeoptions_destroy(WriteOptions);
        rocksdb_cache_destroy(_cache);
        if (_environment != 0)
            rocksdb_env_destroy(_environment);
    }

    /// <summary>One use of the database.</summary>
    internal readonly ref struct Use(RocksHandle owner)
    {
        public nint Database => owner.handle;

        public void Dispose() => owner.DangerousRelease();
    }
}
