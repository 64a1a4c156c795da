using Holdfast.Control.Catalog;

namespace Holdfast.Control.Projects;

/// <summary>What owns policies, volumes and backups. A project never sees another's.</summary>
public sealed record Project(ProjectId Id, string Name, bool Enabled, string Description = "")
{
    /// <summary>Each 1 to 255 characters without commas and slashes.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>A JSON object of the members that mean nothing here, and of "options".</summary>
    public string Attributes { get; init; } = "{}";
}

public sealed class ProjectStore(CatalogDatabase database, TimeProvider clock)
{
    private const string Columns =
        "id AS Id, name AS Name, enabled AS Enabled, description AS Description, tags AS Tags, attributes AS Attributes";
    private const string FindSql = $"SELECT {Columns} FROM project WHERE id = @id";
    private const string FindByNameSql = $"SELECT {Columns} FROM project WHERE name = @name";
    private const string ListSql = $"SELECT {Columns} FROM project ORDER BY name";
    private const string InsertSql =
        "INSERT INTO project (id, name, enabled, description, tags, attributes, created_at) VALUES (@id, @name, @enabled, @description, "
        + "@tags, @attributes, @now) ON CONFLICT (name) DO NOTHING";

    public async Task<Project?> FindAsync(ProjectId id, CancellationToken cancel) =>
        !CatalogText.CanHold(id.Value) ? null : (await database.ReadFirstAsync<Row>(FindSql, new { id = id.Value }, cancel))?.ToProject();

    public async Task<Project?> FindByNameAsync(string name, CancellationToken cancel) =>
        !CatalogText.CanHold(name) ? null : (await database.ReadFirstAsync<Row>(FindByNameSql, new { name }, cancel))?.ToProject();

    public async Task<IReadOnlyList<Project>> ListAsync(CancellationToken cancel) =>
        [.. (await database.ReadAllAsync<Row>(ListSql, null, cancel)).Select(row => row.ToProject())];

    /// <summary>Makes a project. Null when there is one of that name.</summary>
    public Task<Project?> CreateAsync(string name, CancellationToken cancel) =>
        CreateAsync(new Project(ProjectId.New(clock), name, Enabled: true), cancel);

    /// <summary>Makes a project as it is given. Null when there is one of that name.</summary>
    public async Task<Project?> CreateAsync(Project project, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        var row = new
        {
            id = project.Id.Value,
            name = project.Name,
            enabled = project.Enabled ? 1 : 0,
            description = project.Description,
            tags = string.Join(',', project.Tags),
            attributes = project.Attributes,
            now = clock.GetUtcNow().ToUnixTimeMilliseconds(),
        };
        var made = await tx.ExecuteAsync(InsertSql, row, cancel);
        await tx.CommitAsync(cancel);
        return made == 0 ? null : project;
    }

    /// <summary>Makes a project; one of that name that exists already is returned as it is.</summary>
    public async Task<Project> EnsureAsync(string name, CancellationToken cancel) =>
        await CreateAsync(name, cancel)
        ?? await FindByNameAsync(name, cancel)
        ?? throw new InvalidOperationException($"Project '{name}' vanished as it was made.");

    private sealed class Row
    {
        public string Id { get; set; } = "";

        public string Name { get; set; } = "";

        public int Enabled { get; set; }

        public string Description { get; set; } = "";

        public string Tags { get; set; } = "";

        public string Attributes { get; set; } = "{}";

        public Project ToProject() =>
            new(new ProjectId(Id), Name, Enabled != 0, Description)
            {
                Tags = Tags.Split(',', StringSplitOptions.RemoveEmptyEntries),
                Attributes = Attributes,
            };
    }
}
