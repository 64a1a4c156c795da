using System.Buffers;
using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Devices;
using Holdfast.Engine.Index;
using Holdfast.Engine.Maps;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Backup;

/// <summary>
/// One backup. Workers, as many as there are cores, take runs of chunks from a bounded queue; what they find new goes to the sink. Write order:
/// packs, the index objects that name them, the manifest (docs/format/repository-v1.md, Write order).
/// </summary>
internal sealed class BackupRun(RepositoryContext repository, IBlockDevice device, BackupRequest request, Manifest? parent, Action<HoldfastException> parentUnreadable, IProgress<BackupProgress>? progress)
{
    private readonly ChunkGrid _grid = new(device.Size, repository.Config.ChunkSize);
    private readonly BackupCounters _counters = new();
    private readonly TaskCompletionSource<Exception> _firstError = new();
    private Task<IndexCache>? _index;

    public async Task<Manifest> RunAsync(CancellationToken cancel)
    {
        var started = repository.Clock.GetUtcNow();
        var stamp = device.ContentStamp();
        var shape = new MapShape(_grid.Count);
        if (Unchanged(stamp) is { } same)
        {
            var figures = new BackupCounters().ToFigures(_grid.Count, _grid.ChunkSize, 0) with { ChunksZero = same.Figures.ChunksZero };
            return await WriteManifestAsync(started, ItemId.Parse(same.Root), shape, figures, stamp, cancel);
        }

        var (root, stored) = await StoreAsync(shape, cancel);
        device.ThrowIfReplaced();
        var kept = stamp is not null && device.ContentStamp() == stamp ? stamp : null;
        return await WriteManifestAsync(started, root, shape, _counters.ToFigures(_grid.Count, _grid.ChunkSize, stored), kept, cancel);
    }

    /// <summary>The parent, when the device says by its content stamp that not a byte changed since.</summary>
    private Manifest? Unchanged(string? stamp) =>
        request.TrustContentStamp && stamp is not null && parent?.ContentStamp == stamp && parent.VolumeSize == device.Size && parent.ChunkSize == _grid.ChunkSize ? parent : null;

    private async Task<(ItemId Root, long BytesStored)> StoreAsync(MapShape shape, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);

        // Opening the index cache takes a while and the first look-up needs it: begin with it, and read meanwhile.
        _index = Task.Run(() => repository.Index.RefreshAsync(stop.Token), stop.Token);
        await using var sink = new PackSink(repository, stop.Cancel, stop.Token);
        using var map = new MapBuilder(repository, sink, IndexAsync);
        using var parentMap = new ParentMap(IndexAsync, repository, parent, parentUnreadable);
        var runs = Channel.CreateBounded<ChunkRun>(new BoundedChannelOptions(Environment.ProcessorCount * 2) { SingleWriter = true });

        var workers = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Task.Run(() => WorkAsync(runs.Reader, map, parentMap, sink, stop), CancellationToken.None)).ToList();
        var planner = Task.Run(() => PlanAsync(runs.Writer, shape, map, parentMap, stop), CancellationToken.None);
        await Task.WhenAll([planner, .. workers]);
        if (!_firstError.Task.IsCompleted)
        {
            await Guarded(async () =>
            {
                await map.FlushAsync();
                await sink.FinishAsync();
            }, stop);
        }

        await ThrowFirstErrorAsync(sink, cancel);
        return (map.Root, sink.BytesStored);
    }

    private async ValueTask<IndexCache> IndexAsync() => await (_index ?? throw new InvalidOperationException("The run has not begun."));

    private Task PlanAsync(ChannelWriter<ChunkRun> runs, MapShape shape, MapBuilder map, ParentMap parentMap, CancellationTokenSource stop) => Guarded(
        async () =>
        {
            var left = new List<MapNode>();
            try
            {
                foreach (var run in new WorkPlanner(_grid, shape).Runs(device.Extents(), left.Add))
                {
                    await FinishLeftAsync(left, map, parentMap, stop.Token);
                    await runs.WriteAsync(run, stop.Token);
                }

                await FinishLeftAsync(left, map, parentMap, stop.Token);
            }
            finally
            {
                runs.Complete();
            }
        },
        stop);

    private static async ValueTask FinishLeftAsync(List<MapNode> left, MapBuilder map, ParentMap parentMap, CancellationToken cancel)
    {
        foreach (var node in left)
        {
            await map.FinishPieceAsync(node, node.Level == 1 ? await parentMap.FindLeafAsync(node.Index, cancel) : null);
        }

        left.Clear();
    }

    private Task WorkAsync(ChannelReader<ChunkRun> runs, MapBuilder map, ParentMap parentMap, PackSink sink, CancellationTokenSource stop) => Guarded(
        async () =>
        {
            using var worker = new ChunkWorker(repository, device, _grid, sink, _counters, IndexAsync);
            await foreach (var run in runs.ReadAllAsync(stop.Token))
            {
                var parentLeaf = await parentMap.FindLeafAsync(run.Leaf.Index, stop.Token);
                await worker.ProcessAsync(run, parentLeaf, stop.Token);
                await map.FinishPieceAsync(run.Leaf, parentLeaf);
                progress?.Report(new BackupProgress(_grid.LengthOf(0, run.FirstChunk + run.Count), device.Size, sink.BytesStored));
            }

            await worker.FlushAsync();
        },
        stop);

    /// <summary>Runs a stage; its failure stops the others, and the first real one is the run's.</summary>
    private async Task Guarded(Func<Task> stage, CancellationTokenSource stop)
    {
        try
        {
            await stage();
        }
        catch (Exception e)
        {
            if (e is not OperationCanceledException)
            {
                _firstError.TrySetResult(e);
            }

            await stop.CancelAsync();
        }
    }

    private async Task ThrowFirstErrorAsync(PackSink sink, CancellationToken cancel)
    {
        if (_firstError.Task.IsCompleted)
        {
            ExceptionDispatchInfo.Throw(await _firstError.Task);
        }

        cancel.ThrowIfCancellationRequested();
        await sink.ThrowIfFailedAsync();
    }

    private async Task<Manifest> WriteManifestAsync(DateTimeOffset started, ItemId root, MapShape shape, BackupFigures figures, string? stamp, CancellationToken cancel)
    {
        var manifest = new Manifest
        {
            Id = request.Id,
            Volume = request.Volume,
            Source = device.Name,
            VolumeSize = device.Size,
            ChunkSize = _grid.ChunkSize,
            StartedAt = started,
            FinishedAt = repository.Clock.GetUtcNow(),
            Consistency = request.Consistency,
            Parent = parent?.Id,
            Figures = figures,
            Labels = request.Labels,
            Root = root.ToString(),
            Levels = shape.Levels,
            ContentStamp = stamp,
        };
        var key = ObjectNames.OfManifest(request.Id);
        var bytes = SealedObject.Seal(repository.Keys, SealedType.Manifest, request.Id.Value, ManifestDocument.Write(manifest));
        if (!await repository.Store.PutIfAbsentAsync(key, new ReadOnlySequence<byte>(bytes), cancel))
        {
            throw new HoldfastException(FailureKind.AlreadyExists, $"The backup {request.Id} exists already in '{repository.Store.Name}'.");
        }

        return manifest;
    }
}
