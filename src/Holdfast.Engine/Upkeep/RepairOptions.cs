using Holdfast.Engine.Objects;

namespace Holdfast.Engine.Upkeep;

/// <summary>How a repository is repaired.</summary>
public sealed record RepairOptions
{
    /// <summary>Believe that packs whose ends are sound are sound, instead of reading all of them. Default false.</summary>
    public bool Quick { get; init; }

    /// <summary>Only say what would be done. Default false.</summary>
    public bool DryRun { get; init; }

    /// <summary>A store with another copy of the same repository, from which what is damaged or gone is fetched; or null. Stays the
    /// caller's.</summary>
    public IObjectStore? From { get; init; }

    /// <summary>Restore points to be fetched from <see cref="From"/> although nothing here names them: a manifest that was lost cannot
    /// be told from one that was removed, so somebody has to say it.</summary>
    public IReadOnlyCollection<Basics.BackupId> Backups { get; init; } = [];
}

/// <summary>What a repair found and did, or, of a dry run, would do.</summary>
public sealed record RepairResult
{
    /// <summary>What was damaged before.</summary>
    public required IReadOnlyList<CheckDamage> Found { get; init; }

    /// <summary>What is lost for good, as far as this repository and the other copy go: objects with the bytes of restore points that
    /// were in them, and manifests and keys that cannot be read.</summary>
    public required IReadOnlyList<CheckDamage> Lost { get; init; }

    /// <summary>Restore points that cannot be restored whole now, in the order of their ids.</summary>
    public required IReadOnlyList<Basics.BackupId> DamagedBackups { get; init; }

    public bool IsSound => Lost.Count == 0;

    /// <summary>Packs that no readable index object named, and that one names now.</summary>
    public required int PacksIndexed { get; init; }

    /// <summary>Packs that were fetched from the other copy.</summary>
    public required int PacksFetched { get; init; }

    /// <summary>New packs with what still opened of damaged ones.</summary>
    public required int PacksSaved { get; init; }

    /// <summary>Damaged packs that were put aside.</summary>
    public required int PacksAside { get; init; }

    public required int IndexObjectsWritten { get; init; }

    public required int IndexObjectsRemoved { get; init; }

    /// <summary>Names of the manifests and key objects that were fetched from the other copy.</summary>
    public required IReadOnlyList<string> ObjectsFetched { get; init; }

    /// <summary>Stored bytes that were read.</summary>
    public required long BytesRead { get; init; }
}
