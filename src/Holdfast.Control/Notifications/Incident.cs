using Holdfast.Control.Catalog;

namespace Holdfast.Control.Notifications;

/// <summary>Something that was seen to be wrong and has not ended.</summary>
/// <param name="Told">Whether somebody was told.</param>
/// <param name="Quiet">Checks since that found nothing.</param>
internal sealed record Incident(
    string Id,
    string Cause,
    NotifyEvent Event,
    NotifySeverity Severity,
    VolumeId? Volume,
    string What,
    DateTimeOffset Since,
    bool Told,
    long Times,
    long Quiet
);

/// <summary>What is wrong with projects. Who writes has the turn <see cref="CatalogTurn.Notify"/>.</summary>
internal sealed class Incidents(CatalogDatabase database, TimeProvider clock)
{
    private const string Columns =
        "id AS Id, cause AS Cause, event AS Event, severity AS Severity, volume_id AS Volume, what AS What, since AS Since, told AS Told, "
        + "times AS Times, quiet AS Quiet";
    private const string OpenSql =
        $"SELECT {Columns} FROM notify_incident WHERE project_id = @project AND resolved_at IS NULL ORDER BY severity DESC, since, id";
    private const string InsertSql = """
        INSERT INTO notify_incident (id, project_id, cause, event, severity, volume_id, what, since, told, times, quiet)
        VALUES (@id, @project, @cause, @event, @severity, @volume, @what, @since, @told, @times, 0)
        ON CONFLICT (project_id, cause) WHERE resolved_at IS NULL DO NOTHING
        """;
    private const string UpdateSql = """
        UPDATE notify_incident SET severity = @severity, what = @what, told = @told, times = @times, quiet = @quiet
        WHERE id = @id AND resolved_at IS NULL
        """;
    private const string ResolveSql = "UPDATE notify_incident SET resolved_at = @now WHERE id = @id AND resolved_at IS NULL";
    private const string RemoveSql = "DELETE FROM notify_incident WHERE resolved_at < @before";

    /// <summary>The gravest first.</summary>
    public async Task<IReadOnlyList<Incident>> ListAsync(ProjectId project, CancellationToken cancel) =>
        [.. (await database.ReadAllAsync<Row>(OpenSql, new { project = project.Value }, cancel)).Select(row => row.ToIncident())];

    /// <inheritdoc cref="ListAsync(ProjectId, CancellationToken)"/>
    public static async Task<IReadOnlyList<Incident>> ListAsync(CatalogTransaction tx, ProjectId project, CancellationToken cancel) =>
        [.. (await tx.QueryAsync<Row>(OpenSql, new { project = project.Value }, cancel)).Select(row => row.ToIncident())];

    /// <returns>False when it is there already.</returns>
    public async Task<bool> OpenAsync(
        CatalogTransaction tx,
        ProjectId project,
        Condition condition,
        bool told,
        DateTimeOffset now,
        CancellationToken cancel
    ) =>
        await tx.ExecuteAsync(
            InsertSql,
            new
            {
                id = Guid.CreateVersion7(clock.GetUtcNow()).ToString("D"),
                project = project.Value,
                cause = condition.Cause,
                @event = (int)condition.Event,
                severity = (int)condition.Severity,
                volume = condition.Volume?.Volume.ToString(),
                what = condition.What,
                since = (condition.Since ?? now).ToUnixTimeMilliseconds(),
                told = told ? 1 : 0,
                times = condition.Times,
            },
            cancel
        ) == 1;

    public static Task UpdateAsync(CatalogTransaction tx, Incident incident, CancellationToken cancel) =>
        tx.ExecuteAsync(
            UpdateSql,
            new
            {
                id = incident.Id,
                severity = (int)incident.Severity,
                what = incident.What,
                told = incident.Told ? 1 : 0,
                times = incident.Times,
                quiet = incident.Quiet,
            },
            cancel
        );

    public static Task ResolveAsync(CatalogTransaction tx, Incident incident, DateTimeOffset now, CancellationToken cancel) =>
        tx.ExecuteAsync(ResolveSql, new { id = incident.Id, now = now.ToUnixTimeMilliseconds() }, cancel);

    /// <summary>Forgets what ended before a moment.</summary>
    public static Task RemoveAsync(CatalogTransaction tx, DateTimeOffset before, CancellationToken cancel) =>
        tx.ExecuteAsync(RemoveSql, new { before = before.ToUnixTimeMilliseconds() }, cancel);

    private sealed class Row
    {
        public string Id { get; set; } = "";

        public string Cause { get; set; } = "";

        public int Event { get; set; }

        public int Severity { get; set; }

        public string? Volume { get; set; }

        public string What { get; set; } = "";

        public DateTimeOffset Since { get; set; }

        public int Told { get; set; }

        public long Times { get; set; }

        public long Quiet { get; set; }

        public Incident ToIncident() =>
            new(
                Id,
                Cause,
                (NotifyEvent)Event,
                (NotifySeverity)Severity,
                Volume is null ? null : VolumeId.Parse(Volume, null),
                What,
                Since,
                Told == 1,
                Times,
                Quiet
            );
    }
}
