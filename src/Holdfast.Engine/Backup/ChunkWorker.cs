using Holdfast.Engine.Chunks;
using Holdfast.Engine.Devices;
using Holdfast.Engine.Index;
using Holdfast.Engine.Maps;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Backup;

/// <summary>One of a run's workers: reads runs of chunks, finds out which are new, packs those. Owns its buffers; shares nothing but the sink and the map.</summary>
internal sealed class ChunkWorker : IDisposable
{
    /// <summary>Bytes read at once.</summary>
    private const int ReadBytes = 1024 * 1024;

    private readonly RepositoryContext _repository;
    private readonly IBlockDevice _device;
    private readonly ChunkGrid _grid;
    private readonly PackSink _sink;
    private readonly BackupCounters _counters;
    private readonly Func<ValueTask<IndexCache>> _index;
    private readonly FrameBuilder _frame;
    private readonly byte[] _buffer;

    public ChunkWorker(RepositoryContext repository, IBlockDevice device, ChunkGrid grid, PackSink sink, BackupCounters counters, Func<ValueTask<IndexCache>> index)
    {
        _repository = repository;
        _device = device;
        _grid = grid;
        _sink = sink;
        _counters = counters;
        _index = index;
        _frame = new FrameBuilder(grid.ChunkSize, repository.Config.CompressionLevel);
        _buffer = GC.AllocateUninitializedArray<byte>(Math.Max(ReadBytes, grid.ChunkSize), pinned: true);
    }

    /// <summary>Reads a run and fills its leaf's slots. <paramref name="parent"/> is the parent's leaf at the same place, or null for zeros.</summary>
    public async ValueTask ProcessAsync(ChunkRun run, byte[]? parent, CancellationToken cancel)
    {
        var perRead = _buffer.Length / _grid.ChunkSize;
        for (var done = 0; done < run.Count; done += perRead)
        {
            var first = run.FirstChunk + done;
            var count = Math.Min(perRead, run.Count - done);
            var length = (int)_grid.LengthOf(first, count);
            await _device.ReadAsync(_grid.OffsetOf(first), _buffer.AsMemory(0, length), cancel);
            _buffer.AsSpan(length, (count * _grid.ChunkSize) - length).Clear();

            var (zero, changed, added) = (0, 0, 0);
            for (var i = 0; i < count; i++)
            {
                var slot = (int)((first + i) % MapShape.FanOut);
                var id = IdOf(i);
                run.Leaf.Set(slot, id);
                zero += id.IsZero ? 1 : 0;
                if (id == (parent is null ? default : MapReader.IdAt(parent, slot)))
                {
                    continue;
                }

                changed++;
                if (!id.IsZero && await StoreIfNewAsync(id, i))
                {
                    added++;
                }
            }

            _counters.Add(length, count, zero, changed, added);
        }
    }

    public async ValueTask FlushAsync()
    {
        if (!_frame.IsEmpty)
        {
            await _sink.AppendAsync(PackKind.Data, _frame.Take());
        }
    }

    public void Dispose() => _frame.Dispose();

    private ReadOnlySpan<byte> Chunk(int i) => _buffer.AsSpan(i * _grid.ChunkSize, _grid.ChunkSize);

    private ItemId IdOf(int i) => ItemHasher.IsZero(Chunk(i)) ? default : _repository.Keys.Chunks.Hash(Chunk(i));

    private async ValueTask<bool> StoreIfNewAsync(ItemId id, int i)
    {
        if (!_sink.Claim(id))
        {
            return false;
        }

        if ((await _index()).TryFind(id, out _))
        {
            _sink.Release(id);
            return false;
        }

        _frame.Add(id, Chunk(i));
        if (_frame.IsFull)
        {
            await FlushAsync();
        }

        return true;
    }
}
