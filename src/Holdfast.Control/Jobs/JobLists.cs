using Holdfast.Control.Catalog;

namespace Holdfast.Control.Jobs;

/// <summary>Jobs to look through, a page at a time: each statement walks along an index, however many there are.</summary>
public sealed class JobLists(CatalogDatabase database)
{
    /// <summary>Only the indices of open jobs fit: the others hold all jobs that ever were.</summary>
    private const string OpenSql =
        $"SELECT {JobStore.Columns} FROM job WHERE state IN (1, 2) AND project_id || '' = @project ORDER BY created_at + 0 DESC, id DESC "
            + "LIMIT @most";

    private const string StartSql = "SELECT created_at FROM job WHERE id = @id AND project_id = @project";

    /// <summary>Those that have not ended, the newest first.</summary>
    public Task<IReadOnlyList<Job>> OpenAsync(ProjectId project, int most, CancellationToken cancel) =>
        database.ReadAllAsync<Job>(OpenSql, new { project = project.Value, most }, cancel);

    /// <summary>A page, the newest first. Null when <paramref name="after"/> is no job of the project.</summary>
    /// <param name="project">Whose; that of the service's own is <see cref="NewJob.OfService"/>.</param>
    /// <param name="kind">Null for any.</param>
    /// <param name="after">The last one of the page before; null for the first page.</param>
    /// <param name="most">How many at most.</param>
    public async Task<IReadOnlyList<Job>?> PageAsync(
        ProjectId project,
        JobKind? kind,
        JobId? after,
        int most,
        CancellationToken cancel
    )
    {
        long? start = null;
        if (after is { } id)
        {
            start = await database.ReadFirstAsync<long?>(StartSql, new { id = id.Value, project = project.Value }, cancel);
            if (start is null)
            {
                return null;
            }
        }

        return await database.ReadAllAsync<Job>(
            $"SELECT {JobStore.Columns} FROM job WHERE project_id = @project{(kind is null ? "" : " AND kind = @kind")}"
                + $"{(start is null ? "" : " AND (created_at, id) < (@start, @after)")} ORDER BY created_at DESC, id DESC LIMIT @most",
            new
            {
                project = project.Value,
                kind = (int?)kind,
                start,
                after = after?.Value,
                most,
            },
            cancel
        );
    }
}
