using System.Collections.Concurrent;
using Holdfast.Control.Catalog;

namespace Holdfast.Control.Projects;

/// <summary>Projects of an external identity: each has a row here from the moment it is first seen, because what it owns refers to
/// it.</summary>
public sealed class ForeignProjects(CatalogDatabase database, TimeProvider clock)
{
    private const string FindSql = "SELECT 1 FROM project WHERE id = @id";
    private const string InsertSql =
        "INSERT INTO project (id, name, enabled, created_at) VALUES (@id, @name, 1, @now) ON CONFLICT DO NOTHING";

    private readonly ConcurrentDictionary<ProjectId, bool> _known = new();

    /// <summary>Names need not be unique there, as they are here: a second of one name is called by its id.</summary>
    public async Task EnsureAsync(ProjectId id, string name, CancellationToken cancel)
    {
        if (_known.ContainsKey(id))
        {
            return;
        }

        if (await database.ReadFirstAsync<long?>(FindSql, new { id = id.Value }, cancel) is null)
        {
            await using var tx = await database.BeginAsync(cancel);
            foreach (var called in (string[])[name, id.Value])
            {
                await tx.ExecuteAsync(
                    InsertSql,
                    new
                    {
                        id = id.Value,
                        name = called,
                        now = clock.GetUtcNow().ToUnixTimeMilliseconds(),
                    },
                    cancel
                );
            }

            await tx.CommitAsync(cancel);
        }

        _known[id] = true;
    }
}
