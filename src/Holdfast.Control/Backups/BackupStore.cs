using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Control.Volumes;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Manifests;

namespace Holdfast.Control.Backups;

/// <summary>The catalog's rows of backups.</summary>
public sealed class BackupStore(CatalogDatabase database, TimeProvider clock)
{
    private const string FindOfProjectSql =
        $"SELECT {BackupRow.Columns} FROM backup WHERE id = @id AND project_id = @project AND status <> 3";
    private static readonly string FindShownSql =
        $"SELECT {BackupRow.ShownColumns} FROM backup WHERE id = @id AND project_id = @project AND status <> 3";
    private const string OwnerSql = "SELECT project_id FROM backup WHERE id = @id AND status <> 3";
    private static readonly string FindAnyShownSql = $"SELECT {BackupRow.ShownColumns} FROM backup WHERE id = @id AND status <> 3";
    private const string FindAnySql = $"SELECT {BackupRow.Columns} FROM backup WHERE id = @id AND status <> 3";
    private const string ChainSql = $"SELECT {BackupRow.Columns} FROM backup WHERE volume_id = @volume AND status = 2 ORDER BY number DESC";
    private const string OfPolicySql =
        $"SELECT {BackupRow.Columns} FROM backup WHERE policy_id = @policy AND volume_id = @volume AND status = 2 ORDER BY number";
    private const string LatestSql =
        $"SELECT {BackupRow.Columns} FROM backup WHERE volume_id = @volume AND project_id = @project AND status <> 3 "
        + "ORDER BY number DESC LIMIT 1";
    private static readonly string OfPolicyShownSql =
        $"SELECT {BackupRow.ShownColumns} FROM backup WHERE policy_id = @policy AND volume_id = @volume AND status = 2 ORDER BY number";
    private const string NotRemovedSql = "SELECT id FROM backup WHERE status = 7 ORDER BY id";
    private const string NamesSql =
        "SELECT volume_id AS VolumeId, name AS Name FROM backup WHERE status <> 3 AND name IS NOT NULL AND volume_id";

    private const string InsertSql = """
        INSERT INTO backup (id, project_id, volume_id, name, description, status, volume_bytes, policy_id, created_at, updated_at, number,
          metadata, container, incremental, volume_type, zone, volume_metadata)
        SELECT @id, @project, id, @name, @description, 1, @bytes, @policy, @now, @now, @number, @metadata, @container, @incremental,
          volume_type, zone, metadata
        FROM volume WHERE id = @volume
        """;

    /// <summary>The next number of the volume; no row when the volume is gone, or the backup has its number. The volume's row is only read:
    /// who has a volume's turn must wait for no volume (docs/concurrency-control-plane.md).</summary>
    private const string NumberSql = """
        INSERT INTO volume_number (volume_id, last_number)
        SELECT @volume, 1
        WHERE EXISTS (SELECT 1 FROM volume WHERE volume.id = @volume) AND NOT EXISTS (SELECT 1 FROM backup WHERE backup.id = @id)
        ON CONFLICT (volume_id) DO UPDATE SET last_number = volume_number.last_number + 1
        RETURNING last_number
        """;
    private const string RestoresSql =
        "SELECT count(*) FROM job WHERE backup_id = @id AND state IN (1, 2) AND +kind = 3 AND project_id = @project";
    private const string VerdictSql =
        "UPDATE backup SET verdict_at = @now, verdict_by = @by, verdict_ok = @ok, verdict_reason = @reason WHERE id = @id";

    private const string TagSql =
        "INSERT INTO backup_tag (backup_id, key, value) VALUES (@id, @key, @value) ON CONFLICT (backup_id, key) DO NOTHING";

    private const string AvailableSql = """
        UPDATE backup SET status = 2, volume_bytes = @bytes, parent_id = @parent, updated_at = @now, available_at = @now,
          bytes_read = @read, bytes_new = @new, bytes_stored = @stored,
          consistency = @consistency, root = coalesce(root, @root), levels = coalesce(levels, @levels)
        WHERE id = @id AND status = 1
        """;

