namespace Holdfast.Engine.Tests.Upkeep.Prune.Exploration;

/// <summary>Who is at work, on what, and how often what may go wrong.</summary>
internal sealed record ProtocolWorld
{
    /// <summary>Chunks in the packs that are there at first; an index object that is registered names them all.</summary>
    public required ulong[] Packs { get; init; }

    /// <summary>Packs of those that have been lost.</summary>
    public ulong Lost { get; init; }

    /// <summary>Packs of those that the index object does not name.</summary>
    public ulong Unnamed { get; init; }

    /// <summary>Chunks of the backup that is there at first; 0 for none.</summary>
    public ulong Old { get; init; }

    /// <summary>Chunks of what each writer backs up; 0 where there is no such writer.</summary>
    public required ulong[] Wants { get; init; }

    /// <summary>The backup that each writer compares with, or -1.</summary>
    public int[] Parents { get; init; } = [-1, -1, -1];

    /// <summary>Whether the writers differ in nothing, so that they may as well begin in their order.</summary>
    public bool AreAlike { get; init; }

    public int[] Runs { get; init; } = [1, 1];

    /// <summary>The backup that is removed as soon as it is available, or -1.</summary>
    public int Removed { get; init; } = -1;

    /// <summary>Whether somebody restores it.</summary>
    public bool Restores { get; init; }

    public bool Compacts { get; init; }

    /// <summary>How many sessions are ended over the heads of their processes, each at any moment. A process may go on then until the
    /// catalog refuses it something, or never take a step again: then it died.</summary>
    public int MostFences { get; init; } = 1;
}

/// <summary>What the catalog's statements see to (SessionStore, CatalogPruneLedger, JobEnds): their doing, one transaction a step, is
/// written down here once more, and these are the faults that can be planted in it.</summary>
internal sealed record LedgerFaults
{
    public bool EpochIsNotRaised { get; init; }

    public bool FatesAreReadBeforeTheBegin { get; init; }

    public bool CommitIsNotFenced { get; init; }

    public bool RegisteringIsNotFenced { get; init; }

    public bool ParentIsNotHeld { get; init; }

    public bool HeldRootsAreNotRead { get; init; }

    public bool CommittedRootsAreNotRead { get; init; }

    public bool FirstSessionIsOverlooked { get; init; }

    public bool ThereIsNoSecondLook { get; init; }

    public bool FatesGoFirst { get; init; }

    public bool OldIndexGoesFirst { get; init; }

    public bool RowOfARemovalGoesFirst { get; init; }

    public bool TwoPrunesAtOnce { get; init; }

    public bool ReaderPassesOver { get; init; }
}

/// <summary>A step that somebody can take, and what comes of it.</summary>
internal readonly record struct Taken(string Who, string What, ProtocolState To);
