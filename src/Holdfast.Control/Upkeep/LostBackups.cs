using Holdfast.Control.Catalog;
using Holdfast.Control.Sessions;
using Holdfast.Engine;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Upkeep;

namespace Holdfast.Control.Upkeep;

/// <summary>
/// The backups that the catalog has and the repository has not. A check of the repository alone cannot miss them: a manifest that is gone
/// leaves nothing that names it, and an older copy of a repository is sound in itself.
/// </summary>
internal sealed class LostBackups(CatalogDatabase database, Repository repository)
{
    /// <summary>Backups whose manifest must be in the repository: 2 available, 3 deleted and kept.</summary>
    private const string WantedSql =
        $"SELECT id AS Id, volume_id AS VolumeId FROM backup WHERE status IN (2, 3) AND NOT {ManifestDue.OfBackup} ORDER BY id";

    /// <param name="found">What a check of the repository has read, and what it knows to be damaged.</param>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Corrupted"/>, naming a manifest that cannot be read.</exception>
    public async Task<IReadOnlyList<CheckDamage>> FindAsync(CheckResult found, CancellationToken cancel)
    {
        HashSet<BackupId> known = [.. found.BackupIds, .. found.DamagedBackups];
        var missing = new List<(BackupId Id, string Volume)>();
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
        return
        [
            .. from lost in missing
            where still.Contains(lost.Id)
            select new CheckDamage(
                $"manifests/{lost.Id}",
                "it is not there, and its backup was not deleted",
                [new DamagedBackup(lost.Id, lost.Volume, 0, [], HasMore: false)]
            ),
        ];
    }

    private async Task<IReadOnlyList<(BackupId Id, string Volume)>> ReadWantedAsync(CancellationToken cancel) =>
        [.. (await database.ReadAllAsync<Row>(WantedSql, null, cancel)).Select(row => (BackupId.Parse(row.Id, null), row.VolumeId))];

    private sealed class Row
    {
        public string Id { get; set; } = "";

        public string VolumeId { get; set; } = "";
    }
}
