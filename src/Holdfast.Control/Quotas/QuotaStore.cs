using Holdfast.Control.Catalog;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Quotas;

/// <summary>How many backups projects may have, and have. What is used is counted from the backups themselves, so it cannot drift from
/// them.</summary>
public sealed class QuotaStore(CatalogDatabase database, IOptions<QuotaOptions> options)
{
    private const string FindSql =
        "SELECT backups AS Backups, backup_gigabytes AS BackupGigabytes FROM project_quota WHERE project_id = @project";
    private const string SetSql = """
        INSERT INTO project_quota (project_id, backups, backup_gigabytes) VALUES (@project, @backups, @gigabytes)
        ON CONFLICT (project_id) DO UPDATE SET backups = excluded.backups, backup_gigabytes = excluded.backup_gigabytes
        """;

    private const string Gib = "((volume_bytes + 1073741823) / 1073741824)";
    private const string UsageSql = $"""
        SELECT count(*) FILTER (WHERE status <> 1) AS Backups, count(*) FILTER (WHERE status = 1) AS BackupsReserved,
          CAST(coalesce(sum({Gib}) FILTER (WHERE status <> 1), 0) AS bigint) AS Gigabytes,
          CAST(coalesce(sum({Gib}) FILTER (WHERE status = 1), 0) AS bigint) AS GigabytesReserved
        FROM backup WHERE project_id = @project AND status <> 3
        """;

    private const string OfVolumeSql = "SELECT count(*) FROM backup WHERE volume_id = @volume AND status <> 3";
    private const string HoldProjectSql = "SELECT id FROM project WHERE id = @project";

    public async Task<Quota> FindAsync(ProjectId project, CancellationToken cancel) =>
        Of(await database.ReadFirstAsync<QuotaRow>(FindSql, new { project = project.Value }, cancel));

    public async Task<QuotaUsage> UsageAsync(ProjectId project, CancellationToken cancel) =>
        (await database.ReadFirstAsync<UsageRow>(UsageSql, new { project = project.Value }, cancel) ?? new UsageRow()).ToUsage();

    /// <summary>Sets what a project may have. Less than it has is allowed: then it makes no more until some are gone.</summary>
    public async Task SetAsync(ProjectId project, Quota quota, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(quota.Backups, Quota.Unlimited);
        ArgumentOutOfRangeException.ThrowIfLessThan(quota.BackupGigabytes, Quota.Unlimited);
        await using var tx = await database.BeginAsync(cancel);
        await tx.ExecuteAsync(
            SetSql,
            new
            {
                project = project.Value,
                backups = quota.Backups,
                gigabytes = quota.BackupGigabytes,
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

    private Quota Of(QuotaRow? row) =>
        row is null ? new Quota(options.Value.Backups, options.Value.BackupGigabytes) : new Quota(row.Backups, row.BackupGigabytes);

    private sealed class QuotaRow
    {
        public long Backups { get; set; }

        public long BackupGigabytes { get; set; }
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
