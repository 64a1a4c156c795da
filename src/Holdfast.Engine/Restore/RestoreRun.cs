using Holdfast.Engine.Backup;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Devices;
using Holdfast.Engine.Index;
using Holdfast.Engine.Maps;

namespace Holdfast.Engine.Restore;

/// <summary>One restore, window by window: memory does not depend on the volume's size, and within a window each frame is read once.</summary>
internal sealed class RestoreRun(RepositoryContext repository, Manifest manifest, IBlockDevice target, RestoreOptions options, IProgress<RestoreProgress>? progress) : IDisposable
{
    /// <summary>Chunks a window.</summary>
    private const int WindowChunks = 64 * 1024;

    private readonly ChunkGrid _grid = new(manifest.VolumeSize, manifest.ChunkSize);
    private readonly List<(long Chunk, ItemId Id)> _window = [];
    private List<RestoreWorker> _workers = [];
    private IndexCache? _index;
    private long _bytesZero;
    private long _bytesDone;

    public async Task<RestoreFigures> RunAsync(CancellationToken cancel)
    {
        if (target.Size < manifest.VolumeSize)
        {
            throw new HoldfastException(FailureKind.Refused, $"'{target.Name}' has {target.Size} bytes; the backup {manifest.Id} needs {manifest.VolumeSize}. Restore to a larger target. Nothing was written.");
        }

        _index = await repository.Index.RefreshAsync(cancel);
        _workers = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new RestoreWorker(repository, _index, _grid, target))];
        using var map = new MapReader(repository, _index, ItemId.Parse(manifest.Root), new MapShape(_grid.Count));
        var next = 0L;
        await foreach (var (leaf, node) in map.LeavesAsync(cancel))
        {
            next = await CollectAsync(leaf, node, next, cancel);
            if (_window.Count >= WindowChunks)
            {
                await WriteWindowAsync(cancel);
            }
        }

        await WriteWindowAsync(cancel);
        await ZeroAsync(next, _grid.Count, cancel);
        await target.FlushAsync(cancel);
        return new RestoreFigures(_workers.Sum(worker => worker.BytesWritten), _bytesZero, _workers.Sum(worker => worker.BytesRead));
    }

    public void Dispose() => _workers.ForEach(worker => worker.Dispose());

    /// <summary>Adds a leaf's chunks to the window and writes the zeros before and between them. Returns the first chunk after the last one added.</summary>
    private async ValueTask<long> CollectAsync(long leaf, byte[] node, long next, CancellationToken cancel)
    {
        var first = leaf * MapShape.FanOut;
        var count = (int)Math.Min(MapShape.FanOut, _grid.Count - first);
        for (var slot = 0; slot < count; slot++)
        {
            var id = MapReader.IdAt(node, slot);
            if (id.IsZero)
            {
                continue;
            }

            await ZeroAsync(next, first + slot, cancel);
            _window.Add((first + slot, id));
            next = first + slot + 1;
        }

        return next;
    }

    private async ValueTask ZeroAsync(long from, long to, CancellationToken cancel)
    {
        if (from >= to)
        {
            return;
        }

        var length = _grid.LengthOf(from, to - from);
        if (!options.TargetIsZero)
        {
            await target.WriteZerosAsync(_grid.OffsetOf(from), length, cancel);
        }

        _bytesZero += length;
        Report(length);
    }

    private async Task WriteWindowAsync(CancellationToken cancel)
    {
        if (_window.Count == 0)
        {
            return;
        }

        var placements = new Placement[_window.Count];
        Parallel.For(0, placements.Length, i => placements[i] = Locate(_window[i].Chunk, _window[i].Id));
        _window.Clear();
        var reads = RestorePlan.Make(placements);
        var taken = -1;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var tasks = _workers.Select(worker => Task.Run(
            async () =>
            {
                try
                {
                    for (var i = Interlocked.Increment(ref taken); i < reads.Count; i = Interlocked.Increment(ref taken))
                    {
                        await worker.ProcessAsync(reads[i], stop.Token);
                        Report(reads[i].Placements.Length * (long)_grid.ChunkSize);
                    }
                }
                catch
                {
                    await stop.CancelAsync();
                    throw;
                }
            },
            CancellationToken.None)).ToList();
        await FirstErrorAsync(tasks, cancel);
    }

    /// <summary>Waits for all and throws the first real error; a cancellation only when it was asked for.</summary>
    private static async Task FirstErrorAsync(List<Task> tasks, CancellationToken cancel)
    {
        var all = Task.WhenAll(tasks);
        await ((Task)all).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancel.ThrowIfCancellationRequested();
        if (all.Exception?.InnerExceptions.FirstOrDefault(e => e is not OperationCanceledException) is { } error)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(error);
        }

        await all;
    }

    private Placement Locate(long chunk, ItemId id) => _index is not null && _index.TryFind(id, out var at)
        ? new Placement(chunk, id, at)
        : throw new HoldfastException(FailureKind.Corrupted, $"No index of '{repository.Store.Name}' knows the chunk {id} at volume offset {_grid.OffsetOf(chunk)}. A pack or an index object is missing; put back a copy, or restore from another backup.");

    private void Report(long bytes) => progress?.Report(new RestoreProgress(Math.Min(Interlocked.Add(ref _bytesDone, bytes), manifest.VolumeSize), manifest.VolumeSize));
}
