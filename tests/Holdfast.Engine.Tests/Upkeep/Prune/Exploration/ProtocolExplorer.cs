namespace Holdfast.Engine.Tests.Upkeep.Prune.Exploration;

/// <summary>Explores a world breadth first: every order of the steps of all who are in it, each state once.</summary>
internal sealed class ProtocolExplorer(ProtocolSteps steps)
{
    private readonly Dictionary<UInt128, int> _seen = [];
    private readonly HashSet<UInt128> _cleaned = [];
    private readonly List<(int From, string Who, string What)> _came = [];

    public int States => _came.Count;

    /// <summary>What the dead leave, of which collectors were made to bring the space back.</summary>
    public int Cleaned => _cleaned.Count;

    /// <summary>What was done at all, by whom.</summary>
    public HashSet<string> Reached { get; } = [];

    /// <summary>The shortest way to something that is wrong, or null when there is none.</summary>
    /// <param name="most">States at which it stops, with what it has found.</param>
    public string? Explore(int most)
    {
        var queue = new Queue<(ProtocolState State, int Number)>();
        var (next, start) = (new List<Taken>(), steps.Start());
        _seen.Add(start.Hash(), 0);
        _came.Add((-1, "", "start"));
        queue.Enqueue((start, 0));
        while (queue.TryDequeue(out var at) && _came.Count < most)
        {
            if (WrongAtTheEnd(at.State) is { } left)
                return Trace(at.Number, left);

            next.Clear();
            steps.AddAll(at.State, next);
            foreach (var (who, what, to) in next)
            {
                if (!_seen.TryAdd(to.Hash(), _came.Count))
                    continue;

                Reached.Add(what);
                _came.Add((at.Number, who, what));
                queue.Enqueue((to, _came.Count - 1));
                if (steps.Broken(to) is { } broken)
                    return Trace(_came.Count - 1, broken);
            }
        }

        return null;
    }

    /// <summary>Were all to die in this state, collectors that come alone would bring all space back and refuse nothing.</summary>
    private string? WrongAtTheEnd(ProtocolState state)
    {
        var alone = ProtocolSteps.WithoutAnybody(state);
        if (!_cleaned.Add(alone.Hash()))
            return null;

        while (steps.IsRemoving(alone) && steps.Remove(alone) is { } removed)
            alone = removed.To;

        while (steps.Collect(alone) is { } taken)
        {
            alone = taken.To;
            if (steps.Broken(alone) is { } broken)
                return $"{broken}, when a collector came alone and did this: {taken.What}";
        }

        return steps.Left(alone);
    }

    private string Trace(int number, string wrong)
    {
        var lines = new List<string> { wrong };
        for (; number > 0; number = _came[number].From)
            lines.Add($"{_came[number].Who}: {_came[number].What}");

        lines.Reverse();
        return string.Join('\n', lines);
    }
}
