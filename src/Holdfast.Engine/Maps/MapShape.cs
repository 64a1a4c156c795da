using Holdfast.Engine.Chunks;

namespace Holdfast.Engine.Maps;

/// <summary>The arithmetic of a map: a tree whose nodes hold 1,024 ids each; leaves (level 1) hold chunk ids. Spec:
/// docs/format/repository-v1.md, section 5.</summary>
internal readonly record struct MapShape
{
    public const int FanOut = 1024;
    public const int NodeSize = FanOut * ItemId.Size;

    public MapShape(long chunks)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(chunks);
        Chunks = chunks;
        Levels = 1;
        for (var reach = (Int128)FanOut; reach < chunks; reach *= FanOut)
            Levels++;
    }

    public long Chunks { get; }

    /// <summary>Levels above the chunks, at least 1.</summary>
    public int Levels { get; }

    public long Leaves => (Chunks / FanOut) + (Chunks % FanOut == 0 ? 0 : 1);

    /// <summary>Which node of a level a leaf lies under; level 1 is the leaf itself.</summary>
    public static long IndexAt(int level, long leaf)
    {
        for (; level > 1; level--)
            leaf /= FanOut;

        return leaf;
    }

    /// <summary>Chunks that a node of a level stands for; of level 0, a chunk itself.</summary>
    public static long ChunksBelow(int level)
    {
        var chunks = 1L;
        for (; level > 0; level--)
            chunks *= FanOut;

        return chunks;
    }

    public static ItemId IdAt(ReadOnlySpan<byte> node, int place) => new(node.Slice(place * ItemId.Size, ItemId.Size));
}
