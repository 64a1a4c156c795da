using Holdfast.Control.Catalog;

namespace Holdfast.Control.Exports;

/// <summary>Adds rows of restore points that no export has, each under its volume and its project. What is not known of these they bring
/// along.</summary>
internal sealed class RebuiltRows(CatalogTransaction tx, TimeProvider clock)
{
    private const string RecoveredName = "recovered";
    private const string VolumesSql = "SELECT id AS Id, project_id AS Project, source AS Name FROM volume";
    private const string ProjectsSql = "SELECT id AS Id, id AS Project, name AS Name FROM project";
    private const string NumbersSql = "SELECT volume_id AS Volume, number AS Number FROM backup";
    private const string LastSql = "SELECT volume_id AS Volume, last_number AS Number FROM volume_number";
    private const string ProjectSql = "INSERT INTO project (id, name, enabled, created_at) VALUES (@id, @name, 1, @now)";

    private static readonly string[] VolumeColumns =
        ["id", "project_id", "name", "source", "size_bytes", "status", "identity", "created_at", "updated_at"];

    private static readonly string[] BackupColumns =
    [
        "id", "project_id", "volume_id", "name", "description", "status", "volume_bytes", "policy_id", "parent_id", "created_at",
        "updated_at", "available_at", "bytes_read", "bytes_new", "bytes_stored", "number", "consistency", "root", "levels", "unsettled",
    ];

    private readonly Dictionary<string, string> _projectOfVolume = [];
    private readonly HashSet<string> _sources = [];
    private readonly HashSet<string> _projects = [];
    private readonly HashSet<string> _projectNames = [];
    private readonly Dictionary<string, HashSet<long>> _numbers = [];
    private readonly Dictionary<string, long> _last = [];
    private string? _recovered;

    /// <param name="backups">Of each volume in the order of their numbers.</param>
    public async Task AddAsync(IReadOnlyList<RebuiltBackup> backups, CancellationToken cancel)
    {
        await ReadKnownAsync(cancel);
        await AddVolumesAsync(backups, cancel);
        await using var rows = new RowInserter(tx, "backup", BackupColumns);
        foreach (var backup in backups)
        {
            await rows.AddAsync(RowOf(backup, await ProjectOfAsync(backup, cancel)), cancel);
        }

        await rows.EndAsync(cancel);
        await using var tags = new RowInserter(tx, "backup_tag", ["backup_id", "key", "value"]);
        foreach (var backup in backups)
        {
            foreach (var (key, value) in backup.Tags)
            {
                await tags.AddAsync([backup.Manifest.Id.ToString(), key, value], cancel);
            }
        }

        await tags.EndAsync(cancel);
    }

    private async Task ReadKnownAsync(CancellationToken cancel)
    {
        foreach (var volume in await tx.QueryAsync<Known>(VolumesSql, null, cancel))
        {
            _projectOfVolume[volume.Id] = volume.Project;
            _sources.Add(volume.Name);
        }

        foreach (var project in await tx.QueryAsync<Known>(ProjectsSql, null, cancel))
        {
            _projects.Add(project.Id);
            _projectNames.Add(project.Name);
        }

        foreach (var backup in await tx.QueryAsync<Numbered>(NumbersSql, null, cancel))
        {
            NumbersOf(backup.Volume).Add(backup.Number);
        }

        foreach (var volume in await tx.QueryAsync<Numbered>(LastSql, null, cancel))
        {
            _last[volume.Volume] = volume.Number;
        }
    }

    /// <summary>Each as its newest backup says. Two volumes cannot have one device: where two had it one after the other, the one that was
    /// backed up last gets it, and the other's backups are without a volume, as those of any that was removed.</summary>
    private async Task AddVolumesAsync(IReadOnlyList<RebuiltBackup> backups, CancellationToken cancel)
    {
        var unknown = backups
            .Where(backup => !_projectOfVolume.ContainsKey(backup.Volume.ToString()))
            .GroupBy(backup => backup.Volume)
            .Select(volume => volume.MaxBy(backup => backup.Manifest.Number))
            .OfType<RebuiltBackup>()
            .OrderByDescending(backup => backup.Manifest.FinishedAt)
            .ThenBy(backup => backup.Volume.ToString(), StringComparer.Ordinal);
        var rows = new List<object?[]>();
        foreach (var newest in unknown)
        {
            if (newest.Address is not { } address || !_sources.Add(address))
            {
                continue;
            }

            var project = await ProjectOfAsync(newest, cancel);
            _projectOfVolume[newest.Volume.ToString()] = project;
            rows.Add([
                newest.Volume.ToString(),
                project,
                newest.VolumeName,
                address,
                newest.Manifest.VolumeSize,
                1, // available
                newest.Manifest.Device?.ToText(),
                newest.CreatedAtMs,
                NowMs,
            ]);
        }

        await using var inserter = new RowInserter(tx, "volume", VolumeColumns);
        foreach (var row in rows)
        {
            await inserter.AddAsync(row, cancel);
        }

        await inserter.EndAsync(cancel);
    }

    private object?[] RowOf(RebuiltBackup backup, string project)
    {
        var manifest = backup.Manifest;
        return
        [
            manifest.Id.ToString(),
            project,
            backup.Volume.ToString(),
            backup.Name,
            backup.Description,
            2, // available
            manifest.VolumeSize,
            backup.Policy,
            manifest.Parent?.ToString(),
            backup.CreatedAtMs,
            NowMs,
            manifest.FinishedAt.ToUnixTimeMilliseconds(),
            manifest.Figures.BytesRead,
            manifest.Figures.BytesNew,
            manifest.Figures.BytesStored,
            NumberOf(backup),
            manifest.Consistency,
            manifest.Root,
            manifest.Levels,
            1, // a request for its manifest may still be on its way
        ];
    }

    /// <summary>Its own, unless another backup of the volume has it: two that were made without a service may.</summary>
    private long NumberOf(RebuiltBackup backup)
    {
        var volume = backup.Volume.ToString();
        var taken = NumbersOf(volume);
        var number = taken.Add(backup.Manifest.Number) ? backup.Manifest.Number : _last.GetValueOrDefault(volume) + 1;
        taken.Add(number);
        _last[volume] = Math.Max(_last.GetValueOrDefault(volume), number);
        return number;
    }

    private HashSet<long> NumbersOf(string volume) =>
        _numbers.TryGetValue(volume, out var numbers) ? numbers : _numbers[volume] = [];

    /// <summary>The project that it was made in, or that its volume is in now; where neither is known, one for what was found.</summary>
    private async Task<string> ProjectOfAsync(RebuiltBackup backup, CancellationToken cancel)
    {
        var named = backup.Project ?? _projectOfVolume.GetValueOrDefault(backup.Volume.ToString());
        var id = named ?? (_recovered ??= ProjectId.New(clock).Value);
        if (_projects.Add(id))
        {
            var name = named is null && !_projectNames.Contains(RecoveredName) ? RecoveredName : $"{RecoveredName}-{id[..8]}";
            name = _projectNames.Contains(name) ? $"{RecoveredName}-{id}" : name;
            _projectNames.Add(name);
            await tx.ExecuteAsync(
                ProjectSql,
                new
                {
                    id,
                    name,
                    now = NowMs,
                },
                cancel
            );
        }

        return id;
    }

    private long NowMs => clock.GetUtcNow().ToUnixTimeMilliseconds();

    private sealed class Known
    {
        public string Id { get; set; } = "";

        public string Project { get; set; } = "";

        public string Name { get; set; } = "";
    }

    private sealed class Numbered
    {
        public string Volume { get; set; } = "";

        public long Number { get; set; }
    }
}
