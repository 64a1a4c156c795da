namespace Holdfast.Engine.Index;

/// <summary>
/// What the protocol of docs/format/prune.md decides, each as a function of nothing but what it is given. Writers, readers of the index and
/// prune ask here; so does the test that explores their steps in every order, which also shows that each rule is needed.
/// </summary>
internal sealed record PruneRules
{
    /// <summary>The rules that the engine goes by.</summary>
    public static PruneRules Sound { get; } = new();

    /// <summary>Whether an index object that lies in the store counts where a catalog keeps account. Given whether it is
    /// registered.</summary>
    public Func<bool, bool> IndexCounts { get; init; } = static isRegistered => isRegistered;

    /// <summary>Whether a writer may count on what the index places in a pack. Given whether the pack had a fate when the writer's session
    /// began.</summary>
    public Func<bool, bool> MayCountOn { get; init; } = static hadFate => !hadFate;

    /// <summary>Whether a pack can be the home of a needed item.</summary>
    public Func<PackStanding, bool> CanBeHome { get; init; } = static pack => pack is { IsPresent: true, HasFate: false };

    /// <summary>Whether a pack stays for the sake of a needed item that has no home.</summary>
    public Func<PackStanding, bool> IsLastResort { get; init; } = static pack => pack is { IsPresent: true, IsCondemned: true };

    /// <summary>Whether a pack that index objects name may be condemned because nothing lives in it. A pack that is not there is condemned,
    /// too, so that nothing names it any more, unless an item is missing: it may come back.</summary>
    public Func<PackStanding, bool> MayCondemn { get; init; } =
        static pack => pack is { HasFate: false, IsUnfinished: false, HasLive: false } && (pack.IsWhole || pack.IsPresent);

    /// <summary>Whether a pack may be rewritten.</summary>
    public Func<PackStanding, bool> MayMove { get; init; } =
        static pack => pack is { HasFate: false, IsUnfinished: false, HasLive: true, IsPresent: true };

    /// <summary>Whether an object in the store may be condemned because nothing that counts names it. Where an item is missing it may be in
    /// there.</summary>
    public Func<PackStanding, bool> MayCondemnLoose { get; init; } =
        static found => found is { IsNamed: false, HasFate: false, IsWhole: true };

    /// <summary>Whether no session that writes may count on a condemned object any more. Given the epoch of its fate, and that of the
    /// oldest such session, or null.</summary>
    public Func<long, long?, bool> IsRipe { get; init; } = static (fate, oldest) => oldest is not { } epoch || epoch >= fate;

    /// <summary>What becomes of an object with a fate after the second look.</summary>
    public Func<FateStanding, FateVerdict> Judge { get; init; } =
        static fate =>
            fate.IsDeleting ? FateVerdict.Delete
            : !fate.IsRipe || fate is { IsLoose: true, IsWhole: false } ? FateVerdict.Leave
            : fate.IsNeeded ? FateVerdict.TakeBack
            : FateVerdict.Delete;

    /// <summary>Whether an index object is to be replaced. Given whether it names something that is being deleted, and whether it names
    /// something that a later one names, too.</summary>
    public Func<bool, bool, bool> MustReplace { get; init; } = static (namesDeleted, namesDouble) => namesDeleted || namesDouble;

    /// <summary>Whether what stands in an index object's place names a pack of it. Given whether the pack is being deleted, and whether an
    /// object that is not replaced names it.</summary>
    public Func<bool, bool, bool> StaysNamed { get; init; } = static (isDeleted, isNamedBeside) => !isDeleted && !isNamedBeside;
}

/// <summary>What is known of an object when a rule is asked about it.</summary>
/// <param name="IsPresent">It is in the store, whole.</param>
/// <param name="IsNamed">A pack: an index object that counts names it. An index object: it counts.</param>
/// <param name="HasFate">It is on its way out.</param>
/// <param name="IsCondemned">It is on its way out, and can still be taken back.</param>
/// <param name="IsUnfinished">It counts because an unfinished job registered it, and for no other reason.</param>
/// <param name="HasLive">It is the home of an item that is needed.</param>
/// <param name="IsWhole">Of the repository: no needed item is missing.</param>
internal readonly record struct PackStanding(
    bool IsPresent = false,
    bool IsNamed = false,
    bool HasFate = false,
    bool IsCondemned = false,
    bool IsUnfinished = false,
    bool HasLive = false,
    bool IsWhole = false
);

/// <summary>What is known of an object with a fate at the second look.</summary>
/// <param name="IsDeleting">An earlier run decided, and there is no way back.</param>
/// <param name="IsRipe">No session may count on it any more.</param>
/// <param name="IsNeeded">A pack that is the last resort of a needed item, or an index object that counts.</param>
/// <param name="IsLoose">It was condemned because nothing that counts named it.</param>
/// <param name="IsWhole">Of the repository: no needed item is missing.</param>
internal readonly record struct FateStanding(bool IsDeleting, bool IsRipe, bool IsNeeded, bool IsLoose, bool IsWhole);

/// <summary>What becomes of an object with a fate.</summary>
internal enum FateVerdict
{
    /// <summary>A later run decides.</summary>
    Leave,
    TakeBack,
    Delete,
}
