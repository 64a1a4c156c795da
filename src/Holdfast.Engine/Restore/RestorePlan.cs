using Holdfast.Engine.Chunks;
using Holdfast.Engine.Index;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Restore;

/// <summary>A chunk of the volume and where its bytes lie.</summary>
internal readonly record struct Placement(long Chunk, ItemId Id, ItemLocation At);

/// <summary>Frames of one pack that lie close together and are read at once. Placements are ordered by frame and position.</summary>
internal sealed record RangeRead(uint Pack, long Offset, int Length, ReadOnlyMemory<Placement> Placements);

/// <summary>In which order some chunks are fetched: by pack and offset, each frame once, neighbours in one read.</summary>
internal static class RestorePlan
{
    /// <summary>Bytes read at once at most.</summary>
    public const int MaxRead = 4 * 1024 * 1024;

    /// <summary>A gap up to this is cheaper to read than to skip.</summary>
    private const int MaxGap = 64 * 1024;

    public static IReadOnlyList<RangeRead> Make(Placement[] placements)
    {
        Array.Sort(placements, Compare);
        var reads = new List<RangeRead>();
        var first = 0;
        for (var i = 1; i <= placements.Length; i++)
        {
            if (i == placements.Length || !Joins(placements[first].At, placements[i - 1].At, placements[i].At))
            {
                var (begin, last) = (placements[first].At, placements[i - 1].At);
                reads.Add(new RangeRead(begin.Pack, begin.FrameOffset, (int)(End(last) - begin.FrameOffset), placements.AsMemory(first, i - first)));
                first = i;
            }
        }

        return reads;
    }

    private static bool Joins(ItemLocation first, ItemLocation last, ItemLocation next) =>
        next.Pack == first.Pack && (next.FrameOffset == last.FrameOffset || (next.FrameOffset - End(last) <= MaxGap && End(next) - first.FrameOffset <= MaxRead));

    private static long End(ItemLocation at) => (long)at.FrameOffset + FrameHeader.Size + at.SealedLength;

    private static int Compare(Placement a, Placement b)
    {
        var byPack = a.At.Pack.CompareTo(b.At.Pack);
        var byFrame = byPack != 0 ? byPack : a.At.FrameOffset.CompareTo(b.At.FrameOffset);
        var byPosition = byFrame != 0 ? byFrame : a.At.Position.CompareTo(b.At.Position);
        return byPosition != 0 ? byPosition : a.Chunk.CompareTo(b.Chunk);
    }
}