    private const string MoveSql =
        "UPDATE backup SET status = @to, updated_at = @now, fail_code = @code, fail_reason = @reason WHERE id = @id AND status = @from";
    private const string UpdateSql =
        "UPDATE backup SET name = @name, description = @description, metadata = @metadata, updated_at = @now WHERE id = @id";
    private const string RemoveSql = "DELETE FROM backup WHERE id = @id AND status IN (4, 7)";

    /// <summary>As it is shown: <see cref="BackupStatus.Restoring"/> while a restore that the project ordered has not ended.</summary>
    public async Task<Backup?> FindAsync(ProjectId project, BackupId id, CancellationToken cancel) =>
        (await database.ReadFirstAsync<BackupRow>(FindShownSql, new { id = id.ToString(), project = project.Value }, cancel))?.ToBackup();

    /// <summary>Whose a backup is, or null when there is none.</summary>
    public async Task<ProjectId?> FindOwnerAsync(BackupId id, CancellationToken cancel) =>
        await database.ReadFirstAsync<string>(OwnerSql, new { id = id.ToString() }, cancel) is { } owner ? new ProjectId(owner) : null;

    /// <summary>A backup of whatever project, as it is recorded; for those who were let in before.</summary>
    internal async Task<Backup?> FindAsync(BackupId id, CancellationToken cancel) =>
        (await database.ReadFirstAsync<BackupRow>(FindAnySql, new { id = id.ToString() }, cancel))?.ToBackup();

