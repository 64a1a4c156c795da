using System.Runtime.InteropServices;

namespace Holdfast.Engine.Index;

/// <summary>
/// The few functions of RocksDB's C interface that the index cache needs, on the native library that the RocksDB package ships. The
/// package's own managed face resolves hundreds of functions when it is first touched, which costs a short-lived process about 0.3 s
/// (docs/decisions/0002-engine-index-cache.md).
/// </summary>
internal static partial class RocksNative
{
    private const string Library = "rocksdb";

    [LibraryImport(Library)]
    public static partial nint rocksdb_options_create();

    [LibraryImport(Library)]
    public static partial void rocksdb_options_destroy(nint options);

    [LibraryImport(Library)]
    public static partial void rocksdb_options_set_create_if_missing(nint options, byte value);

    [LibraryImport(Library)]
    public static partial void rocksdb_options_set_write_buffer_size(nint options, nuint bytes);

    [LibraryImport(Library)]
    public static partial void rocksdb_options_set_max_open_files(nint options, int count);

    [LibraryImport(Library)]
    public static partial void rocksdb_options_set_keep_log_file_num(nint options, nuint count);

    [LibraryImport(Library)]
    public static partial void rocksdb_options_set_compression(nint options, int kind);

    [LibraryImport(Library)]
    public static partial void rocksdb_options_set_block_based_table_factory(nint options, nint table);

    [LibraryImport(Library)]
    public static partial nint rocksdb_block_based_options_create();

    [LibraryImport(Library)]
    public static partial void rocksdb_block_based_options_destroy(nint table);

    [LibraryImport(Library)]
    public static partial void rocksdb_block_based_options_set_filter_policy(nint table, nint policy);

    [LibraryImport(Library)]
    public static partial void rocksdb_block_based_options_set_cache_index_and_filter_blocks(nint table, byte value);

    [LibraryImport(Library)]
    public static partial void rocksdb_block_based_options_set_block_cache(nint table, nint cache);

    [LibraryImport(Library)]
    public static partial nint rocksdb_filterpolicy_create_bloom_full(double bitsPerKey);

    [LibraryImport(Library)]
    public static partial nint rocksdb_cache_create_lru(nuint bytes);

    [LibraryImport(Library)]
    public static partial void rocksdb_cache_destroy(nint cache);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint rocksdb_open(nint options, string path, out nint error);

    [LibraryImport(Library)]
    public static partial void rocksdb_close(nint database);

    [LibraryImport(Library)]
    public static partial nint rocksdb_writeoptions_create();

    [LibraryImport(Library)]
    public static partial void rocksdb_writeoptions_destroy(nint options);

    [LibraryImport(Library)]
    public static partial void rocksdb_writeoptions_disable_WAL(nint options, int disable);

    [LibraryImport(Library)]
    public static partial nint rocksdb_readoptions_create();

    [LibraryImport(Library)]
    public static partial void rocksdb_readoptions_destroy(nint options);

    [LibraryImport(Library)]
    public static partial nint rocksdb_writebatch_create();

    [LibraryImport(Library)]
    public static partial void rocksdb_writebatch_destroy(nint batch);

    [LibraryImport(Library)]
    public static partial void rocksdb_writebatch_put(
        nint batch,
        ReadOnlySpan<byte> key,
        nuint keyLength,
        ReadOnlySpan<byte> value,
        nuint valueLength
    );

    [LibraryImport(Library)]
    public static partial void rocksdb_write(nint database, nint options, nint batch, out nint error);

    [LibraryImport(Library)]
    public static partial nint rocksdb_get_pinned(nint database, nint options, ReadOnlySpan<byte> key, nuint keyLength, out nint error);

    [LibraryImport(Library)]
    public static partial nint rocksdb_pinnableslice_value(nint slice, out nuint length);

    [LibraryImport(Library)]
    public static partial void rocksdb_pinnableslice_destroy(nint slice);

    [LibraryImport(Library)]
    public static partial nint rocksdb_create_iterator(nint database, nint options);

    [LibraryImport(Library)]
    public static partial void rocksdb_iter_destroy(nint iterator);

    [LibraryImport(Library)]
    public static partial void rocksdb_iter_seek(nint iterator, ReadOnlySpan<byte> key, nuint keyLength);

    [LibraryImport(Library)]
    public static partial byte rocksdb_iter_valid(nint iterator);

    [LibraryImport(Library)]
    public static partial void rocksdb_iter_next(nint iterator);

    [LibraryImport(Library)]
    public static partial nint rocksdb_iter_key(nint iterator, out nuint length);

    [LibraryImport(Library)]
    public static partial nint rocksdb_iter_value(nint iterator, out nuint length);

    [LibraryImport(Library)]
    public static partial void rocksdb_iter_get_error(nint iterator, out nint error);

    [LibraryImport(Library)]
    public static partial nint rocksdb_create_mem_env();

    [LibraryImport(Library)]
    public static partial void rocksdb_env_destroy(nint environment);

    [LibraryImport(Library)]
    public static partial void rocksdb_options_set_env(nint options, nint environment);

    [LibraryImport(Library)]
    public static partial void rocksdb_free(nint pointer);

    /// <summary>Turns the library's error, where there is one, into an exception, and frees it.</summary>
    public static void ThrowOn(nint error)
    {
        if (error == 0)
        {
            return;
        }

        var text = Marshal.PtrToStringUTF8(error) ?? "unknown error";
        rocksdb_free(error);
        throw new RocksException(text);
    }
}

/// <summary>The cache's database failed. The cache is disposable: its owner drops it and builds another.</summary>
internal sealed class RocksException(string message) : Exception(message);

/// <summary>What a cache says cannot be read. Its owner drops it and builds another; what was under way is run once more.</summary>
internal sealed class IndexCacheDamagedException(IndexCache cache, Exception inner)
    : Exception($"The index cache in '{cache.Folder}' is damaged: {inner.Message}", inner)
{
    public IndexCache Cache => cache;
}
