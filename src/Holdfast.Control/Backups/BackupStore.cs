using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Manifests;

namespace Holdfast.Control.Backups;

/// <summary>The catalog's rows of backups.</summary>
public sealed class BackupStore(CatalogDatabase database, TimeProvider clock)
{
    private const string FindSql = $"SELECT {BackupRow.Columns} FROM backup WHERE id = @id AND project_id = @project";
    private const string FindAnySql = $"SELECT {BackupRow.Columns} FROM backup WHERE id = @id";
    private const string ChainSql =
        $"SELECT {BackupRow.Columns} FROM backup WHERE volume_id = @volume AND status IN (2, 3) ORDER BY created_at DESC, id DESC";
    private const string OfPolicySql =
        $"SELECT {BackupRow.Columns} FROM backup WHERE policy_id = @policy AND volume_id = @volume AND status = 2 ORDER BY created_at, id";
    private const string NamesSql = "SELECT volume_id AS VolumeId, name AS Name FROM backup WHERE name IS NOT NULL AND volume_id";

    private const string InsertSql = """
        INSERT INTO backup (id, project_id, volume_id, name, description, status, volume_bytes, policy_id, created_at, updated_at)
        VALUES (@id, @project, @volume, @name, @description, 1, @bytes, @policy, @now, @now)
        ON CONFLICT (id) DO NOTHING
        """;

    private const string TagSql =
        "INSERT INTO backup_tag (backup_id, key, value) VALUES (@id, @key, @value) ON CONFLICT (backup_id, key) DO NOTHING";

    private const string AvailableSql = """
        UPDATE backup SET status = 2, volume_bytes = @bytes, parent_id = @parent, updated_at = @now, available_at = @now, bytes_read = @read, bytes_new = @new, bytes_stored = @stored
        WHERE id = @id AND status = 1
        """;

    private const string MoveSql =
        "UPDATE backup SET status = @to, updated_at = @now, fail_code = @code, fail_reason = @reason WHERE id = @id AND status = @from";
    private const string UpdateSql = "UPDATE backup SET name = @name, description = @description, updated_at = @now WHERE id = @id";
    private const string RemoveSql = "DELETE FROM backup WHERE id = @id AND status IN (4, 7)";

    public async Task<Backup?> FindAsync(ProjectId project, BackupId id, CancellationToken cancel) =>
        (await database.ReadFirstAsync<BackupRow>(FindSql, new { id = id.ToString(), project = project.Value }, cancel))?.ToBackup();

    /// <summary>A backup of whatever project; for those who were let in before.</summary>
    internal async Task<Backup?> FindAsync(BackupId id, CancellationToken cancel) =>
        (await database.ReadFirstAsync<BackupRow>(FindAnySql, new { id = id.ToString() }, cancel))?.ToBackup();

    /// <summary>A part of the project's backups that pass the filter.</summary>
    public async Task<IReadOnlyList<Backup>> ListAsync(ProjectId project, BackupFilter filter, BackupPage page, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(page.Limit, 1);
        var (dialect, sort, parameters) = (database.Dialect, BackupListSql.Total(page.Sort), BackupListSql.Parameters(project, filter));
        var behind = "";
        if (page.Marker is { } marker)
        {
            if (
                await database.ReadFirstAsync<BackupRow>(FindSql, new { id = marker.ToString(), project = project.Value }, cancel)
                is not { } row
            )
            {
                return [];
            }

            behind = BackupListSql.Behind(sort, row, dialect, parameters);
        }

        parameters.Add("limit", page.Limit);
        parameters.Add("offset", page.Offset);
        var sql =
            $"SELECT {BackupRow.Columns}{BackupListSql.Where(filter, dialect)}{behind}{BackupListSql.OrderBy(sort, dialect)} LIMIT "
                + $"@limit OFFSET @offset";
        return [.. (await database.ReadAllAsync<BackupRow>(sql, parameters, cancel)).Select(row => row.ToBackup())];
    }

    /// <summary>How many of the project's backups pass the filter.</summary>
    public Task<long> CountAsync(ProjectId project, BackupFilter filter, CancellationToken cancel) =>
        database.ReadFirstAsync<long>(
            $"SELECT count(*){BackupListSql.Where(filter, database.Dialect)}",
            BackupListSql.Parameters(project, filter),
            cancel
        );

    /// <summary>A backup, its row held until the transaction ends.</summary>
    public static async Task<Backup?> FindAsync(CatalogTransaction tx, BackupId id, CancellationToken cancel) =>
        (await tx.FindAsync<BackupRow>($"{FindAnySql} {tx.Dialect.RowLock}", new { id = id.ToString() }, cancel))?.ToBackup();

    /// <summary>The restore points of a volume, newest first.</summary>
    internal async Task<IReadOnlyList<Backup>> RestorePointsAsync(VolumeId volume, CancellationToken cancel) =>
        [.. (await database.ReadAllAsync<BackupRow>(ChainSql, new { volume = volume.ToString() }, cancel)).Select(row => row.ToBackup())];

    /// <summary>The available backups that a policy made of a volume, oldest first; their rows held until the transaction ends.</summary>
    internal static async Task<IReadOnlyList<Backup>> OfPolicyAsync(
        CatalogTransaction tx,
        PolicyId policy,
        VolumeId volume,
        CancellationToken cancel
    ) =>
        [
            .. (
                await tx.QueryAsync<BackupRow>(
                    $"{OfPolicySql} {tx.Dialect.RowLock}",
                    new { policy = policy.ToString(), volume = volume.ToString() },
                    cancel
                )
            ).Select(row => row.ToBackup()),
        ];

