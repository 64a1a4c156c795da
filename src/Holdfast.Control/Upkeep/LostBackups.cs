using Holdfast.Control.Catalog;
using Holdfast.Control.Sessions;
using Holdfast.Engine;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Upkeep;

/// <summary>A backup that the catalog has and the repository has not.</summary>
internal sealed record LostBackup(BackupId Id, string Volume);

/// <summary>
/// The backups that the catalog has and the repository has not. A check of the repository alone cannot miss them: a manifest that is gone
/// leaves nothing that names it, and an older copy of a repository is sound in itself.
/// </summary>
internal sealed class LostBackups(CatalogDatabase database, Repository repository)
{
    /// <summary>The verdict on each, for whoever may see the backup.</summary>
    public const string Verdict = "The repository does not hold this backup any more: its manifest is not there.";

    /// <summary>Backups whose manifest must be in the repository: 2 available, 3 deleted and kept.</summary>
    private const string WantedSql =
        $"SELECT id AS Id, volume_id AS VolumeId FROM backup WHERE status IN (2, 3) AND NOT {ManifestDue.OfBackup} ORDER BY id";

    /// <param name="known">Backups that are not looked for: whose manifests are there, as far as that was listed, or that are known to be
    /// damaged.</param>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/>, naming a manifest that cannot be read; what <see
    /// cref="Repository.ThrowIfGoneAsync"/> throws.</exception>
    public async Task<IReadOnlyList<LostBackup>> FindAsync(IReadOnlySet<BackupId> known, CancellationToken cancel)
    {
        var missing = new List<LostBackup>();
        foreach (var wanted in await ReadWantedAsync(cancel))
        {
            // One that was made after the manifests were listed is there.
            if (!known.Contains(wanted.Id) && await repository.FindAsync(wanted.Id, cancel) is null)
            {
                missing.Add(wanted);
            }
        }

        // A removal is written to the catalog before the manifest goes: what is wanted still was not removed meanwhile.
        HashSet<BackupId> still = missing.Count == 0 ? [] : [.. (await ReadWantedAsync(cancel)).Select(wanted => wanted.Id)];
        return [.. missing.Where(lost => still.Contains(lost.Id))];
    }

    private async Task<IReadOnlyList<LostBackup>> ReadWantedAsync(CancellationToken cancel) =>
        [
            .. from row in await database.ReadAllAsync<Row>(WantedSql, null, cancel)
            select new LostBackup(BackupId.Parse(row.Id, null), row.VolumeId),
        ];

    private sealed class Row
    {
        public string Id { get; set; } = "";

        public string VolumeId { get; set; } = "";
    }
}
