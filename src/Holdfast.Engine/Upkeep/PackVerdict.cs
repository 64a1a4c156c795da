using Holdfast.Engine.Packs;

namespace Holdfast.Engine.Upkeep;

/// <summary>What was found out about a pack.</summary>
/// <param name="Flaw">What is wrong with it, or null.</param>
/// <param name="IsThere">Whether there is an object of its name.</param>
/// <param name="WasRead">Whether all of its frames were read.</param>
/// <param name="BadFrames">By the order of the frames, which do not hold what they should; null when none is known to be bad.</param>
internal sealed record PackVerdict(string? Flaw, bool IsThere, bool WasRead, bool[]? BadFrames)
{
    public static readonly PackVerdict SoundEnds = new(null, IsThere: true, WasRead: false, null);

    public static readonly PackVerdict SoundWhole = new(null, IsThere: true, WasRead: true, null);

    public static readonly PackVerdict Missing = new("it is not there", IsThere: false, WasRead: false, null);

    /// <summary>What is known of the items of a frame.</summary>
    public PlaceState StateOf(int frame) =>
        !IsThere || BadFrames?[frame] == true ? PlaceState.Lost
        : Flaw is null ? PlaceState.Sound
        : PlaceState.Damaged;

    public static string Describe(IndexedPack pack, bool[] bad)
    {
        var first = Array.IndexOf(bad, true);
        return $"{bad.Count(one => one)} of its {bad.Length} frames do not hold what was written, the first at byte "
            + $"{pack.Directory.Frames[first].Offset}";
    }
}
