using Holdfast.Engine.Basics;
using Holdfast.Engine.Buffers;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Devices;
using Holdfast.Engine.Index;
using Holdfast.Engine.Maps;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Backup;

/// <summary>
/// One of a backup's workers: reads a unit, finds out which of its chunks are new, and packs these. Has its own buffers and its own
/// compressor; each stage of a chunk's way up to the pack runs on the worker's thread, so the chunk stays in its core's cache.
/// </summary>
internal sealed class ChunkWorker : IDisposable
{
    private const int ReadLength = 1024 * 1024;

    private readonly RepositoryContext _repository;
    private readonly IBlockDevice _device;
    private readonly ChunkGrid _grid;
    private readonly ItemLookup _lookup;
    private readonly PackSink _sink;
    private readonly BackupCounters _counters;
    private readonly NativeBuffer _buffer;
    private FrameBuilder? _frame;

    public ChunkWorker(
        RepositoryContext repository,
        IBlockDevice device,
        ChunkGrid grid,
        ItemLookup lookup,
        PackSink sink,
        BackupCounters counters
    )
    {
        _repository = repository;
        _device = device;
        _grid = grid;
        _lookup = lookup;
        _sink = sink;
        _counters = counters;
        _buffer = new NativeBuffer(Math.Max(ReadLength, grid.ChunkSize));
    }

    public async Task RunAsync(ReadUnit unit, LeafWork leaf, CancellationToken cancel)
    {
        var parent = await leaf.ParentAsync();
        var perRead = Math.Max(1, ReadLength / _grid.ChunkSize);
        for (var done = 0; done < unit.Count; done += perRead)
        {
            cancel.ThrowIfCancellationRequested();
            var first = unit.FirstChunk + done;
            var count = Math.Min(perRead, unit.Count - done);
            await ReadAsync(first, count, cancel);
            for (var i = 0; i < count; i++)
                await StoreAsync(first + i, _buffer.Memory.Slice(i * _grid.ChunkSize, _grid.ChunkSize), leaf, parent);
        }
    }

    /// <summary>Packs what is left over.</summary>
    public async ValueTask FlushAsync()
    {
        if (_frame is { IsEmpty: false } frame)
            await _sink.AppendAsync(PackKind.Data, frame.Take());
    }

    public void Dispose()
    {
        _frame?.Dispose();
        ((IDisposable)_buffer).Dispose();
    }

    private async ValueTask ReadAsync(long first, int count, CancellationToken cancel)
    {
        var length = (int)_grid.LengthOf(first, count);
        await _repository.Limits.VolumeRead.WaitAsync(StoreRequestScope.Job, length, cancel);
        await _device.ReadAsync(_grid.OffsetOf(first), _buffer.Memory[..length], cancel);
        _counters.AddRead(length);

        // The last chunk of a volume that ends inside it is filled up with zeros.
        _buffer.GetSpan()[length..(count * _grid.ChunkSize)].Clear();
    }

    private FrameBuilder MakeFrame()
    {
        var level = FrameLevel.Of(_repository.Compression);
        return new FrameBuilder(_grid.ChunkSize, level.DataFrame, level);
    }

    private async ValueTask StoreAsync(long index, ReadOnlyMemory<byte> chunk, LeafWork leaf, byte[]? parent)
    {
        if (ItemHasher.IsZero(chunk.Span))
            return;

        var id = _repository.Keys.Chunks.Hash(chunk.Span);
        leaf.Set(index, id);
        if (_lookup.ParentCounts && parent is not null && MapShape.IdAt(parent, (int)(index % MapShape.FanOut)) == id)
            return;

        if (!await _lookup.ClaimAsync(id))
            return;

        _counters.AddNewChunk();
        _frame ??= MakeFrame();
        _frame.Add(id, chunk.Span);
        if (_frame.IsFull)
            await _sink.AppendAsync(PackKind.Data, _frame.Take());
    }
}
