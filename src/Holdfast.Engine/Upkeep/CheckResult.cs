using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;

namespace Holdfast.Engine.Upkeep;

/// <summary>What a check found.</summary>
public sealed record CheckResult
{
    /// <summary>What is not as it was written, in the order of the objects' names. Empty for a sound repository.</summary>
    public required IReadOnlyList<CheckDamage> Damage { get; init; }

    /// <summary>Restore points that cannot be restored whole, in the order of their ids.</summary>
    public required IReadOnlyList<BackupId> DamagedBackups { get; init; }

    public bool IsSound => Damage.Count == 0;

    /// <summary>Stored bytes that were read.</summary>
    public required long BytesRead { get; init; }

    /// <summary>Plain bytes of chunks and map nodes whose hashes were compared with their ids.</summary>
    public required long BytesVerified { get; init; }

    public int Backups => BackupIds.Count;

    /// <summary>Restore points whose manifests were read.</summary>
    public required IReadOnlyList<BackupId> BackupIds { get; init; }

    /// <summary>Packs that index objects name.</summary>
    public required int Packs { get; init; }

    /// <summary>Packs that were read whole.</summary>
    public required int PacksRead { get; init; }

    /// <summary>Packs that no readable index object names: of a run that died or is under way. They are no damage.</summary>
    public required int LoosePacks { get; init; }

    public required int IndexObjects { get; init; }

    /// <summary>Index objects in whose place others stand. They are no damage.</summary>
    public required int SupersededIndexObjects { get; init; }

    /// <summary>Items that index objects place.</summary>
    public required long Items { get; init; }
}

/// <summary>A damaged object and what is lost with it.</summary>
/// <param name="Key">Its name; <c>index/</c> for an index object that is gone, whose name nobody knows.</param>
/// <param name="What">What is wrong with it.</param>
/// <param name="Backups">Restore points that need what is lost.</param>
public sealed record CheckDamage(string Key, string What, IReadOnlyList<DamagedBackup> Backups);

/// <summary>What a restore point lacks.</summary>
/// <param name="Volume">Null where its manifest cannot be read.</param>
/// <param name="Bytes">How many of the volume's bytes, zeros in between included where a part of the map is lost.</param>
/// <param name="Ranges">Where they are, in order: the first thousand ranges. Empty where the manifest is lost.</param>
/// <param name="HasMore">Whether there are more ranges.</param>
public sealed record DamagedBackup(BackupId Backup, string? Volume, long Bytes, IReadOnlyList<VolumeRange> Ranges, bool HasMore);
