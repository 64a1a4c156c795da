using Holdfast.Control.Catalog;

namespace Holdfast.Control.Volumes;

/// <summary>What volumes are called, for lists of what belongs to them.</summary>
public sealed class VolumeNames(CatalogDatabase database)
{
    private const string Sql = "SELECT id AS Id, name AS Name FROM volume WHERE project_id = @project AND id IN @ids";

    /// <summary>What a sentence calls a volume: not every one has a name.</summary>
    public static string Told(string name, VolumeId id) => name.Length == 0 ? id.ToString() : name;

    /// <summary>Those that are there still, of the project.</summary>
    public async Task<IReadOnlyDictionary<VolumeId, string>> FindAsync(
        ProjectId project,
        IEnumerable<VolumeId?> ids,
        CancellationToken cancel
    )
    {
        var wanted = ids.OfType<VolumeId>().Distinct().Select(id => id.ToString()).ToList();
        return wanted.Count == 0
            ? new Dictionary<VolumeId, string>()
            : (await database.ReadAllAsync<Row>(Sql, new { project = project.Value, ids = wanted }, cancel)).ToDictionary(
                row => row.Id,
                row => row.Name
            );
    }

    private sealed class Row
    {
        public VolumeId Id { get; set; }

        public string Name { get; set; } = "";
    }
}
