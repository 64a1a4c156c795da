using System.Globalization;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Manifests;
using Holdfast.Running;

namespace Holdfast.Offline;

/// <summary>
/// What a repository's manifests say, in place of a catalog. One that cannot be read is named on standard error and passed over: it hinders
/// nobody but itself. Which backup of a volume came last is known by their numbers, whatever clocks said.
/// </summary>
internal sealed class OfflineCatalog
{
    public const string Latest = "latest";

    private readonly string _folder;

    private OfflineCatalog(string folder, IReadOnlyList<Manifest> backups, IReadOnlyList<BackupId> damaged) =>
        (_folder, Backups, Damaged) = (folder, backups, damaged);

    /// <summary>All that can be read, in the order of their ids.</summary>
    public IReadOnlyList<Manifest> Backups { get; }

    public IReadOnlyList<BackupId> Damaged { get; }

    public static async Task<OfflineCatalog> ReadAsync(OfflineRepository opened, CancellationToken cancel)
    {
        var (backups, damaged) = (new List<Manifest>(), new List<BackupId>());
        await foreach (var manifest in opened.Repository.ListAsync(cancel, Tell))
        {
            backups.Add(manifest);
        }

        return new OfflineCatalog(opened.Place, backups, damaged);

        void Tell(BackupId id, HoldfastException why)
        {
            damaged.Add(id);
            Console.Error.WriteLine($"holdfast: backup {id} cannot be read and is passed over: {Failures.OneLine(why.Message)}");
        }
    }

    /// <summary>Those of one volume: by its source as it is typed or as an address, or by its id where a service made them.</summary>
    /// <param name="volume">Null for all.</param>
    public IEnumerable<Manifest> Of(VolumeName? volume) => Backups.Where(backup => volume is null || volume.IsOf(backup));

    /// <summary>The backup with the highest number of one volume, or null where there is none.</summary>
    public Manifest? NewestOf(string volume) =>
        Backups.Where(backup => backup.Volume == volume).MaxBy(backup => (backup.Number, backup.Id.ToString()));

    /// <summary>The newest backup of the volume, or of the only one there is.</summary>
    /// <exception cref="UsageException">There are backups of several volumes: whose latest is meant is not for us to say.</exception>
    public Manifest FindLatest(VolumeName? volume)
    {
        var volumes = Of(volume).GroupBy(backup => backup.Volume).ToList();
        return volumes switch
        {
            [var only] => NewestOf(only.Key)!, // a group is never empty
            [] when volume is not null => throw new VerbFailedException(
                $"repository '{_folder}' holds no readable backup of '{volume}'. 'holdfast backup list' shows what it holds."
            ),
            [] => throw new VerbFailedException($"repository '{_folder}' holds no readable backup."),
            _ => throw new UsageException(
                $"repository '{_folder}' holds backups of {volumes.Count} volumes, so 'latest' needs --volume SOURCE, one of: "
                    + $"{string.Join(", ", volumes.Select(group => group.Key).Order(StringComparer.Ordinal))}."
            ),
        };
    }

    /// <summary>One backup by its id, whatever else in the repository is damaged.</summary>
    public static async Task<Manifest> FindAsync(OfflineRepository opened, string id, CancellationToken cancel) =>
        await opened.Repository.FindAsync(ParseId(opened, id), cancel) ?? throw NoSuch(opened, id);

    public static BackupId ParseId(OfflineRepository opened, string id) =>
        BackupId.TryParse(id, CultureInfo.InvariantCulture, out var parsed) ? parsed : throw NoSuch(opened, id);

    public static VerbFailedException NoSuch(OfflineRepository opened, string id) =>
        new($"repository '{opened.Place}' holds no backup '{id}'. 'holdfast backup list' shows what it holds.");
}
