using Holdfast.Control.Catalog;
using Holdfast.Control.Drills;
using Holdfast.Control.Jobs;

namespace Holdfast.Control.Notifications;

/// <summary>A drill that has ended, as far as it is told.</summary>
internal sealed record EndedDrill(
    string Id,
    VolumeId Volume,
    string VolumeName,
    DrillState State,
    DateTimeOffset EndedAt,
    long? BackupNumber
);

/// <summary>A check that has ended.</summary>
/// <param name="Figures">JSON; null where it found out nothing.</param>
internal sealed record EndedCheck(string Id, bool Succeeded, string? Figures, DateTimeOffset EndedAt);

/// <summary>Drills and checks that have ended and were not taken into account. Each is once, whenever clocks say that it ended.</summary>
internal static class Sights
{
    private const string NotSeen = "NOT EXISTS (SELECT 1 FROM notify_seen s WHERE s.project_id = @project AND s.id =";

    private const string DrillsSql = $"""
        SELECT d.id AS Id, d.volume_id AS Volume, d.volume_name AS VolumeName, d.state AS State, d.ended_at AS EndedAt,
          d.backup_number AS BackupNumber
        FROM drill d WHERE d.project_id = @project AND d.state >= 3 AND {NotSeen} d.id)
        ORDER BY d.ended_at, d.id
        """;

    private const string ChecksSql = $"""
        SELECT j.id AS Id, j.state AS State, j.figures AS Figures, j.finished_at AS EndedAt
        FROM job j WHERE j.kind = @check AND j.state IN (3, 4) AND {NotSeen} j.id)
        ORDER BY j.finished_at, j.id
        """;

    private const string AnySql = $"""
        SELECT CASE WHEN EXISTS (SELECT 1 FROM drill d WHERE d.project_id = @project AND d.state >= 3 AND {NotSeen} d.id))
          OR EXISTS (SELECT 1 FROM job j WHERE j.kind = @check AND j.state IN (3, 4) AND {NotSeen} j.id)) THEN 1 ELSE 0 END
        """;

    private const string SeeSql = "INSERT INTO notify_seen (project_id, id) VALUES (@project, @id) ON CONFLICT DO NOTHING";

    private const string TidySql = """
        DELETE FROM notify_seen WHERE NOT EXISTS (SELECT 1 FROM drill d WHERE d.id = notify_seen.id)
          AND NOT EXISTS (SELECT 1 FROM job j WHERE j.id = notify_seen.id)
        """;

    /// <summary>Whether there is something new.</summary>
    public static async Task<bool> AnyAsync(CatalogDatabase database, ProjectId project, CancellationToken cancel) =>
        await database.ReadFirstAsync<long>(AnySql, Of(project), cancel) == 1;

    /// <summary>What is new, in the order of its end; from here on it is not. The caller has the turn.</summary>
    public static async Task<(IReadOnlyList<EndedDrill> Drills, IReadOnlyList<EndedCheck> Checks)> TakeAsync(
        CatalogTransaction tx,
        ProjectId project,
        CancellationToken cancel
    )
    {
        var drills = (await tx.QueryAsync<DrillRow>(DrillsSql, Of(project), cancel)).Select(row => row.ToDrill()).ToList();
        var checks = (await tx.QueryAsync<CheckRow>(ChecksSql, Of(project), cancel)).Select(row => row.ToCheck()).ToList();
        foreach (var id in drills.Select(one => one.Id).Concat(checks.Select(one => one.Id)))
        {
            await tx.ExecuteAsync(SeeSql, new { project = project.Value, id }, cancel);
        }

        return (drills, checks);
    }

    /// <summary>Forgets what is no more in the history.</summary>
    public static Task TidyAsync(CatalogTransaction tx, CancellationToken cancel) => tx.ExecuteAsync(TidySql, null, cancel);

    private static object Of(ProjectId project) => new { project = project.Value, check = (int)JobKind.Check };

    private sealed class DrillRow
    {
        public string Id { get; set; } = "";

        public VolumeId Volume { get; set; }

        public string VolumeName { get; set; } = "";

        public int State { get; set; }

        public DateTimeOffset EndedAt { get; set; }

        public long? BackupNumber { get; set; }

        public EndedDrill ToDrill() => new(Id, Volume, VolumeName, (DrillState)State, EndedAt, BackupNumber);
    }

    private sealed class CheckRow
    {
        public string Id { get; set; } = "";

        public int State { get; set; }

        public string? Figures { get; set; }

        public DateTimeOffset EndedAt { get; set; }

        public EndedCheck ToCheck() => new(Id, State == (int)JobState.Succeeded, Figures, EndedAt);
    }
}
