using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Devices;
using Holdfast.Engine.Index;
using Holdfast.Engine.Manifests;
using Holdfast.Engine.Maps;

namespace Holdfast.Engine.Restore;

/// <summary>One restore: window by window, planned by pack, each range of a pack read once, on all cores.</summary>
/// <param name="throwIfGone">Whether the store still holds this repository: then what it cannot read is damaged.</param>
internal sealed class RestoreRun(
    RepositoryContext repository,
    Manifest manifest,
    IBlockDevice target,
    RestoreOptions options,
    Func<CancellationToken, Task> throwIfGone,
    IProgress<RestoreProgress>? progress
)
{
    private readonly ChunkGrid _grid = new(manifest.VolumeSize, manifest.ChunkSize);

    /// <summary>How often one window may be begun anew because the index changed meanwhile.</summary>
    private const int MostMisses = 20;

    private readonly RestoreCounters _counters = new(manifest.VolumeSize, progress);
    private readonly RestoreLosses? _losses = options.AllowDamaged
        ? new RestoreLosses(new ChunkGrid(manifest.VolumeSize, manifest.ChunkSize), target, options.TargetIsZero, throwIfGone)
        : null;

    /// <summary>The leaf and the chunk from which on nothing is written yet.</summary>
    private long _leaf;
    private long _chunk;

    public async Task<RestoreFigures> RunAsync(CancellationToken cancel)
    {
        if (target.Size < manifest.VolumeSize)
            throw new HoldfastException(
                FailureKind.Refused,
                $"'{target.Name}' has {target.Size} bytes, the backup {manifest.VolumeSize}. Name a target of at least its size."
            );

        var root = ItemId.Parse(manifest.Root);
        if (root.IsZero)
            await WriteZerosAsync([(0, _grid.Count)], cancel);
        else if (_losses is null)
            await RestoreAsync(root, cancel);
        else
            await RestoreWhatIsLeftAsync(root, cancel);

        await target.FlushAsync(cancel);
        return _counters.ToFigures() with { Missing = _losses?.Missing ?? [] };
    }

    private async Task RestoreWhatIsLeftAsync(ItemId root, CancellationToken cancel)
    {
        using var index = await PartialIndex.LoadAsync(repository, cancel);
        await RestoreAsync(root, index.Cache, cancel);
    }

    /// <summary>Prune may move what is to be read, at any time. Damage is what is not there by an index that was looked at after it was
    /// missed; else the restore goes on from the window that it was at.</summary>
    private async Task RestoreAsync(ItemId root, CancellationToken cancel)
    {
        var (misses, reached) = (0, _leaf);
        while (true)
        {
            var index = await repository.Index.RefreshAsync(cancel);
            var known = await repository.Index.LoadedAsync(index, cancel);
            try
            {
                await RestoreAsync(root, index, cancel);
                return;
            }
            catch (HoldfastException e) when (e.Kind == FailureKind.Corrupted)
            {
                var now = await repository.Index.RefreshAsync(cancel);
                misses = _leaf == reached ? misses + 1 : 1;
                reached = _leaf;
                if (misses > MostMisses || (await repository.Index.LoadedAsync(now, cancel)).ToHashSet().SetEquals(known))
                    throw;
            }
        }
    }

    private async Task RestoreAsync(ItemId root, IndexCache index, CancellationToken cancel)
    {
        Action<int, long>? lost = _losses is null ? null : _losses.AddNode;
        using var map = new MapReader(repository, index, root, new MapShape(_grid.Count)) { Lost = lost };
        var workers = Enumerable
            .Range(0, repository.ReadsAtOnce)
            .Select(_ => new RestoreWorker(repository, index, _grid, target, _counters, _losses))
            .ToList();
        try
        {
            var window = new RestoreWindow(_grid, _chunk);
            await foreach (var leaf in map.LeavesAsync(_leaf, map.Shape.Leaves, cancel))
            {
                window.Add(leaf);
                if (window.IsFull)
                {
                    await RestoreAsync(window, workers, index, cancel);
                    (_leaf, _chunk) = (leaf.Index + 1, window.Reached);
                }
            }

            window.SkipTo(_grid.Count);
            await RestoreAsync(window, workers, index, cancel);
        }
        finally
        {
            workers.ForEach(worker => worker.Dispose());
        }
    }

    private async Task RestoreAsync(RestoreWindow window, List<RestoreWorker> workers, IndexCache index, CancellationToken cancel)
    {
        var unknown = _losses is null ? null : new ConcurrentBag<long>();
        var plan = window.Plan(index, unknown);
        foreach (var chunk in unknown ?? [])
        {
            if (_losses is not null)
                _counters.AddZero(await _losses.AddAsync(chunk, cancel));
        }

        using var reads = RestorePlan.Reads(plan).GetEnumerator();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Exception? error = null;
        var running = workers
            .Select(worker =>
                Task.Run(
                    async () =>
                    {
                        try
                        {
                            while (TryTake(reads, out var read))
                                await worker.RunAsync(read, plan, stop.Token);
                        }
                        catch (Exception e)
                        {
                            if (e is not OperationCanceledException || !stop.IsCancellationRequested)
                                Interlocked.CompareExchange(ref error, e, null);

                            await stop.CancelAsync();
                        }
                    },
                    CancellationToken.None
                )
            )
            .ToList();
        await Task.WhenAll(running);
        if (error is not null)
            ExceptionDispatchInfo.Throw(error);

        cancel.ThrowIfCancellationRequested();
        await WriteZerosAsync(window.Zeros, cancel);
        window.Clear();
    }

    private static bool TryTake(IEnumerator<PackRead> reads, out PackRead read)
    {
        lock (reads)
        {
            var more = reads.MoveNext();
            read = more ? reads.Current : default;
            return more;
        }
    }

    private async Task WriteZerosAsync(IReadOnlyList<(long First, long Count)> zeros, CancellationToken cancel)
    {
        foreach (var (first, count) in zeros)
        {
            var length = _grid.LengthOf(first, count);
            if (!options.TargetIsZero && length > 0)
                await target.WriteZerosAsync(_grid.OffsetOf(first), length, cancel);

            _counters.AddZero(length);
        }
    }
}
