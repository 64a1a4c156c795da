using Holdfast.Engine.Chunks;
using Holdfast.Engine.Devices;
using Holdfast.Engine.Maps;

namespace Holdfast.Engine.Backup;

/// <summary>Neighbouring chunks of one leaf, to be read and hashed by one worker.</summary>
internal readonly record struct ChunkRun(MapNode Leaf, long FirstChunk, int Count);

/// <summary>Cuts a device's data extents into runs of chunks, in order, each chunk once. What reads as zeros by the device's own account is never
/// touched, however large.</summary>
internal sealed class WorkPlanner(ChunkGrid grid, MapShape shape)
{
    /// <summary>Bytes a run has at most: enough that workers seldom meet, little enough that they end together.</summary>
    private const int RunBytes = 4 * 1024 * 1024;

    private readonly MapNode?[] _path = new MapNode?[shape.Levels + 1];
    private readonly int _runChunks = Math.Max(1, RunBytes / grid.ChunkSize);

    /// <summary>The runs. Nodes that get no more work are passed to <paramref name="leave"/>, children before parents; the one who handed out the work finishes its own piece of them then.</summary>
    public IEnumerable<ChunkRun> Runs(IEnumerable<Extent> extents, Action<MapNode> leave)
    {
        var next = 0L;
        foreach (var extent in extents)
        {
            if (extent.Kind == ExtentKind.Zero || extent.Length == 0)
            {
                continue;
            }

            var end = Math.Min(grid.Count, ((extent.Offset + extent.Length - 1) / grid.ChunkSize) + 1);
            for (var first = Math.Max(next, extent.Offset / grid.ChunkSize); first < end; first = next)
            {
                var leaf = Enter(first / MapShape.FanOut, leave);
                next = Math.Min(Math.Min(end, first + _runChunks), ((first / MapShape.FanOut) + 1) * MapShape.FanOut);
                leaf.Hold();
                yield return new ChunkRun(leaf, first, (int)(next - first));
            }
        }

        LeaveBelow(shape.Levels, leave);
    }

    /// <summary>The leaf's node, with its parents; leaves the nodes of the path that it is not under.</summary>
    private MapNode Enter(long leaf, Action<MapNode> leave)
    {
        for (var level = shape.Levels; level >= 1; level--)
        {
            var index = MapShape.IndexAt(level, leaf);
            if (_path[level] is { } current && current.Index == index)
            {
                continue;
            }

            LeaveBelow(level, leave);
            var parent = level == shape.Levels ? null : _path[level + 1];
            parent?.Hold();
            _path[level] = new MapNode(level, index, parent);
        }

        return _path[1] ?? throw new InvalidOperationException("A map has at least one level.");
    }

    private void LeaveBelow(int top, Action<MapNode> leave)
    {
        for (var level = 1; level <= top; level++)
        {
            if (_path[level] is { } node)
            {
                _path[level] = null;
                leave(node);
            }
        }
    }
}
