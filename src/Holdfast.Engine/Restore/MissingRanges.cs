using Holdfast.Engine.Chunks;

namespace Holdfast.Engine.Restore;

/// <summary>Gathers which bytes of a volume could not be restored. Told from many threads, in any order.</summary>
internal sealed class MissingRanges
{
    private const int TidyAt = 64 * 1024;

    private readonly Lock _lock = new();
    private List<VolumeRange> _ranges = [];
    private int _tidyAt = TidyAt;

    public void Add(VolumeRange range)
    {
        lock (_lock)
        {
            _ranges.Add(range);
            if (_ranges.Count < _tidyAt)
                return;

            _ranges = Joined();
            _tidyAt = Math.Max(TidyAt, 2 * _ranges.Count);
        }
    }

    /// <summary>In order; neighbours are one.</summary>
    public IReadOnlyList<VolumeRange> ToList()
    {
        lock (_lock)
            return Joined();
    }

    private List<VolumeRange> Joined()
    {
        var joined = new List<VolumeRange>();
        foreach (var range in _ranges.OrderBy(range => range.Offset))
        {
            if (joined.Count > 0 && joined[^1] is var last && last.Offset + last.Length >= range.Offset)
                joined[^1] = last with { Length = Math.Max(last.Length, range.Offset + range.Length - last.Offset) };
            else
                joined.Add(range);
        }

        return joined;
    }
}
