using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Format;
using Holdfast.Engine.Index;
using Holdfast.Engine.Manifests;
using Holdfast.Engine.Maps;

namespace Holdfast.Engine.Upkeep;

/// <summary>Parts of maps below which nothing is lost, for all walks of one check: what restore points share is looked at once.</summary>
internal sealed class WholeNodes
{
    private readonly HashSet<ulong> _nodes = [];
    private readonly Lock _lock = new();

    public bool Contains(ItemId node)
    {
        lock (_lock)
            return _nodes.Contains(node.Fingerprint);
    }

    public void Add(ItemId node)
    {
        lock (_lock)
            _nodes.Add(node.Fingerprint);
    }
}

/// <summary>
/// Walks over the maps of restore points: reads every node and looks whether every chunk lies in a pack that is there. Notes what is lost.
/// One thread at a time.
/// </summary>
/// <param name="unplaced">The object that is to be named for what no index object places.</param>
internal sealed class MapWalk(RepositoryContext repository, Inventory inventory, DamageNotes notes, WholeNodes whole, string unplaced)
    : IDisposable
{
    private const string Unplaced = "no index object says where these bytes lie: one is lost, or the pack that held them";

    private readonly NodeReader _nodes = new(repository);

    /// <summary>Stored bytes that were read.</summary>
    public long BytesRead => _nodes.BytesRead;

    /// <summary>Nodes that were read and are what they should be.</summary>
    public long NodesRead { get; private set; }

    /// <summary>Told of each item that is lost.</summary>
    public Action<ItemId>? Lost { get; init; }

    /// <summary>Walks over all maps: volumes side by side, the restore points of one in their order, as they share most.</summary>
    /// <param name="lost">Told of each item that is lost, from any thread.</param>
    /// <returns>Stored bytes that were read, and nodes.</returns>
    public static async Task<(long Bytes, long Nodes)> AllAsync(
        RepositoryContext repository,
        Inventory inventory,
        IEnumerable<Manifest> manifests,
        DamageNotes notes,
        Action<ItemId>? lost,
        CancellationToken cancel
    )
    {
        var (bytes, nodes) = (0L, 0L);
        var whole = new WholeNodes();
        var flawed = inventory.Indexes.Where(known => known.Flaw is not null).ToList();
        var unplaced = flawed is [var only] ? ObjectNames.OfIndex(only.Id).Value : ObjectNames.Index;
        await Parallel.ForEachAsync(
            manifests.GroupBy(manifest => manifest.Volume),
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancel },
            async (volume, stop) =>
            {
                using var walk = new MapWalk(repository, inventory, notes, whole, unplaced) { Lost = lost };
                foreach (var manifest in volume.OrderBy(manifest => manifest.Number))
                    await walk.WalkAsync(manifest, stop);

                Interlocked.Add(ref bytes, walk.BytesRead);
                Interlocked.Add(ref nodes, walk.NodesRead);
            }
        );
        return (bytes, nodes);
    }

    /// <summary>Walks over a restore point's map.</summary>
    /// <returns>Whether all of it is there.</returns>
    public async Task<bool> WalkAsync(Manifest manifest, CancellationToken cancel)
    {
        var key = ObjectNames.OfManifest(manifest.Id).Value;
        var root = ItemId.Parse(manifest.Root);
        if (manifest.ChunkSize != repository.ChunkSize)
        {
            notes.AddManifest(key, $"it says chunks of {manifest.ChunkSize} bytes", manifest.Id, manifest.Volume);
            return false;
        }

        var grid = new ChunkGrid(manifest.VolumeSize, manifest.ChunkSize);
        var levels = new MapShape(grid.Count).Levels;
        if (manifest.Levels != levels)
        {
            notes.AddManifest(key, $"it says {manifest.Levels} levels for {manifest.VolumeSize} bytes", manifest.Id, manifest.Volume);
            return false;
        }

        return root.IsZero || await WalkAsync(new Walk(manifest, grid), root, levels, 0, cancel);
    }

    public void Dispose() => _nodes.Dispose();

    /// <param name="index">Of the node in its level.</param>
    private async Task<bool> WalkAsync(Walk walk, ItemId id, int level, long index, CancellationToken cancel)
    {
        if (whole.Contains(id))
            return true;

        if (await TryReadAsync(walk, id, level, index, cancel) is not { } node)
            return false;

        var isWhole = level == 1 ? HasAllChunks(walk, node, index) : await HasAllBelowAsync(walk, node, level, index, cancel);
        if (isWhole)
            whole.Add(id);

        return isWhole;
    }

    private async Task<bool> HasAllBelowAsync(Walk walk, byte[] node, int level, long index, CancellationToken cancel)
    {
        var isWhole = true;
        for (var place = 0; place < MapShape.FanOut; place++)
        {
            var below = MapShape.IdAt(node, place);
            if (!below.IsZero)
                isWhole &= await WalkAsync(walk, below, level - 1, (index * MapShape.FanOut) + place, cancel);
        }

        return isWhole;
    }

    private async Task<byte[]?> TryReadAsync(Walk walk, ItemId id, int level, long index, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (!inventory.TryFindNode(id, out var pack, out var location))
        {
            LoseNode(walk, id, level, index);
            return null;
        }

        try
        {
            var node = await _nodes.ReadAsync(id, pack.Info, location, cancel);
            NodesRead++;
            return node;
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.Corrupted)
        {
            Lost?.Invoke(id);
            notes.AddLost(pack.Info.Key.Value, pack.Verdict.Flaw ?? e.Message, walk.Manifest, walk.RangeOf(level, index));
            return null;
        }
    }

    private bool HasAllChunks(Walk walk, ReadOnlySpan<byte> node, long leaf)
    {
        var isWhole = true;
        for (var place = 0; place < MapShape.FanOut; place++)
        {
            var id = MapShape.IdAt(node, place);
            if (id.IsZero || (inventory.Items.TryFind(id, out var pack, out var state) && state != PlaceState.Lost))
                continue;

            isWhole = false;
            Lost?.Invoke(id);
            Lose(walk, id, walk.RangeOf(level: 0, (leaf * MapShape.FanOut) + place));
        }

        return isWhole;
    }

    private void LoseNode(Walk walk, ItemId id, int level, long index)
    {
        Lost?.Invoke(id);
        Lose(walk, id, walk.RangeOf(level, index));
    }

    private void Lose(Walk walk, ItemId id, ByteRange range)
    {
        if (inventory.Items.TryFind(id, out var number, out _))
        {
            var pack = inventory.Packs[number];
            notes.AddLost(pack.Info.Key.Value, pack.Verdict.Flaw ?? Unplaced, walk.Manifest, range);
        }
        else
        {
            notes.AddLost(unplaced, Unplaced, walk.Manifest, range);
        }
    }

    private readonly record struct Walk(Manifest Manifest, ChunkGrid Grid)
    {
        /// <summary>The volume's bytes that a node stands for; of level 0, a chunk.</summary>
        public ByteRange RangeOf(int level, long index)
        {
            var first = index * MapShape.ChunksBelow(level);
            return Grid.RangeOf(first, MapShape.ChunksBelow(level));
        }
    }
}
