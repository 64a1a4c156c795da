using Dapper;
using Holdfast.Control.Backups;
using Holdfast.Control.Catalog;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Shares;

/// <summary>Shares of backups with other projects. They end when they are cancelled and when the backup does.</summary>
public sealed class ShareStore(CatalogDatabase database, BackupStore backups, TimeProvider clock)
{
    private const string Columns =
        "s.id AS Id, s.backup_id AS BackupId, s.from_project_id AS FromId, s.to_project_id AS ToId, s.created_at AS CreatedAt";
    private const string FindSql =
        $"SELECT {Columns} FROM share s WHERE s.id = @id AND (s.from_project_id = @project OR s.to_project_id = @project) "
        + "AND EXISTS (SELECT 1 FROM backup b WHERE b.id = s.backup_id AND b.status <> 3)";
    private const string OfBackupSql = $"SELECT {Columns} FROM share s WHERE s.backup_id = @backup";
    private const string SharedWithSql = "SELECT 1 FROM share WHERE backup_id = @backup AND to_project_id = @project";
    private const string CancelSql = "DELETE FROM share WHERE id = @id AND from_project_id = @project";
    private const string CancelAllSql = "DELETE FROM share WHERE backup_id = @backup AND from_project_id = @project";
    private static readonly string BackupsSql = $"SELECT {BackupRow.ShownColumns} FROM backup WHERE status <> 3 AND id";
    private const string InsertSql = """
        INSERT INTO share (id, backup_id, from_project_id, to_project_id, created_at) VALUES (@id, @backup, @from, @to, @now)
        ON CONFLICT (backup_id, to_project_id) DO NOTHING
        """;

    public async Task<ShareOutcome> ShareAsync(
        ProjectId project,
        BackupId id,
        IReadOnlyList<ProjectId> recipients,
        CancellationToken cancel
    )
    {
        await using var tx = await database.BeginAsync(cancel);
        if (await BackupStore.FindAsync(tx, id, cancel) is not { } backup || backup.Project != project)
        {
            return new ShareOutcome.NoSuchBackup();
        }

        if (backup.Status != BackupStatus.Available)
        {
            return new ShareOutcome.WrongState(backup.Status);
        }

        var now = clock.GetUtcNow();
        foreach (var to in recipients)
        {
            await tx.ExecuteAsync(
                InsertSql,
                new
                {
                    id = Guid.CreateVersion7(now).ToString("D"),
                    backup = id.ToString(),
                    from = project.Value,
                    to = to.Value,
                    now = now.ToUnixTimeMilliseconds(),
                },
                cancel
            );
        }

        var shares = (await tx.QueryAsync<Row>(OfBackupSql, new { backup = id.ToString() }, cancel))
            .Select(row => row.ToShare())
            .ToDictionary(share => share.To);
        await tx.CommitAsync(cancel);
        return new ShareOutcome.Granted([.. recipients.Select(to => shares[to])]);
    }

    /// <summary>Ends a share. False when the project gave none of that id. Volumes that were made from the backup stay.</summary>
    public Task<bool> CancelAsync(ProjectId project, Guid id, CancellationToken cancel) =>
        ExecuteAsync(CancelSql, new { id = id.ToString("D"), project = project.Value }, cancel);

    /// <summary>Ends all shares of a backup, of which there may be none. False when the project has no such backup.</summary>
    public async Task<bool> CancelAllAsync(ProjectId project, BackupId backup, CancellationToken cancel)
    {
        if (await backups.FindAsync(project, backup, cancel) is null)
        {
            return false;
        }

        await ExecuteAsync(CancelAllSql, new { backup = backup.ToString(), project = project.Value }, cancel);
        return true;
    }

    /// <summary>A share that the project gave or was given.</summary>
    public async Task<(Share Share, Backup Backup)?> FindAsync(ProjectId project, Guid id, CancellationToken cancel) =>
        await database.ReadFirstAsync<Row>(FindSql, new { id = id.ToString("D"), project = project.Value }, cancel) is { } row
        && await WithBackupsAsync([row], cancel) is [var found]
            ? found
            : null;

