using Holdfast.Engine.Index;

namespace Holdfast.Engine.Tests.Upkeep.Prune.Exploration;

/// <summary>
/// Every order of the steps of writers, a reader and collectors, decided by the rules that the engine goes by (<see cref="PruneRules"/>).
/// In each state it is also asked what would be were everybody to die there: so everybody dies after each step. Worlds are explored whole,
/// but for two that say otherwise.
/// </summary>
public sealed class PruneExplorationTests
{
    private const ulong A = 1;
    private const ulong B = 2;

    /// <summary>States among which a fault is found, at the most.</summary>
    private const int MostToFind = 60_000;

    /// <summary>With the fewest states that each has; it is the worlds' size, so that none becomes empty unseen.</summary>
    private static readonly Dictionary<string, (ProtocolWorld World, int Floor, int Most)> Worlds = new()
    {
        ["three writers, two collectors"] = (
            new ProtocolWorld
            {
                Packs = [A, B],
                Old = A,
                Wants = [B, B, B],
                AreAlike = true,
                MostFences = 0,
            },
            900_000,
            int.MaxValue
        ),
        // Not whole: the states that are nearest to the start.
        ["three writers, a reader, two collectors, one session ended"] = (
            new ProtocolWorld
            {
                Packs = [A, B],
                Old = A,
                Wants = [B, B, B],
                AreAlike = true,
                Restores = true,
            },
            250_000,
            250_000
        ),
        // Nor this one.
        ["two writers, two collectors, one session ended"] = (
            new ProtocolWorld
            {
                Packs = [A, B],
                Old = A,
                Wants = [B, B, 0],
                AreAlike = true,
            },
            250_000,
            250_000
        ),
        ["a writer, two collectors, two sessions ended"] = (
            new ProtocolWorld
            {
                Packs = [A, B],
                Old = A,
                Wants = [B, 0, 0],
                MostFences = 2,
            },
            10_000,
            int.MaxValue
        ),
        ["a removal, a writer that holds its parent, another one"] = (
            new ProtocolWorld
            {
                Packs = [A, B],
                Old = A | B,
                Wants = [B, A | B, 0],
                Parents = [-1, ProtocolState.OldBackup, -1],
                Runs = [1],
                Removed = ProtocolState.OldBackup,
            },
            25_000,
            int.MaxValue
        ),
        ["a parent that is made of dead chunks and removed"] = (
            new ProtocolWorld
            {
                Packs = [B],
                Wants = [B, B, 0],
                Parents = [-1, 0, -1],
                Runs = [1],
                Removed = 0,
            },
            15_000,
            int.MaxValue
        ),
        ["compaction beside a writer, a reader and a removal"] = (
            new ProtocolWorld
            {
                Packs = [A | B],
                Old = A,
                Wants = [B, 0, 0],
                Removed = ProtocolState.OldBackup,
                Restores = true,
                Compacts = true,
                MostFences = 0,
            },
            50_000,
            int.MaxValue
        ),
        ["a chunk in two packs, one of them lost"] = (
            new ProtocolWorld
            {
                Packs = [A, A],
                Old = A,
                Lost = 2,
                Wants = [A, 0, 0],
                Runs = [2],
            },
            6_000,
            int.MaxValue
        ),
        ["a chunk in a pack that no index object names"] = (
            new ProtocolWorld
            {
                Packs = [A, B],
                Old = A,
                Unnamed = 1,
                Wants = [B, 0, 0],
                Runs = [2],
            },
            2_000,
            int.MaxValue
        ),
    };

