using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Index;
using Holdfast.Engine.Manifests;
using Holdfast.Engine.Maps;

namespace Holdfast.Engine.Backup;

/// <summary>
/// The map of the restore point that a backup is compared with. It only saves work: where it is missing or damaged, everything is as if
/// there were no parent.
/// </summary>
internal sealed class ParentMap(
    RepositoryContext repository,
    Manifest? parent,
    BackupId backup,
    ItemLookup lookup,
    CancellationToken cancel
) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private MapReader? _map;
    private volatile bool _unusable = parent is null || parent.ChunkSize != repository.ChunkSize;

    /// <summary>The parent's leaf, or null when it is zero or there is no parent to go by.</summary>
    public async Task<byte[]?> FindLeafAsync(long leaf)
    {
        try
        {
            return await OpenAsync() is { } map ? await map.FindLeafAsync(leaf, cancel) : null;
        }
        catch (HoldfastException e) when (IsDamage(e))
        {
            GiveUp(e);
            return null;
        }
    }

    /// <summary>Chunks of leaves [<paramref name="from"/>, <paramref name="to"/>) that are not zero in the parent.</summary>
    public async Task<long> CountSetAsync(long from, long to)
    {
        var count = 0L;
        try
        {
            if (await OpenAsync() is { } map)
            {
                await foreach (var leaf in map.LeavesAsync(from, to, cancel))
                    count += MapCompare.CountSet(leaf.Node);
            }
        }
        catch (HoldfastException e) when (IsDamage(e))
        {
            GiveUp(e);
        }

        return count;
    }

    public void Dispose()
    {
        _map?.Dispose();
        _gate.Dispose();
    }

    private static bool IsDamage(HoldfastException e) =>
        e.Kind is FailureKind.Corrupted or FailureKind.NotFound or FailureKind.UnsupportedVersion;

    private async ValueTask<MapReader?> OpenAsync()
    {
        if (_unusable || parent is null)
            return null;

        await _gate.WaitAsync(cancel);
        try
        {
            return _unusable ? null : _map ??= Make(parent, await lookup.IndexAsync());
        }
        finally
        {
            _gate.Release();
        }
    }

    private MapReader Make(Manifest manifest, Index.IndexCache index)
    {
        var shape = new MapShape(new ChunkGrid(manifest.VolumeSize, manifest.ChunkSize).Count);
        return shape.Levels == manifest.Levels
            ? new MapReader(repository, index, ItemId.Parse(manifest.Root), shape) { Damaged = lookup.Distrust }
            : throw new HoldfastException(
                FailureKind.Corrupted,
                $"The manifest of {manifest.Id} says {manifest.Levels} levels for {manifest.VolumeSize} bytes."
            );
    }

    private void GiveUp(HoldfastException e)
    {
        if (!_unusable)
            EngineLog.ParentUnusable(repository.Log, e, parent?.Id ?? default, backup);

        _unusable = true;
    }
}