    /// <summary>As the other, read without holding anything.</summary>
    internal async Task<IReadOnlyList<Backup>> OfPolicyAsync(PolicyId policy, VolumeId volume, CancellationToken cancel) =>
        [
            .. (
                await database.ReadAllAsync<BackupRow>(OfPolicySql, new { policy = policy.ToString(), volume = volume.ToString() }, cancel)
            ).Select(row => row.ToBackup()),
        ];

    /// <summary>The names that the volumes' backups have.</summary>
    internal static async Task<ILookup<VolumeId, string>> NamesAsync(
        CatalogTransaction tx,
        IReadOnlyCollection<VolumeId> volumes,
        CancellationToken cancel
    ) =>
        (
            await tx.QueryAsync<NameRow>(
                $"{NamesSql} {tx.Dialect.AnyOf("@volumes")}",
                new { volumes = volumes.Select(v => v.ToString()).ToArray() },
                cancel
            )
        ).ToLookup(row => VolumeId.Parse(row.VolumeId, null), row => row.Name);

    /// <summary>Records a backup that is being made. Changes nothing when it is recorded already.</summary>
    internal async Task CreateAsync(CatalogTransaction tx, NewBackup backup, CancellationToken cancel)
    {
        await tx.ExecuteAsync(
            InsertSql,
            new
            {
                id = backup.Id.ToString(),
                project = backup.Project.Value,
                volume = backup.Volume.ToString(),
                name = backup.Name,
                description = backup.Description,
                bytes = backup.VolumeBytes,
                policy = backup.Policy?.ToString(),
                now = NowMs(),
            },
            cancel
        );
        foreach (var (key, value) in backup.Tags)
        {
            await tx.ExecuteAsync(
                TagSql,
                new
                {
                    id = backup.Id.ToString(),
                    key,
                    value,
                },
                cancel
            );
        }
    }

    /// <summary>The restore point exists: its manifest says what it is.</summary>
    internal async Task MakeAvailableAsync(CatalogTransaction tx, Manifest manifest, CancellationToken cancel)
    {
        var changed = await tx.ExecuteAsync(
            AvailableSql,
            new
            {
                id = manifest.Id.ToString(),
                bytes = manifest.VolumeSize,
                parent = manifest.Parent?.ToString(),
                now = NowMs(),
                read = manifest.Figures.BytesRead,
                @new = manifest.Figures.BytesNew,
                stored = manifest.Figures.BytesStored,
            },
            cancel
        );
        if (changed != 1)
        {
            throw new InvalidOperationException($"Backup {manifest.Id} is not being created, so it cannot become available.");
        }
    }

    /// <summary>Moves a backup to another state; what it had as its failure is replaced. False when it is not in
    /// <paramref name="from"/>.</summary>
    internal async Task<bool> MoveAsync(
        CatalogTransaction tx,
        BackupId id,
        BackupStatus from,
        BackupStatus to,
        JobFailure? failure,
        CancellationToken cancel
    )
    {
        if (!from.CanMoveTo(to))
        {
            throw new InvalidOperationException($"A backup that is {from} cannot become {to}.");
        }

        return await tx.ExecuteAsync(
                MoveSql,
                new
                {
                    id = id.ToString(),
                    from = (int)from,
                    to = (int)to,
                    now = NowMs(),
                    code = failure?.Code,
                    reason = failure?.Reason,
                },
                cancel
            ) == 1;
    }

    /// <summary>Changes what a backup is called and described by; null stays as it is, and an empty name takes it away. What its manifest
    /// says stays. Null when the project has no such backup.</summary>
    public async Task<Backup?> UpdateAsync(ProjectId project, BackupId id, string? name, string? description, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        if (
            await tx.FindAsync<BackupRow>($"{FindSql} {tx.Dialect.RowLock}", new { id = id.ToString(), project = project.Value }, cancel)
            is not { } row
        )
        {
            return null;
        }

        var (old, now) = (row.ToBackup(), NowMs());
        var changed = old with
        {
            Name =
                name is null ? old.Name
                : name.Length == 0 ? null
                : name,
            Description = description ?? old.Description,
            UpdatedAt = DateTimeOffset.FromUnixTimeMilliseconds(now),
        };
        await tx.ExecuteAsync(
            UpdateSql,
            new
            {
                id = id.ToString(),
                name = changed.Name,
                description = changed.Description,
                now,
            },
            cancel
        );
        await tx.CommitAsync(cancel);
        return changed;
    }

    /// <summary>The row of a deleted backup goes; its manifest must have gone before.</summary>
    internal static Task RemoveAsync(CatalogTransaction tx, BackupId id, CancellationToken cancel) =>
        tx.ExecuteAsync(RemoveSql, new { id = id.ToString() }, cancel);

    private long NowMs() => clock.GetUtcNow().ToUnixTimeMilliseconds();

    private sealed class NameRow
    {
        public string VolumeId { get; set; } = "";

        public string Name { get; set; } = "";
    }
}

/// <summary>A backup to be recorded as being created.</summary>
internal sealed record NewBackup
{
    public required BackupId Id { get; init; }

    public required ProjectId Project { get; init; }

    public required VolumeId Volume { get; init; }

    public required long VolumeBytes { get; init; }

    public string? Name { get; init; }

    public string? Description { get; init; }

    public PolicyId? Policy { get; init; }

    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();
}