    private static readonly Dictionary<string, PruneRules> RuleFaults = new()
    {
        ["what lies in the store counts, registered or not"] = PruneRules.Sound with { IndexCounts = _ => true },
        ["writers count on packs that had a fate"] = PruneRules.Sound with { MayCountOn = _ => true },
        ["a condemned pack is a home"] = PruneRules.Sound with { CanBeHome = pack => pack.IsPresent },
        ["a pack that is not there is a home"] = PruneRules.Sound with { CanBeHome = pack => !pack.HasFate },
        ["nothing is a last resort"] = PruneRules.Sound with { IsLastResort = _ => false },
        ["dead packs are not condemned"] = PruneRules.Sound with { MayCondemn = _ => false },
        ["loose objects are not condemned"] = PruneRules.Sound with { MayCondemnLoose = _ => false },
        ["loose objects are deleted though a chunk is missing"] = PruneRules.Sound with
        {
            MayCondemnLoose = found => found is { IsNamed: false, HasFate: false },
            Judge = fate => PruneRules.Sound.Judge(fate with { IsWhole = true }),
        },
        ["no session is waited for"] = PruneRules.Sound with { IsRipe = (_, _) => true },
        ["sessions of the epoch before are not waited for"] = PruneRules.Sound with
        {
            IsRipe = (fate, oldest) => PruneRules.Sound.IsRipe(fate - 1, oldest),
        },
        ["without sessions nothing is ripe"] = PruneRules.Sound with { IsRipe = (fate, oldest) => oldest >= fate },
        ["what is needed is deleted all the same"] = PruneRules.Sound with
        {
            Judge = fate => PruneRules.Sound.Judge(fate with { IsNeeded = false }),
        },
        ["what is needed is left condemned"] = PruneRules.Sound with
        {
            Judge = fate => PruneRules.Sound.Judge(fate) is var verdict and not FateVerdict.TakeBack ? verdict : FateVerdict.Leave,
        },
        ["what a dead run decided is left"] = PruneRules.Sound with
        {
            Judge = fate => fate.IsDeleting ? FateVerdict.Leave : PruneRules.Sound.Judge(fate),
        },
        ["index objects that name what goes stay"] = PruneRules.Sound with { MustReplace = (_, isDouble) => isDouble },
        ["what goes stays named"] = PruneRules.Sound with { StaysNamed = (_, isBeside) => !isBeside },
        ["what stays is named no more"] = PruneRules.Sound with { StaysNamed = (_, _) => false },
    };

    private static readonly Dictionary<string, LedgerFaults> Faults = new()
    {
        ["condemning does not raise the epoch"] = new LedgerFaults { EpochIsNotRaised = true },
        ["fates are read before the session begins"] = new LedgerFaults { FatesAreReadBeforeTheBegin = true },
        ["whoever lost its session commits"] = new LedgerFaults { CommitIsNotFenced = true },
        ["whoever lost its session registers"] = new LedgerFaults { RegisteringIsNotFenced = true },
        ["the parent is not held"] = new LedgerFaults { ParentIsNotHeld = true },
        ["held maps are not marked"] = new LedgerFaults { HeldRootsAreNotRead = true },
        ["committed maps are not marked"] = new LedgerFaults { CommittedRootsAreNotRead = true },
        ["one session is overlooked"] = new LedgerFaults { FirstSessionIsOverlooked = true },
        ["there is no second look"] = new LedgerFaults { ThereIsNoSecondLook = true },
        ["fates go before the packs"] = new LedgerFaults { FatesGoFirst = true },
        ["old index objects go before the new one counts"] = new LedgerFaults { OldIndexGoesFirst = true },
        ["a removal takes the row before the manifest"] = new LedgerFaults { RowOfARemovalGoesFirst = true },
        ["two prunes at once"] = new LedgerFaults { TwoPrunesAtOnce = true },
        ["a reader passes over an index object that went"] = new LedgerFaults { ReaderPassesOver = true },
    };

    /// <summary>Situations that must have come about.</summary>
    private static readonly Dictionary<string, string[]> Rare = new()
    {
        ["three writers, a reader, two collectors, one session ended"] =
        [
            "tx refused: fenced",
            "tx: its next attempt begins",
            "an index object went: lists again",
            "ends: another one was at work",
        ],
        ["compaction beside a writer, a reader and a removal"] = ["tx: registers the copies", "DELETES a pack", "deletes the row"],
    };

    public static TheoryData<string> WorldNames => [.. Worlds.Keys];

    public static TheoryData<string> FaultNames => [.. RuleFaults.Keys, .. Faults.Keys];

    [Theory]
    [MemberData(nameof(WorldNames))]
    public void In_every_order_nothing_is_lost_and_all_space_comes_back(string name)
    {
        var (world, floor, most) = Worlds[name];
        var explorer = new ProtocolExplorer(new ProtocolSteps(world, PruneRules.Sound, new LedgerFaults()));

        var wrong = explorer.Explore(most);

        Assert.True(wrong is null, wrong);
        Assert.True(explorer.States >= floor, $"{explorer.States} states");
        Assert.Empty(Rare.GetValueOrDefault(name, []).Except(explorer.Reached));
    }

    [Theory]
    [MemberData(nameof(FaultNames))]
    public void Each_fault_is_found(string name) => Assert.NotNull(Find(name));

    /// <summary>The shortest way to what a fault does, from the small worlds to the large ones.</summary>
    private static string? Find(string name)
    {
        var (rules, faults) = (RuleFaults.GetValueOrDefault(name, PruneRules.Sound), Faults.GetValueOrDefault(name, new LedgerFaults()));
        return Worlds
            .Values.OrderBy(world => world.Floor)
            .Select(world => new ProtocolExplorer(new ProtocolSteps(world.World, rules, faults)).Explore(MostToFind))
            .FirstOrDefault(wrong => wrong is not null);
    }
}
