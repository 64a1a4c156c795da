using Holdfast.Engine.Maps;

namespace Holdfast.Engine.Backup;

/// <summary>Hands units to workers, in order, with the leaf that each belongs to. Units are made as they are taken, so their number costs
/// no memory.</summary>
internal sealed class UnitQueue(IEnumerator<ReadUnit> units, MapShape shape, Func<long, Task<byte[]?>> parent) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<(long From, long To)> _skipped = [];
    private LeafWork? _leaf;
    private bool _ended;

    /// <summary>Runs of leaves, first and one past the last, of which nothing was read. Complete when the queue has ended.</summary>
    public IReadOnlyList<(long From, long To)> SkippedLeaves => _skipped;

    /// <summary>Takes the next unit; the caller then holds its leaf. False at the end.</summary>
    /// <param name="completed">A leaf that became complete because the queue has passed it, for the caller to finish; also set when the
    /// answer is false.</param>
    public bool TryTake(out ReadUnit unit, out LeafWork? leaf, out LeafWork? completed)
    {
        lock (_lock)
        {
            completed = null;
            leaf = null;
            unit = default;
            if (_ended)
                return false;

            if (!units.MoveNext())
            {
                _ended = true;
                completed = Pass(shape.Leaves);
                return false;
            }

            unit = units.Current;
            if (_leaf?.Index != unit.Leaf)
            {
                completed = Pass(unit.Leaf);
                _leaf = new LeafWork(unit.Leaf, parent);
            }

            leaf = _leaf!; // Set just above, or of an earlier unit.
            leaf.Hold();
            return true;
        }
    }

    public void Dispose() => units.Dispose();

    private LeafWork? Pass(long next)
    {
        var after = _leaf is null ? 0 : _leaf.Index + 1;
        if (after < next)
            _skipped.Add((after, next));

        var passed = _leaf;
        _leaf = null;
        return passed is not null && passed.LetGo() ? passed : null;
    }
}
