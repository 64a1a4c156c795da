using Holdfast.Control.Catalog;
using Holdfast.Control.Quotas;
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
    private const string DeletedSql = "SELECT 1 FROM backup WHERE id = @id AND status = 3";
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
          root, levels)
        VALUES (@id, @project, @volume, @name, @description, 2, @bytes, @parent, @created, @now, @available, @read, @new, @stored, @number,
          @consistency, @metadata, @container, @type, @zone, @volumeMetadata, @root, @levels)
        ON CONFLICT (id) DO NOTHING
        """;

    /// <summary>Nothing is recorded but what the manifest says exists. A crash leaves at most a manifest that no catalog knows; the same
    /// order finds it again.</summary>
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
            var (refused, number) = await NumberAsync(project, order, volume, manifest, cancel);
            if (refused is not null)
            {
                return refused;
            }

            try
            {
                if (await repository.CopyAsync(order.Manifest, order.Id, number, cancel) is not { } copy)
                {
                    return new ImportBackupOutcome.NoSuchManifest();
                }

                manifest = copy;
            }
            catch (HoldfastException e) when (e.Kind == FailureKind.AlreadyExists)
            {
                return new ImportBackupOutcome.AlreadyExists();
            }
        }

        var outcome = await RecordAsync(project, order, volume, manifest, cancel);

        // The bytes stay for as long as the restore point does that they were found by, or from the row on. Where it went between, they may
        // have gone with it.
        if (outcome is ImportBackupOutcome.Imported && await repository.FindAsync(order.Manifest, cancel) is null)
        {
            await UndoAsync(order.Id, cancel);
            return new ImportBackupOutcome.NoSuchManifest();
        }

        return outcome;
    }

    private async Task UndoAsync(BackupId id, CancellationToken cancel)
    {
        await repository.RemoveAsync(id, cancel);
        await using var tx = await database.BeginAsync(cancel);
        await tx.ExecuteAsync(UndoSql, new { id = id.ToString() }, cancel);
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

    private async Task<ImportBackupOutcome> RecordAsync(
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
            },
            cancel
        );
        if (added == 0)
        {
            return new ImportBackupOutcome.AlreadyExists();
        }

        await tx.CommitAsync(cancel);
        return await backups.FindAsync(project, order.Id, cancel) is { } backup
            ? new ImportBackupOutcome.Imported(backup)
            : throw new InvalidOperationException($"Backup {order.Id} was deleted in the moment that it was imported.");
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