    /// <param name="sort">By what of the backup; <see cref="BackupSortKey.CreatedAt"/> is when it was shared.</param>
    public async Task<IReadOnlyList<(Share Share, Backup Backup)>> ListAsync(
        ProjectId project,
        ShareFilter filter,
        BackupSort sort,
        int limit,
        long offset,
        CancellationToken cancel
    )
    {
        var (dialect, parameters) = (database.Dialect, Parameters(project, filter));
        parameters.Add("limit", limit);
        parameters.Add("offset", offset);
        var key = sort.Key == BackupSortKey.CreatedAt ? "s.created_at" : BackupListSql.Expression(sort.Key, dialect, "b.");
        var direction = sort.Descending ? "DESC" : "ASC";
        return await WithBackupsAsync(
            await database.ReadAllAsync<Row>(
                $"SELECT {Columns}{Where(filter, dialect)} ORDER BY {key} {direction}, s.id {direction} LIMIT @limit OFFSET @offset",
                parameters,
                cancel
            ),
            cancel
        );
    }

    public Task<long> CountAsync(ProjectId project, ShareFilter filter, CancellationToken cancel) =>
        database.ReadFirstAsync<long>($"SELECT count(*){Where(filter, database.Dialect)}", Parameters(project, filter), cancel);

    /// <summary>A backup that the project may make volumes from: its own, or one that is shared with it.</summary>
    public async Task<Backup?> FindReadableAsync(ProjectId project, BackupId id, CancellationToken cancel)
    {
        var backup = await backups.FindAsync(id, cancel);
        return
            backup is not null
            && (
                backup.Project == project
                || await database.ReadFirstAsync<long?>(SharedWithSql, new { backup = id.ToString(), project = project.Value }, cancel)
                    is not null
            )
            ? backup
            : null;
    }

    private static string Where(ShareFilter filter, SqlDialect dialect) =>
        " FROM share s JOIN backup b ON b.id = s.backup_id AND b.status <> 3"
        + $" WHERE s.{(filter.ToMe ? "to_project_id" : "from_project_id")} = @project"
        + (filter.Backup is null ? "" : " AND s.backup_id = @backup")
        + (filter.From is null ? "" : " AND s.from_project_id = @from")
        + (filter.To is null ? "" : " AND s.to_project_id = @to")
        + (filter.Volume is null ? "" : " AND b.volume_id = @volume")
        + (filter.Statuses is null ? "" : $" AND {BackupListSql.ShownStatus("b.")} {dialect.AnyOf("@statuses")}")
        + (filter.Zone is null ? "" : " AND coalesce(b.zone, 'nova') = @zone")
        + (filter.NamePart is null ? "" : $" AND {dialect.Contains("b.name", "@name")}");

    private static DynamicParameters Parameters(ProjectId project, ShareFilter filter) =>
        new(
            new
            {
                project = project.Value,
                backup = filter.Backup?.ToString(),
                volume = filter.Volume?.ToString(),
                statuses = filter.Statuses?.Select(status => (int)status).ToArray(),
                name = filter.NamePart,
                zone = filter.Zone,
                from = filter.From,
                to = filter.To,
            }
        );

    private async Task<IReadOnlyList<(Share Share, Backup Backup)>> WithBackupsAsync(IReadOnlyList<Row> rows, CancellationToken cancel)
    {
        var ids = rows.Select(row => row.BackupId).Distinct().ToArray();
        var found = (
            await database.ReadAllAsync<BackupRow>(
                $"{BackupsSql} {database.Dialect.IsIn("@ids")}",
                new { ids = SqlDialect.Ids(ids) },
                cancel
            )
        ).ToDictionary(row => row.Id, row => row.ToBackup());

        // A backup that was deleted between the two reads took its shares with it, whether or not it can still be brought back.
        return [.. rows.Where(row => found.ContainsKey(row.BackupId)).Select(row => (row.ToShare(), found[row.BackupId]))];
    }

    private async Task<bool> ExecuteAsync(string sql, object parameters, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        var changed = await tx.ExecuteAsync(sql, parameters, cancel);
        await tx.CommitAsync(cancel);
        return changed > 0;
    }

    private sealed class Row
    {
        public string Id { get; set; } = "";

        public string BackupId { get; set; } = "";

        public string FromId { get; set; } = "";

        public string ToId { get; set; } = "";

        public long CreatedAt { get; set; }

        public Share ToShare() =>
            new(
                Guid.ParseExact(Id, "D"),
                Engine.Basics.BackupId.Parse(BackupId, null),
                new ProjectId(FromId),
                new ProjectId(ToId),
                DateTimeOffset.FromUnixTimeMilliseconds(CreatedAt)
            );
    }
}
