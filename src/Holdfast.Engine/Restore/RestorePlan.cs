using Holdfast.Engine.Chunks;
using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Restore;

/// <summary>A chunk that is to be written: its place in the volume, its id, and where it is stored.</summary>
internal readonly record struct PlannedChunk(long Index, ItemId Id, ItemLocation Location)
{
    /// <summary>By pack, frame and place in the frame, then by place in the volume.</summary>
    public static int ByLocation(PlannedChunk a, PlannedChunk b)
    {
        var order = a.Location.Pack.CompareTo(b.Location.Pack);
        order = order != 0 ? order : a.Location.FrameOffset.CompareTo(b.Location.FrameOffset);
        order = order != 0 ? order : a.Location.Position.CompareTo(b.Location.Position);
        return order != 0 ? order : a.Index.CompareTo(b.Index);
    }

    public bool IsOfSameFrame(PlannedChunk other) =>
        Location.Pack == other.Location.Pack && Location.FrameOffset == other.Location.FrameOffset;
}

/// <summary>Bytes of one pack that are read at once, and the planned chunks in them: [<paramref name="First"/>, <paramref name="End"/>) of
/// the sorted plan.</summary>
internal readonly record struct PackRead(uint Pack, long Offset, int Length, int First, int End);

/// <summary>Cuts a sorted plan into reads: frames of a pack that lie near each other are read together.</summary>
internal static class RestorePlan
{
    /// <summary>A read is not made longer than this by joining frames.</summary>
    public const int MaxRead = 4 * 1024 * 1024;

    /// <summary>Bytes nobody needs that are read rather than asking once more.</summary>
    private const int MaxGap = 128 * 1024;

    /// <param name="chunks">In the order of <see cref="PlannedChunk.ByLocation"/>.</param>
    public static IEnumerable<PackRead> Reads(List<PlannedChunk> chunks)
    {
        for (var first = 0; first < chunks.Count;)
        {
            var start = chunks[first].Location;
            var reach = EndOf(start);
            var end = first + 1;
            for (; end < chunks.Count; end++)
            {
                var next = chunks[end].Location;
                if (
                    next.Pack != start.Pack
                    || next.FrameOffset > reach + MaxGap
                    || (EndOf(next) > reach && EndOf(next) - start.FrameOffset > MaxRead)
                )
                    break;

                reach = Math.Max(reach, EndOf(next));
            }

            yield return new PackRead(start.Pack, start.FrameOffset, (int)(reach - start.FrameOffset), first, end);
            first = end;
        }
    }

    private static long EndOf(ItemLocation location) => (long)location.FrameOffset + Packs.FrameHeader.Size + location.SealedLength;
}
