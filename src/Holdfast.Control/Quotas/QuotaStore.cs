using Holdfast.Control.Catalog;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Quotas;

/// <summary>How many backups and volumes projects may have, and have. What is used is counted from these themselves, so it cannot drift
/// from them.</summary>
public sealed class QuotaStore(CatalogDatabase database, IOptions<QuotaOptions> options)
{
    private const string FindSql = """
        SELECT backups AS Backups, backup_gigabytes AS BackupGigabytes, volumes AS Volumes, gigabytes AS Gigabytes,
          per_volume_gigabytes AS PerVolumeGigabytes, snapshots AS Snapshots, volume_groups AS Groups
        FROM project_quota WHERE project_id = @project
        """;
    private const string SetSql = """
        INSERT INTO project_quota (project_id, backups, backup_gigabytes, volumes, gigabytes, per_volume_gigabytes, snapshots,
          volume_groups)
        SELECT id, @Backups, @BackupGigabytes, @Volumes, @Gigabytes, @PerVolumeGigabytes, @Snapshots, @Groups
        FROM project WHERE id = @project
        ON CONFLICT (project_id) DO UPDATE SET backups = excluded.backups, backup_gigabytes = excluded.backup_gigabytes,
          volumes = excluded.volumes, gigabytes = excluded.gigabytes, per_volume_gigabytes = excluded.per_volume_gigabytes,
          snapshots = excluded.snapshots, volume_groups = excluded.volume_groups
        """;

    private const string Gib = "((volume_bytes + 1073741823) / 1073741824)";
    private const string UsageSql = $"""
        SELECT count(*) FILTER (WHERE status <> 1) AS Backups, count(*) FILTER (WHERE status = 1) AS BackupsReserved,
          CAST(coalesce(sum({Gib}) FILTER (WHERE status <> 1), 0) AS bigint) AS Gigabytes,
          CAST(coalesce(sum({Gib}) FILTER (WHERE status = 1), 0) AS bigint) AS GigabytesReserved
        FROM backup WHERE project_id = @project AND status <> 3
        """;

    private const string VolumesSql = """
        SELECT count(*) AS Volumes, CAST(coalesce(sum((size_bytes + 1073741823) / 1073741824), 0) AS bigint) AS Gigabytes
        FROM volume WHERE project_id = @project
        """;

    private const string OfVolumeSql = "SELECT count(*) FROM backup WHERE volume_id = @volume AND status <> 3";
    private const string HoldProjectSql = "SELECT id FROM project WHERE id = @project";

    public async Task<Quota> FindAsync(ProjectId project, CancellationToken cancel) =>
        Of(await database.ReadFirstAsync<QuotaRow>(FindSql, new { project = project.Value }, cancel));

    public async Task<QuotaUsage> UsageAsync(ProjectId project, CancellationToken cancel) =>
        (await database.ReadFirstAsync<UsageRow>(UsageSql, new { project = project.Value }, cancel) ?? new UsageRow()).ToUsage();

    public async Task<VolumeUsage> VolumeUsageAsync(ProjectId project, CancellationToken cancel) =>
        (await database.ReadFirstAsync<VolumesRow>(VolumesSql, new { project = project.Value }, cancel) ?? new VolumesRow()).ToUsage();

    /// <summary>What a project may have for which nothing is set.</summary>
    public Quota Default =>
        new(options.Value.Backups, options.Value.BackupGigabytes)
        {
            Volumes = options.Value.Volumes,
            Gigabytes = options.Value.Gigabytes,
        };

    /// <summary>Sets what a project may have; nothing where there is no such project. Less than it has is allowed: then it makes no more
    /// until some are gone.</summary>
    public async Task SetAsync(ProjectId project, Quota quota, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(quota.Backups, Quota.Unlimited);
        ArgumentOutOfRangeException.ThrowIfLessThan(quota.BackupGigabytes, Quota.Unlimited);
        ArgumentOutOfRangeException.ThrowIfLessThan(quota.Volumes, Quota.Unlimited);
        ArgumentOutOfRangeException.ThrowIfLessThan(quota.Gigabytes, Quota.Unlimited);
        ArgumentOutOfRangeException.ThrowIfLessThan(quota.PerVolumeGigabytes, Quota.Unlimited);
        await using var tx = await database.BeginAsync(cancel);
        await tx.ExecuteAsync(
            SetSql,
            new
            {
                project = project.Value,
                quota.Backups,
                quota.BackupGigabytes,
                quota.Volumes,
                quota.Gigabytes,
                quota.PerVolumeGigabytes,
                quota.Snapshots,
                quota.Groups,
            },
            cancel
        );
        await tx.CommitAsync(cancel);
    }

    /// <summary>What a project may have is what the settings say from now on.</summary>
    public async Task ResetAsync(ProjectId project, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        await tx.ExecuteAsync("DELETE FROM project_quota WHERE project_id = @project", new { project = project.Value }, cancel);
        await tx.CommitAsync(cancel);
    }