    /// <summary>A part of the backups that pass the filter.</summary>
    /// <param name="project">Null for those of all projects.</param>
    public async Task<IReadOnlyList<Backup>> ListAsync(ProjectId? project, BackupFilter filter, BackupPage page, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(page.Limit, 1);
        var (dialect, sort, parameters) = (database.Dialect, BackupListSql.Total(page.Sort), BackupListSql.Parameters(project, filter));
        var behind = "";
        if (page.Marker is { } marker)
        {
            if (
                await database.ReadFirstAsync<BackupRow>(
                    project is null ? FindAnyShownSql : FindShownSql,
                    new { id = marker.ToString(), project = project?.Value },
                    cancel
                )
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
            $"SELECT {BackupRow.ShownColumns}{BackupListSql.Where(project, filter, dialect)}{behind}"
                + $"{BackupListSql.OrderBy(sort, dialect)} LIMIT @limit OFFSET @offset";
        return [.. (await database.ReadAllAsync<BackupRow>(sql, parameters, cancel)).Select(row => row.ToBackup())];
    }

    /// <summary>How many backups pass the filter, of the project or (null) of all.</summary>
    public Task<long> CountAsync(ProjectId? project, BackupFilter filter, CancellationToken cancel) =>
        database.ReadFirstAsync<long>(
            $"SELECT count(*){BackupListSql.Where(project, filter, database.Dialect)}",
            BackupListSql.Parameters(project, filter),
            cancel
        );

    /// <summary>A backup as it is recorded, its row held until the transaction ends.</summary>
    public static async Task<Backup?> FindAsync(CatalogTransaction tx, BackupId id, CancellationToken cancel) =>
        (await tx.FindAsync<BackupRow>($"{FindAnySql} {tx.Dialect.RowLock}", new { id = id.ToString() }, cancel))?.ToBackup();

    /// <summary>The backup of a volume that was ordered last, whatever became of it, or null.</summary>
    internal static async Task<Backup?> LatestAsync(CatalogTransaction tx, ProjectId project, VolumeId volume, CancellationToken cancel) =>
        (await tx.FindAsync<BackupRow>(LatestSql, new { project = project.Value, volume = volume.ToString() }, cancel))?.ToBackup();

    /// <summary>The restore points of a volume, newest first.</summary>
    internal async Task<IReadOnlyList<Backup>> RestorePointsAsync(VolumeId volume, CancellationToken cancel) =>
        [.. (await database.ReadAllAsync<BackupRow>(ChainSql, new { volume = volume.ToString() }, cancel)).Select(row => row.ToBackup())];

    /// <summary>The available backups that a policy made of a volume, by number; their rows held until the transaction ends.</summary>
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

    /// <summary>As the other, read without holding anything, and as it is shown.</summary>
    internal async Task<IReadOnlyList<Backup>> OfPolicyAsync(PolicyId policy, VolumeId volume, CancellationToken cancel) =>
        [
            .. (
                await database.ReadAllAsync<BackupRow>(
                    OfPolicyShownSql,
                    new { policy = policy.ToString(), volume = volume.ToString() },
                    cancel
                )
            ).Select(row => row.ToBackup()),
        ];

    /// <summary>Backups whose removal was ordered and failed.</summary>
    internal async Task<IReadOnlyList<BackupId>> NotRemovedAsync(CancellationToken cancel) =>
        [.. (await database.ReadAllAsync<string>(NotRemovedSql, null, cancel)).Select(id => BackupId.Parse(id, null))];

    /// <summary>The names that the volumes' backups have.</summary>
    internal static async Task<ILookup<VolumeId, string>> NamesAsync(
        CatalogTransaction tx,
        IReadOnlyCollection<VolumeId> volumes,
        CancellationToken cancel
    ) =>
        (
            await tx.QueryAsync<NameRow>($"{NamesSql} {tx.Dialect.IsIn("@volumes")}", new { volumes = SqlDialect.Ids(volumes) }, cancel)
        ).ToLookup(row => VolumeId.Parse(row.VolumeId, null), row => row.Name);

    /// <summary>Whether a restore that the backup's own project ordered has not ended. The caller holds the backup's row, so that neither
    /// such a restore nor a deletion is ordered meanwhile.</summary>
    internal static async Task<bool> IsBeingRestoredAsync(CatalogTransaction tx, Backup backup, CancellationToken cancel) =>
        await tx.FindAsync<long>(RestoresSql, new { id = backup.Id.ToString(), project = backup.Project.Value }, cancel) > 0;

    /// <summary>Records what was found out about a backup's bytes. The backup may be gone.</summary>
    /// <param name="reason">What is damaged; null when all was whole.</param>
    internal Task SetVerdictAsync(CatalogTransaction tx, BackupId id, VerdictBy by, string? reason, CancellationToken cancel) =>
        tx.ExecuteAsync(
            VerdictSql,
            new
            {
                id = id.ToString(),
                by = (int)by,
                ok = reason is null ? 1 : 0,
                reason,
                now = NowMs(),
            },
            cancel
        );

    /// <summary>Records a backup that is being made, and gives it its number. Changes nothing when it is recorded already, or when its
    /// volume
    /// is gone.</summary>
    internal async Task CreateAsync(CatalogTransaction tx, NewBackup backup, CancellationToken cancel)
    {
        var keys = new { id = backup.Id.ToString(), volume = backup.Volume.ToString() };
        if (await tx.FindAsync<long?>(NumberSql, keys, cancel) is not { } number)
        {
            return;
        }

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
                number,
                metadata = VolumeJson.Write(backup.Metadata),
                container = backup.Container,
                incremental = backup.Incremental is { } ordered ? (ordered ? 1 : 0) : (int?)null,
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

    /// <summary>The restore point exists: its manifest says what it is. A manifest that an older version put, and did not record, brings
    /// its map with it.</summary>
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
                consistency = manifest.Consistency,
                root = manifest.Root,
                levels = manifest.Levels,
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
    /// <param name="metadata">What is kept with it from now on, instead of what was.</param>
    public async Task<Backup?> UpdateAsync(
        ProjectId project,
        BackupId id,
        string? name,
        string? description,
        IReadOnlyDictionary<string, string>? metadata,
        CancellationToken cancel
    )
    {
        await using var tx = await database.BeginAsync(cancel);
        if (
            await tx.FindAsync<BackupRow>(
                $"{FindOfProjectSql} {tx.Dialect.RowLock}",
                new { id = id.ToString(), project = project.Value },
                cancel
            )
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
            Metadata = metadata ?? old.Metadata,
            UpdatedAt = DateTimeOffset.FromUnixTimeMilliseconds(now),
        };
        await tx.ExecuteAsync(
            UpdateSql,
            new
            {
                id = id.ToString(),
                name = changed.Name,
                description = changed.Description,
                metadata = VolumeJson.Write(changed.Metadata),
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

    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    public string? Container { get; init; }

    public bool? Incremental { get; init; }

    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();
}
