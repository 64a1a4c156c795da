using Microsoft.Win32.SafeHandles;

namespace Holdfast.Engine.Upkeep.Prune;

/// <summary>
/// Records of one size on disk, in parts that are read one by one: what is too much for memory as a whole is joined part by part. The file
/// has no name and goes with the process. One thread at a time.
/// </summary>
internal sealed class PartedFile : IDisposable
{
    /// <summary>A power of two. Of 100 million items a part holds under a million.</summary>
    public const int Parts = 128;

    /// <summary>Bytes; a multiple of the sizes of the records that there are, 16 and 24.</summary>
    private const int BlockSize = 24 * 1024;

    private readonly int _recordSize;
    private readonly SafeFileHandle _file;
    private readonly byte[] _buffers = new byte[Parts * BlockSize];
    private readonly int[] _filled = new int[Parts];
    private readonly List<long>[] _blocks = [.. Enumerable.Range(0, Parts).Select(_ => new List<long>())];
    private readonly byte[] _block = new byte[BlockSize];
    private long _end;

    /// <exception cref="IOException">The folder cannot be used.</exception>
    public PartedFile(string folder, int recordSize)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(BlockSize % recordSize, 0);
        _recordSize = recordSize;
        var path = Path.Combine(folder, $"prune-{Guid.CreateVersion7():N}");
        _file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose);
        File.Delete(path);
    }

    public long Count(int part) => ((_blocks[part].Count * (long)BlockSize) + _filled[part]) / _recordSize;

    public void Append(int part, ReadOnlySpan<byte> record)
    {
        var at = _filled[part];
        record.CopyTo(_buffers.AsSpan((part * BlockSize) + at, _recordSize));
        _filled[part] = at + _recordSize;
        if (_filled[part] == BlockSize)
            Flush(part);
    }

    /// <summary>Gives the records of a part in the order that they came, many at a time.</summary>
    public void Read(int part, RecordReader read)
    {
        foreach (var offset in _blocks[part])
        {
            for (var done = 0; done < BlockSize;)
            {
                var length = RandomAccess.Read(_file, _block.AsSpan(done), offset + done);
                if (length == 0)
                    throw new IOException("A scratch file of prune is shorter than what was written to it.");

                done += length;
            }

            read(_block);
        }

        read(_buffers.AsSpan(part * BlockSize, _filled[part]));
    }

    public void Dispose() => _file.Dispose();

    private void Flush(int part)
    {
        RandomAccess.Write(_file, _buffers.AsSpan(part * BlockSize, BlockSize), _end);
        _blocks[part].Add(_end);
        _end += BlockSize;
        _filled[part] = 0;
    }

    public delegate void RecordReader(ReadOnlySpan<byte> records);
}
