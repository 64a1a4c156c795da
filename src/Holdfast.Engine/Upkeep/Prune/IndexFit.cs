namespace Holdfast.Engine.Upkeep.Prune;

/// <summary>Which of the packs that are to go a run can take out of the index objects, where there is little room: those are put anew
/// before the old ones are deleted.</summary>
internal static class IndexFit
{
    /// <param name="packs">What is to go. Index objects name each of them.</param>
    /// <param name="lengths">Bytes of all index objects that count.</param>
    /// <param name="room">Bytes that may be put.</param>
    /// <returns>Those that give back most for each byte of index, and at least those of one index object: whether that fits is for the
    /// store to say.</returns>
    public static HashSet<Guid> Choose(IReadOnlyList<MarkedPack> packs, IReadOnlyDictionary<Guid, long> lengths, long room)
    {
        var (chosen, rewritten) = (new HashSet<Guid>(), new HashSet<Guid>());
        var groups = packs
            .GroupBy(pack => pack.Index[^1])
            .OrderByDescending(group => group.Sum(pack => pack.Length) / (double)Math.Max(1, LengthOf(group.Key)));
        foreach (var group in groups)
        {
            var added = group.SelectMany(pack => pack.Index).Where(index => !rewritten.Contains(index)).ToHashSet();
            room -= added.Sum(LengthOf);
            if (room < 0 && chosen.Count > 0)
                break;

            rewritten.UnionWith(added);
            chosen.UnionWith(group.Select(pack => pack.Info.Pack));
        }

        return chosen;

        long LengthOf(Guid index) => lengths.GetValueOrDefault(index);
    }
}
