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

    /// <summary>The newest ones, the newest first.</summary>
    /// <param name="project">Whose; that of the service's own is <see cref="NewJob.OfService"/>.</param>
    /// <param name="kind">Null for any.</param>
    /// <param name="most">How many at most.</param>
    public Task<IReadOnlyList<Job>> ListAsync(ProjectId project, JobKind? kind, int most, CancellationToken cancel) =>
        ReadAsync(project, kind, start: null, most, cancel);

    /// <summary>As <see cref="ListAsync"/>, behind the last one of the page before. Null when that is no job of the project.</summary>
    public async Task<IReadOnlyList<Job>?> ListAfterAsync(
        ProjectId project,
        JobKind? kind,
        JobId after,
        int most,
        CancellationToken cancel
    ) =>
        await database.ReadFirstAsync<long?>(StartSql, new { id = after.Value, project = project.Value }, cancel) is { } createdAt
            ? await ReadAsync(project, kind, (createdAt, after), most, cancel)
            : null;

    private Task<IReadOnlyList<Job>> ReadAsync(
        ProjectId project,
        JobKind? kind,
        (long CreatedAt, JobId Id)? start,
        int most,
        CancellationToken cancel
    ) =>
        database.ReadAllAsync<Job>(
            $"SELECT {JobStore.Columns} FROM job WHERE project_id = @project{(kind is null ? "" : " AND kind = @kind")}"
                + $"{(start is null ? "" : " AND (created_at, id) < (@start, @after)")} ORDER BY created_at DESC, id DESC LIMIT @most",
            new
            {
                project = project.Value,
                kind = (int?)kind,
                start = start?.CreatedAt,
                after = start?.Id.Value,
                most,
            },
            cancel
        );
}
