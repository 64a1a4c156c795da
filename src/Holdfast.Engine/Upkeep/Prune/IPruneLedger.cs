using Holdfast.Engine.Basics;
using Holdfast.Engine.Index;

namespace Holdfast.Engine.Upkeep.Prune;

/// <summary>
/// Where a run of prune learns what counts and writes down what it decides: a service's catalog, or, where nobody owns the repository, the
/// folder itself. Every member that changes something does so in one transaction which first makes sure that this run is still the only
/// one, and throws when it is not. Spec: docs/format/prune.md.
/// </summary>
public interface IPruneLedger
{
    /// <summary>The run's name, never used before; that of its mark in the store.</summary>
    Guid Run { get; }

    /// <summary>Whether the store is to be told what a run deletes. Not needed where a lock keeps everybody else out.</summary>
    bool PutsMarks { get; }

    /// <summary>What counts, at one moment.</summary>
    Task<PruneView> ReadAsync(CancellationToken cancel);

    /// <summary>Keeps roots that were read from manifests of older versions.</summary>
    Task KeepRootsAsync(IReadOnlyList<PruneRoot> roots, CancellationToken cancel);

    /// <summary>Condemns objects in an epoch of their own; what has a fate already keeps it.</summary>
    /// <param name="objects">At most <see cref="PruneOptions.BatchSize"/>. Epoch and state are the ledger's to say.</param>
    Task CondemnAsync(IReadOnlyList<PruneFate> objects, CancellationToken cancel);

    /// <summary>Takes condemned objects back, and lets others be deleted; those of them that are not condemned any more are passed
    /// over.</summary>
    Task DecideAsync(IReadOnlyList<string> back, IReadOnlyList<string> dead, CancellationToken cancel);

    /// <summary>Lets index objects count, and others count no more, together. All of <paramref name="added"/> are in the store.</summary>
    Task RegisterAsync(IReadOnlyList<PruneIndex> added, IReadOnlyList<Guid> removed, CancellationToken cancel);

    /// <summary>Forgets the fates of objects that are known to be gone.</summary>
    Task ForgetAsync(IReadOnlyList<string> objects, CancellationToken cancel);

    /// <summary>Held while copies are put (beside backups), and, alone, from the second look until nothing names what goes. Keeps nobody
    /// out where a catalog does.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Busy"/> when somebody else is at work.</exception>
    Task<IAsyncDisposable> HoldAsync(bool alone, CancellationToken cancel);
}

/// <summary>What counted at one moment.</summary>
public sealed record PruneView
{
    /// <summary>The era that the ledger is of.</summary>
    public required long Era { get; init; }

    public required IReadOnlyList<PruneRoot> Roots { get; init; }

    /// <summary>Backups whose root only their manifest knows, and whether that manifest must be there.</summary>
    public required IReadOnlyDictionary<BackupId, bool> Unrooted { get; init; }

    /// <summary>Backups that the ledger knows; null when it is the manifests that it goes by.</summary>
    public required IReadOnlySet<BackupId>? Backups { get; init; }

    /// <summary>Index objects that count, each with whether an unfinished job made it.</summary>
    public required IReadOnlyDictionary<Guid, bool> Index { get; init; }

    public required IReadOnlyList<PruneFate> Fates { get; init; }

    /// <summary>Sessions that write.</summary>
    public required IReadOnlyList<PruneWriter> Writers { get; init; }

    /// <summary>Runs of prune that the ledger knows; null where it keeps none.</summary>
    public required IReadOnlySet<Guid>? Runs { get; init; }

    /// <summary>Whether no session is left that may count on a condemned object.</summary>
    public bool IsRipe(PruneFate fate) =>
        PruneRules.Sound.IsRipe(fate.Epoch, Writers.Count == 0 ? null : Writers.Min(writer => writer.Epoch));
}

/// <summary>Why a map is needed. In this order bytes are counted: what an available backup needs is no other's.</summary>
public enum PruneTurn
{
    Available = 0,

    /// <summary>Of a backup that was deleted and can be brought back.</summary>
    Kept = 1,

    /// <summary>Held by a session alone.</summary>
    Held = 2,
}

/// <summary>A map that is needed.</summary>
/// <param name="Root">64 hex digits.</param>
/// <param name="Name">What to call it in messages: its backup, or the job that holds it.</param>
/// <param name="Group">What its map is most like: maps of one group are walked side by side.</param>
/// <param name="Number">Its place in the group.</param>
/// <param name="Backup">The backup that it is of; null for one that a session holds.</param>
public sealed record PruneRoot(string Root, int Levels, PruneTurn Turn, string Name, string Group, long Number, BackupId? Backup = null);

/// <summary>An index object that is to count.</summary>
public sealed record PruneIndex(Guid Id, long Items, long Bytes);

/// <summary>A session that writes: what its epoch is below may be counted on by it.</summary>
/// <param name="Job">32 hex digits.</param>
public sealed record PruneWriter(string Job, string? Volume, long Epoch, DateTimeOffset Since);

/// <summary>Where an object is on its way out. The numbers are stored.</summary>
public enum FateState
{
    Condemned = 1,
    Deleting = 2,
}

/// <summary>Why an object was condemned. The numbers are stored.</summary>
public enum FateReason
{
    /// <summary>Nothing lives in it.</summary>
    Dead = 1,

    /// <summary>What lived in it was copied.</summary>
    Moved = 2,

    /// <summary>No index object that counts names it, or it is an index object that does not count.</summary>
    Loose = 3,
}

/// <summary>An object on its way out.</summary>
/// <param name="Key">Its key in the store.</param>
public sealed record PruneFate(string Key, long Bytes, FateState State, FateReason Reason, long Epoch);