    /// <summary>Why the project may not have one more backup of this size, or null when it may. Holds the project until the transaction
    /// ends, so that two at once are not both the last one.</summary>
    /// <param name="relief">Backups of the volume that are going to be gone when this one is made.</param>
    internal async Task<QuotaBreach?> FindBreachAsync(
        CatalogTransaction tx,
        ProjectId project,
        VolumeId volume,
        long volumeBytes,
        QuotaRelief relief,
        CancellationToken cancel
    )
    {
        var quota = Of(await tx.FindAsync<QuotaRow>(FindSql, new { project = project.Value }, cancel));
        if (quota is { Backups: Quota.Unlimited, BackupGigabytes: Quota.Unlimited } && options.Value.BackupsPerVolume == Quota.Unlimited)
        {
            return null;
        }

        await tx.QueryAsync<string>($"{HoldProjectSql} {tx.Dialect.RowLock}", new { project = project.Value }, cancel);

        var usage = (await tx.FindAsync<UsageRow>(UsageSql, new { project = project.Value }, cancel) ?? new UsageRow()).ToUsage();
        var (count, size, gib) = (
            usage.Backups + usage.BackupsReserved,
            usage.Gigabytes + usage.GigabytesReserved,
            (volumeBytes + (1L << 30) - 1) >> 30
        );
        if (quota.Backups != Quota.Unlimited && count - relief.Backups >= quota.Backups)
        {
            return new(
                QuotaKind.Backups,
                $"The project has {count} backups and may have {quota.Backups}. Delete one, or have the quota raised."
            );
        }

        if (quota.BackupGigabytes != Quota.Unlimited && size - relief.Gigabytes + gib > quota.BackupGigabytes)
        {
            return new(
                QuotaKind.BackupGigabytes,
                $"The project's backups are of {size} GiB and may be of {quota.BackupGigabytes}; {gib} more do not fit. Delete some, or "
                    + $"have the quota raised."
            );
        }

        var most = options.Value.BackupsPerVolume;
        return
            most != Quota.Unlimited
            && await tx.FindAsync<long>(OfVolumeSql, new { volume = volume.ToString() }, cancel) - relief.Backups >= most
            ? new(QuotaKind.BackupsOfVolume, $"The volume has {most} backups, as many as it may. Delete one first.")
            : null;
    }

    /// <summary>Why the project may not have what is asked for, or null when it may. Holds the project until the transaction ends: ask
    /// before a volume is held.</summary>
    internal async Task<QuotaBreach?> FindBreachAsync(
        CatalogTransaction tx,
        ProjectId project,
        VolumeDemand demand,
        CancellationToken cancel
    )
    {
        var quota = Of(await tx.FindAsync<QuotaRow>(FindSql, new { project = project.Value }, cancel));
        if (demand.PerVolume is { } gib && quota.PerVolumeGigabytes != Quota.Unlimited && gib > quota.PerVolumeGigabytes)
        {
            return new(
                QuotaKind.PerVolumeGigabytes,
                $"A volume of the project may have {quota.PerVolumeGigabytes} GiB, not {gib}. Ask for less, or have the quota raised."
            );
        }

        if (quota is { Volumes: Quota.Unlimited, Gigabytes: Quota.Unlimited })
        {
            return null;
        }

        await tx.QueryAsync<string>($"{HoldProjectSql} {tx.Dialect.RowLock}", new { project = project.Value }, cancel);
        var usage = (await tx.FindAsync<VolumesRow>(VolumesSql, new { project = project.Value }, cancel) ?? new VolumesRow()).ToUsage();
        if (quota.Volumes != Quota.Unlimited && demand.Volumes > 0 && usage.Volumes + demand.Volumes > quota.Volumes)
        {
            return new(
                QuotaKind.Volumes,
                $"The project has {usage.Volumes} volumes and may have {quota.Volumes}. Delete one, or have the quota raised."
            );
        }

        return quota.Gigabytes != Quota.Unlimited && usage.Gigabytes + demand.Gigabytes > quota.Gigabytes
            ? new(
                QuotaKind.Gigabytes,
                $"The project's volumes have {usage.Gigabytes} GiB and may have {quota.Gigabytes}; {demand.Gigabytes} more do not fit. "
                    + "Delete some, or have the quota raised."
            )
            : null;
    }

    private Quota Of(QuotaRow? row) =>
        row is null
            ? Default
            : new Quota(row.Backups, row.BackupGigabytes)
            {
                Volumes = row.Volumes ?? Default.Volumes,
                Gigabytes = row.Gigabytes ?? Default.Gigabytes,
                PerVolumeGigabytes = row.PerVolumeGigabytes ?? Default.PerVolumeGigabytes,
                Snapshots = row.Snapshots ?? Default.Snapshots,
                Groups = row.Groups ?? Default.Groups,
            };

    private sealed class QuotaRow
    {
        public long Backups { get; set; }

        public long BackupGigabytes { get; set; }

        public long? Volumes { get; set; }

        public long? Gigabytes { get; set; }

        public long? PerVolumeGigabytes { get; set; }

        public long? Snapshots { get; set; }

        public long? Groups { get; set; }
    }

    private sealed class VolumesRow
    {
        public long Volumes { get; set; }

        public long Gigabytes { get; set; }

        public VolumeUsage ToUsage() => new(Volumes, Gigabytes);
    }

    private sealed class UsageRow
    {
        public long Backups { get; set; }

        public long BackupsReserved { get; set; }

        public long Gigabytes { get; set; }

        public long GigabytesReserved { get; set; }

        public QuotaUsage ToUsage() => new(Backups, BackupsReserved, Gigabytes, GigabytesReserved);
    }
}
