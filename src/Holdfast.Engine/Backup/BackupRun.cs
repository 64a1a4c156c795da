using System.Runtime.ExceptionServices;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Devices;
using Holdfast.Engine.Index;
using Holdfast.Engine.Manifests;
using Holdfast.Engine.Maps;

namespace Holdfast.Engine.Backup;

/// <summary>
/// One backup: workers take units of the volume in order and do all of a chunk's way up to the pack; packs are put beside that. The first
/// real error stops everything and is what the run throws.
/// </summary>
internal sealed class BackupRun : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop;
    private readonly ChunkGrid _grid;
    private readonly MapShape _shape;
    private readonly RepositoryContext _repository;
    private readonly IBlockDevice _device;
    private readonly IProgress<BackupProgress>? _progress;
    private readonly PackSink _sink;
    private readonly ItemLookup _lookup;
    private readonly ParentMap _parent;
    private readonly bool _hasParent;
    private readonly MapBuilder _map;
    private readonly BackupCounters _counters = new();
    private Exception? _error;

    public BackupRun(
        RepositoryContext repository,
        IWriteSession session,
        IBlockDevice device,
        BackupRequest request,
        Manifest? parent,
        bool parentIsMarked,
        IProgress<BackupProgress>? progress,
        CancellationToken cancel
    )
    {
        _repository = repository;
        _device = device;
        _progress = progress;
        _grid = new ChunkGrid(device.Size, repository.ChunkSize);
        _shape = new MapShape(_grid.Count);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        _lookup = new ItemLookup(repository, session.Condemned, request.VerifyStored, _stop.Token)
        {
            ParentIsMarked = parentIsMarked,
        };
        _sink = new PackSink(repository, session, MapShape.NodeSize, _lookup.Release, Fail, _stop.Token);
        _hasParent = parent is not null;
        _parent = new ParentMap(repository, parent, request.Id, _lookup, _stop.Token);
        _map = new MapBuilder(repository, _shape, _lookup, _sink);
    }

    /// <summary>Reads the device and stores packs, map and index. What it answers is all that the manifest still has to name.</summary>
    public async Task<BackupResult> RunAsync(CancellationToken cancel)
    {
        try
        {
            var root = await StoreAsync();
            return new BackupResult(root, _shape.Levels, _counters.ToFigures(_grid, _sink.BytesStored));
        }
        catch (Exception e)
        {
            Fail(e);
            if (_error is not null)
                ExceptionDispatchInfo.Throw(_error);

            cancel.ThrowIfCancellationRequested();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _sink.DisposeAsync();
        _map.Dispose();
        _parent.Dispose();
        _lookup.Dispose();
        _stop.Dispose();
    }

    private async Task<ItemId> StoreAsync()
    {
        if (_hasParent)
            await _lookup.LookAroundAsync();

        using var units = new UnitQueue(ReadUnits.Of(_device.Extents(), _grid).GetEnumerator(), _shape, _parent.FindLeafAsync);
        await Task.WhenAll(
            Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Task.Run(() => WorkAsync(units), CancellationToken.None))
        );
        foreach (var (from, to) in units.SkippedLeaves)
            _counters.AddChanged(await _parent.CountSetAsync(from, to));

        var root = await _map.FinishAsync();
        await _sink.FinishAsync();
        _progress?.Report(new BackupProgress(_device.Size, _device.Size, _sink.BytesStored));
        return root;
    }

    private async Task WorkAsync(UnitQueue units)
    {
        try
        {
            using var worker = new ChunkWorker(_repository, _device, _grid, _lookup, _sink, _counters);
            for (var more = true; more;)
            {
                more = units.TryTake(out var unit, out var leaf, out var passed);
                await FinishLeafAsync(passed);
                if (leaf is not null)
                    await ReadAsync(worker, unit, leaf);
            }

            await worker.FlushAsync();
        }
        catch (Exception e)
        {
            Fail(e);
            throw;
        }
    }

    private async ValueTask ReadAsync(ChunkWorker worker, ReadUnit unit, LeafWork leaf)
    {
        await worker.RunAsync(unit, leaf, _stop.Token);
        if (leaf.LetGo())
            await FinishLeafAsync(leaf);

        _progress?.Report(new BackupProgress(_grid.OffsetOf(unit.FirstChunk), _device.Size, _sink.BytesStored));
    }

    private async ValueTask FinishLeafAsync(LeafWork? leaf)
    {
        if (leaf is null)
            return;

        var parent = await leaf.ParentAsync();
        _counters.AddLeaf(MapCompare.CountSet(leaf.Node), MapCompare.CountDifferent(leaf.Node, parent));
        await _map.AddLeafAsync(leaf.Index, leaf.Node, parent);
    }

    private void Fail(Exception e)
    {
        if (e is not OperationCanceledException || !_stop.IsCancellationRequested)
            Interlocked.CompareExchange(ref _error, e, null);

        _stop.Cancel();
    }
}

/// <summary>What a run stored.</summary>
internal sealed record BackupResult(ItemId Root, int Levels, BackupFigures Figures);
