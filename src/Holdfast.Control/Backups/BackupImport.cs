using Holdfast.Control.Catalog;
using Holdfast.Control.Quotas;
using Holdfast.Control.Sessions;
using Holdfast.Control.Volumes;
using Holdfast.Engine;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Manifests;

namespace Holdfast.Control.Backups;

/// <summary>Makes backups of restore points that the repository holds and the catalog does not know (docs/decisions/0017). The volume may
/// be unknown here.</summary>
public sealed class BackupImport(
    CatalogDatabase database,
    BackupStore backups,
    QuotaStore quotas,
    Repository repository,
    TimeProvider clock
)
{
    private const string UndoSql = "DELETE FROM backup WHERE id = @id";
    private const string DeletedSql = $"SELECT 1 FROM backup WHERE id = @id AND status = 3 AND NOT {ManifestDue.OfBackup}";

    /// <summary>One whose import was begun and has not ended.</summary>
    private const string BegunSql = $"id = @id AND status = 3 AND {ManifestDue.OfBackup}";
    private const string FindBegunSql = """
        SELECT d.sealed FROM manifest_due d JOIN backup b ON b.id = d.backup_id
        WHERE b.id = @id AND b.project_id = @project AND b.status = 3
        """;
    private const string EndSql =
        $"UPDATE backup SET status = 2, kept_until = NULL, unsettled = 0, updated_at = @now WHERE {BegunSql}";
    private const string GiveUpSql = $"DELETE FROM backup WHERE {BegunSql}";
    private const string TakenSql = "SELECT 1 FROM backup WHERE volume_id = @volume AND number = @number";

    /// <summary>The highest number of the volume, which is at least the given one from now on. Holds the volume's row of numbers until the
    /// transaction ends.</summary>
    private const string ReachSql = """
        INSERT INTO volume_number (volume_id, last_number) VALUES (@volume, @number)
        ON CONFLICT (volume_id) DO UPDATE SET last_number =
          CASE WHEN volume_number.last_number < @number THEN @number ELSE volume_number.last_number END
        RETURNING last_number
        """;

    private const string InsertSql = """
        INSERT INTO backup (id, project_id, volume_id, name, description, status, volume_bytes, parent_id, created_at, updated_at,
          available_at, bytes_read, bytes_new, bytes_stored, number, consistency, metadata, container, volume_type, zone, volume_metadata,
          root, levels, kept_until, unsettled)
        VALUES (@id, @project, @volume, @name, @description, @status, @bytes, @parent, @created, @now, @available, @read, @new, @stored,
          @number, @consistency, @metadata, @container, @type, @zone, @volumeMetadata, @root, @levels, @kept,
          @unsettled)
        ON CONFLICT (id) DO NOTHING
        """;

    /// <summary>For how long an import that was cut short can be ordered again before what it left goes like a deleted backup.</summary>
    private static readonly TimeSpan Unfinished = TimeSpan.FromDays(1);

    /// <summary>
    /// Nothing is shown but what the manifest says exists. Under another id than the manifest's the backup is committed first (decision
    /// 0027), as a deleted one that nobody can bring back, and its manifest put then: so at no moment is there a manifest that no catalog
    /// knows. After a crash the same order goes on with what it finds; else that goes after a day.
    /// </summary>
    /// <exception cref="HoldfastException">The manifest is damaged, or the repository cannot be reached.</exception>
    public async Task<ImportBackupOutcome> ImportAsync(ProjectId project, ImportOrder order, CancellationToken cancel)
    {
        if (await repository.FindAsync(order.Manifest, cancel) is not { } manifest)
        {
            return new ImportBackupOutcome.NoSuchManifest();
        }

        if (!VolumeId.TryParse(manifest.Volume, null, out var volume))
        {
            return new ImportBackupOutcome.NoVolumeId(manifest.Volume);
        }

        if (order.Id != order.Manifest)
        {
            return await CopyAsync(project, order, volume, manifest, cancel);
        }

        var outcome = await RecordAsync(project, order, volume, manifest, due: null, cancel);

        // The bytes stay for as long as the restore point does that they were found by, or from the row on. Where it went between, they may
        // have gone with it.
        if (outcome is ImportBackupOutcome.Imported && await repository.FindAsync(order.Manifest, cancel) is null)
        {
            await UndoAsync(order.Id, cancel);
            return new ImportBackupOutcome.NoSuchManifest();
        }

        return outcome ?? throw new InvalidOperationException($"Backup {order.Id} was recorded as due.");
    }

    private async Task<ImportBackupOutcome> CopyAsync(
        ProjectId project,
        ImportOrder order,
        VolumeId volume,
        Manifest manifest,
        CancellationToken cancel
    )
    {
        var due = await FindBegunAsync(project, order, manifest, cancel);
        var isBegun = due is not null;
        if (due is null)
        {
            var (refused, number) = await NumberAsync(project, order, volume, manifest, cancel);
            if (refused is not null)
            {
                return refused;
            }

            if (await repository.SealCopyAsync(order.Manifest, order.Id, number, cancel) is not { } copy)
            {
                return new ImportBackupOutcome.NoSuchManifest();
            }

            due = copy.Sealed;
            if (await RecordAsync(project, order, volume, copy.Manifest, due, cancel) is { } not)
            {
                return not;
            }
        }

        // The row holds the map from here on. Where the restore point that it was found by went before, its bytes may have gone with it.
        if (await repository.FindAsync(order.Manifest, cancel) is null)
        {
            await (isBegun ? UndoAsync(order.Id, cancel) : ChangeAsync(GiveUpSql, order.Id, cancel));
            return new ImportBackupOutcome.NoSuchManifest();
        }

        try
        {
            await repository.PutCommittedAsync(order.Id, due, cancel);
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.AlreadyExists)
        {
            await ChangeAsync(GiveUpSql, order.Id, cancel);
            return new ImportBackupOutcome.AlreadyExists();
        }

        return await EndAsync(project, order, volume, manifest, cancel);
    }

    /// <summary>The manifest that an import which was cut short committed, or null. One of other bytes is not this order's.</summary>
    private async Task<byte[]?> FindBegunAsync(ProjectId project, ImportOrder order, Manifest manifest, CancellationToken cancel)
    {
        var keys = new { id = order.Id.ToString(), project = project.Value };
        if (await database.ReadFirstAsync<string>(FindBegunSql, keys, cancel) is not { } text)
        {
            return null;
        }

        var bytes = Convert.FromBase64String(text);
        return repository.OpenCommitted(order.Id, bytes).Root == manifest.Root ? bytes : null;
    }

    /// <summary>The manifest is in the store: the backup counts.</summary>
    private async Task<ImportBackupOutcome> EndAsync(
        ProjectId project,
        ImportOrder order,
        VolumeId volume,
        Manifest manifest,
        CancellationToken cancel
    )
    {
        await using (var tx = await database.BeginAsync(cancel))
        {
            // Others may have been made since it was committed.
            if (await quotas.FindBreachAsync(tx, project, volume, manifest.VolumeSize, QuotaRelief.None, cancel) is { } breach)
            {
                await tx.DisposeAsync();
                await UndoAsync(order.Id, cancel);
                return new ImportBackupOutcome.QuotaExceeded(breach);
            }

            var parameters = new { id = order.Id.ToString(), now = clock.GetUtcNow().ToUnixTimeMilliseconds() };
            if (await tx.ExecuteAsync(EndSql, parameters, cancel) != 1)
            {
                return new ImportBackupOutcome.AlreadyExists(); // the same order, given twice at once
            }

            await ManifestDue.RemoveAsync(tx, order.Id, cancel);
            await tx.CommitAsync(cancel);
        }

        return await FindMadeAsync(project, order.Id, cancel);
    }

    private async Task<ImportBackupOutcome> FindMadeAsync(ProjectId project, BackupId id, CancellationToken cancel) =>
        await backups.FindAsync(project, id, cancel) is { } backup
            ? new ImportBackupOutcome.Imported(backup)
            : throw new InvalidOperationException($"Backup {id} was deleted in the moment that it was imported.");

    private async Task UndoAsync(BackupId id, CancellationToken cancel)
    {
        await repository.RemoveAsync(id, cancel);
        await ChangeAsync(UndoSql, id, cancel);
    }

    private async Task ChangeAsync(string sql, BackupId id, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        await tx.ExecuteAsync(sql, new { id = id.ToString() }, cancel);
        await tx.CommitAsync(cancel);
    }

    /// <summary>The number of a copy, or why there will be none. In a transaction of its own: no object is stored within one.</summary>
    private async Task<(ImportBackupOutcome? Refused, long Number)> NumberAsync(
        ProjectId project,
        ImportOrder order,
        VolumeId volume,
        Manifest manifest,
        CancellationToken cancel
    )
    {
        await using var tx = await database.BeginAsync(cancel);
        if (await RefuseAsync(tx, project, order, volume, manifest, cancel) is { } refused)
        {
            return (refused, 0);
        }

        var number = await ReachAsync(tx, volume, await ReachAsync(tx, volume, manifest.Number, cancel) + 1, cancel);
        await tx.CommitAsync(cancel);
        return (null, number);
    }

    /// <param name="due">The bytes of a manifest that is yet to be put; null for one that is there.</param>
    /// <returns>Null when the row was made of a manifest that is due.</returns>
    private async Task<ImportBackupOutcome?> RecordAsync(
        ProjectId project,
        ImportOrder order,
        VolumeId volume,
        Manifest manifest,
        byte[]? due,
        CancellationToken cancel
    )
    {
        await using var tx = await database.BeginAsync(cancel);
        if (await RefuseAsync(tx, project, order, volume, manifest, cancel) is { } refused)
        {
            return refused;
        }

        var last = await ReachAsync(tx, volume, manifest.Number, cancel);
        var taken = await tx.FindAsync<long?>(TakenSql, new { volume = volume.ToString(), number = manifest.Number }, cancel) is not null;
        var number = taken ? await ReachAsync(tx, volume, last + 1, cancel) : manifest.Number;
        var added = await tx.ExecuteAsync(
            InsertSql,
            new
            {
                id = order.Id.ToString(),
                project = project.Value,
                volume = volume.ToString(),
                name = order.Name,
                description = order.Description,
                bytes = manifest.VolumeSize,
                parent = manifest.Parent?.ToString(),
                created = manifest.StartedAt.ToUnixTimeMilliseconds(),
                available = manifest.FinishedAt.ToUnixTimeMilliseconds(),
                now = clock.GetUtcNow().ToUnixTimeMilliseconds(),
                read = manifest.Figures.BytesRead,
                @new = manifest.Figures.BytesNew,
                stored = manifest.Figures.BytesStored,
                number,
                consistency = manifest.Consistency,
                metadata = VolumeJson.Write(order.Metadata),
                container = order.Container,
                type = order.VolumeType,
                zone = order.Zone,
                volumeMetadata = VolumeJson.Write(order.VolumeMetadata),
                root = manifest.Root,
                levels = manifest.Levels,
                status = due is null ? 2 : 3,
                kept = due is null ? (long?)null : (clock.GetUtcNow() + Unfinished).ToUnixTimeMilliseconds(),
                unsettled = due is null ? 0 : 1,
            },
            cancel
        );
        if (added == 0)
        {
            return new ImportBackupOutcome.AlreadyExists();
        }

        if (due is not null)
        {
            await ManifestDue.AddAsync(tx, order.Id, due, cancel);
        }

        await tx.CommitAsync(cancel);
        return due is null ? await FindMadeAsync(project, order.Id, cancel) : null;
    }

    private async Task<ImportBackupOutcome?> RefuseAsync(
        CatalogTransaction tx,
        ProjectId project,
        ImportOrder order,
        VolumeId volume,
        Manifest manifest,
        CancellationToken cancel
    )
    {
        if (await BackupStore.FindAsync(tx, order.Id, cancel) is not null)
        {
            return new ImportBackupOutcome.AlreadyExists();
        }

        if (await tx.FindAsync<long?>(DeletedSql, new { id = order.Id.ToString() }, cancel) is not null)
        {
            return new ImportBackupOutcome.Deleted();
        }

        return await quotas.FindBreachAsync(tx, project, volume, manifest.VolumeSize, QuotaRelief.None, cancel) is { } breach
            ? new ImportBackupOutcome.QuotaExceeded(breach)
            : null;
    }

    private static Task<long> ReachAsync(CatalogTransaction tx, VolumeId volume, long number, CancellationToken cancel) =>
        tx.FindAsync<long>(ReachSql, new { volume = volume.ToString(), number }, cancel);
}
