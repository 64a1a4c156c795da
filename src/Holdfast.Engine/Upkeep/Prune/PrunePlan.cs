using Holdfast.Engine.Format;
using Holdfast.Engine.Index;
using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Upkeep.Prune;

/// <summary>What a run is going to condemn and to rewrite. Made from a marking; reads and changes nothing.</summary>
/// <param name="Dead">Packs that nothing lives in.</param>
/// <param name="Rewrite">Packs whose living items are worth copying, the worst first.</param>
/// <param name="Joined">Those of them that are copied to be fewer, whatever that frees.</param>
/// <param name="Loose">Objects that no index object names that counts.</param>
/// <param name="IsShortOfRoom">Whether packs were left out of <paramref name="Rewrite"/> because their copies do not fit.</param>
internal sealed record PrunePlan(
    IReadOnlyList<MarkedPack> Dead,
    IReadOnlyList<MarkedPack> Rewrite,
    IReadOnlySet<MarkedPack> Joined,
    IReadOnlyList<(ObjectKey Key, long Bytes)> Loose,
    bool IsShortOfRoom
)
{
    /// <summary>Unused bytes of all that the repository may keep.</summary>
    private const double Accepted = 0.05;

    /// <summary>A pack with a smaller share of unused bytes is not rewritten. At a quarter a rewrite frees a third of what it
    /// moves.</summary>
    private const double Worth = 0.25;

    /// <summary>A pack of less than this share of the usual size is small.</summary>
    private const double Small = 0.25;

    /// <summary>Small packs of one kind are joined when they are this many.</summary>
    private const int LeastJoined = 8;

    /// <param name="fates">Keys of what has a fate.</param>
    /// <param name="room">Bytes that may be put.</param>
    public static PrunePlan Make(
        Marking marking,
        StoreListing listing,
        PruneView view,
        IReadOnlySet<string> fates,
        int packSize,
        long room,
        PruneOptions options
    )
    {
        var isWhole = marking.Missing == 0;
        var dead = marking.Packs.Where(pack => PruneRules.Sound.MayCondemn(pack.StandingIn(isWhole))).Take(options.MostCondemned).ToList();
        var living = marking.Packs.Where(pack => PruneRules.Sound.MayMove(pack.StandingIn(isWhole))).ToList();
        var (rewrite, joined, isShort) = ToRewrite(living, packSize, options.RewriteBytes, room);
        return new PrunePlan(
            dead,
            [.. rewrite],
            joined,
            [.. LooseOf(marking, listing, view, fates).Take(options.MostCondemned - dead.Count)],
            isShort
        );
    }

    private static IEnumerable<(ObjectKey Key, long Bytes)> LooseOf(
        Marking marking,
        StoreListing listing,
        PruneView view,
        IReadOnlySet<string> fates
    )
    {
        foreach (var (pack, kind, length) in listing.Packs)
        {
            if (IsLoose(ObjectNames.OfPack(kind, pack), marking.Find(pack) is not null) is { } key)
                yield return (key, length);
        }

        foreach (var (index, length) in listing.Index)
        {
            if (IsLoose(ObjectNames.OfIndex(index), view.Index.ContainsKey(index)) is { } key)
                yield return (key, length);
        }

        ObjectKey? IsLoose(ObjectKey key, bool isNamed) =>
            PruneRules.Sound.MayCondemnLoose(
                new PackStanding(
                    IsPresent: true,
                    IsNamed: isNamed,
                    HasFate: fates.Contains(key.Value),
                    IsWhole: marking.Missing == 0
                )
            )
                ? key
                : null;
    }

    private static (HashSet<MarkedPack> Chosen, HashSet<MarkedPack> Joined, bool IsShort) ToRewrite(
        List<MarkedPack> living,
        int packSize,
        long budget,
        long room
    )
    {
        var (chosen, joined, isShort) = (new HashSet<MarkedPack>(), new HashSet<MarkedPack>(), false);
        var total = living.Sum(pack => pack.Length);
        var unused = living.Sum(pack => pack.Unused);
        foreach (var pack in living.OrderByDescending(Share).ThenBy(pack => pack.Number))
        {
            if (Share(pack) < Worth || unused <= total * Accepted || pack.Length > budget)
                break;

            room -= pack.Length - pack.Unused;
            if (isShort = room < 0)
                break;

            chosen.Add(pack);
            (budget, unused, total) = (budget - pack.Length, unused - pack.Unused, total - pack.Unused);
        }

        foreach (var kind in living.Where(pack => pack.Length < packSize * Small).GroupBy(pack => pack.Kind))
        {
            var small = kind.OrderBy(pack => pack.Length)
                .TakeWhile(pack => chosen.Contains(pack) || ((budget -= pack.Length) >= 0 && (room -= pack.Length) >= 0))
                .ToList();
            if (small.Count >= LeastJoined)
                joined.UnionWith(small);
        }

        chosen.UnionWith(joined);
        return (chosen, joined, isShort);
    }

    private static double Share(MarkedPack pack) => (double)pack.Unused / pack.Length;
}
