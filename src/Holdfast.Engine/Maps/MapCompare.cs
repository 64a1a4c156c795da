using Holdfast.Engine.Chunks;

namespace Holdfast.Engine.Maps;

/// <summary>Counts over the ids of a node.</summary>
internal static class MapCompare
{
    /// <summary>Places that do not hold the zero id.</summary>
    public static int CountSet(ReadOnlySpan<byte> node)
    {
        var count = 0;
        for (; !node.IsEmpty; node = node[ItemId.Size..])
            count += ItemHasher.IsZero(node[..ItemId.Size]) ? 0 : 1;

        return count;
    }

    /// <summary>Places that hold another id than the other node's; null is a node of zeros.</summary>
    public static int CountDifferent(ReadOnlySpan<byte> node, byte[]? other)
    {
        if (other is null)
            return CountSet(node);

        var rest = other.AsSpan();
        if (node.SequenceEqual(rest))
            return 0;

        var count = 0;
        for (; !node.IsEmpty; node = node[ItemId.Size..], rest = rest[ItemId.Size..])
            count += node[..ItemId.Size].SequenceEqual(rest[..ItemId.Size]) ? 0 : 1;

        return count;
    }
}
