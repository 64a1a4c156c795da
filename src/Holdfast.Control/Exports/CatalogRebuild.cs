using Holdfast.Control.Catalog;
using Holdfast.Engine;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Exports;
using Holdfast.Engine.Manifests;

namespace Holdfast.Control.Exports;

/// <summary>What a catalog was made of, and what was found on the way.</summary>
public sealed record RebuildReport
{
    /// <summary>The repository's new era.</summary>
    public required long Era { get; init; }

    /// <summary>The export that was used, or null where there was none that could be read.</summary>
    public CatalogExportHead? Export { get; init; }

    /// <summary>Backups that can be restored.</summary>
    public required long Backups { get; init; }

    /// <summary>Of these, such as the export did not have.</summary>
    public required long Added { get; init; }

    public required long Policies { get; init; }

    public required long Volumes { get; init; }

    public required long Tasks { get; init; }

    /// <summary>What the export tells of and the repository does not hold any more.</summary>
    public required IReadOnlyList<LostBackup> Lost { get; init; }

    /// <summary>What could not be read, a sentence each.</summary>
    public required IReadOnlyList<string> Damaged { get; init; }
}

/// <summary>
/// Makes a catalog from a repository alone: of its newest export, and of the manifests, which say what was backed up since. The catalog is
/// filled by one transaction, the last step of all; whoever is killed before begins again. Spec: docs/format/catalog-export.md, section 4.
/// </summary>
public sealed class CatalogRebuild(CatalogDatabase database, TimeProvider clock)
{
    private const string UsedSql =
        "SELECT (SELECT count(*) FROM service) + (SELECT count(*) FROM account) + (SELECT count(*) FROM project) "
        + "+ (SELECT count(*) FROM backup) + (SELECT count(*) FROM repository)";
    private const string OwnerSql =
        "INSERT INTO service_owner (one, owner) VALUES (1, @owner) ON CONFLICT (one) DO UPDATE SET owner = excluded.owner";
    private const string EraSql = "INSERT INTO repository (one, era, epoch) VALUES (1, @era, 1)";
    private const string ServiceSql = "INSERT INTO service (one, repository_id, initialised_at) VALUES (1, @repository, @now)";
    private const string CountSql = """
        SELECT (SELECT count(*) FROM backup WHERE status = 2) AS Backups, (SELECT count(*) FROM policy) AS Policies,
          (SELECT count(*) FROM volume) AS Volumes, (SELECT count(*) FROM task) AS Tasks
        """;

    private readonly List<string> _damaged = [];
    private long _rows;

    /// <summary>Makes the catalog; the repository is this catalog's from then on, and no other's.</summary>
    /// <param name="open">Opens the repository. Called twice: what is open is of the era that it was opened in.</param>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Refused"/> before anything is changed, when the catalog is in use; <see
    /// cref="FailureKind.UnsupportedVersion"/>, likewise, when the newest export is of a newer version; what the repository
    /// throws.</exception>
    public async Task<RebuildReport> RunAsync(
        Func<CancellationToken, Task<Repository>> open,
        IProgress<CatalogProgress>? progress,
        CancellationToken cancel
    )
    {
        await ThrowIfUsedAsync(await database.ReadFirstAsync<long>(UsedSql, null, cancel));
        var owner = $"service {Guid.CreateVersion7(clock.GetUtcNow()):N}";
        CatalogExport? export;
        await using (var old = await open(cancel))
        {
            export = await FindExportAsync(old, cancel);
            await old.BeginEraAsync(owner, cancel);
        }

        await using var repository = await open(cancel);
        var found = await ReadAsync(repository, progress, cancel);
        await repository.PutRollAsync(found.Manifests.Keys.Concat(found.Unreadable.Keys), cancel);
        return await FillAsync(repository, owner, export, found, progress, cancel);
    }

    private Task ThrowIfUsedAsync(long rows) =>
        rows == 0
            ? Task.CompletedTask
            : throw new HoldfastException(
                FailureKind.Refused,
                $"The catalog '{database.Name}' is in use. Start the service with it; or, if it is to be given up, name another data "
                    + "folder with --data, or an empty database."
            );

    /// <summary>The newest export that can be read. Those before it that cannot be are told.</summary>
    private async Task<CatalogExport?> FindExportAsync(Repository repository, CancellationToken cancel)
    {
        foreach (var name in await repository.Exports.ListAsync(cancel))
        {
            try
            {
                var export = await repository.Exports.ReadAsync(name, cancel);
                ExportImport.ThrowIfNewer(export.Head);

                // Nothing is to be found out of it in the middle of a transaction.
                _rows = ExportReader.RowsOf(export).Count();
                return export;
            }
            catch (HoldfastException e) when (e.Kind is FailureKind.Corrupted or FailureKind.NotFound)
            {
                _damaged.Add($"The catalog's export {name} cannot be read, and the one before it is used: {e.Message}");
            }
        }

        return null;
    }

    /// <summary>Manifests first: an index object is older than the manifest that needs it.</summary>
    private async Task<Found> ReadAsync(Repository repository, IProgress<CatalogProgress>? progress, CancellationToken cancel)
    {
        var manifests = new Dictionary<BackupId, Manifest>();
        var unreadable = new Dictionary<BackupId, string>();
        await foreach (var manifest in repository.ListAsync(cancel, (id, why) => unreadable[id] = why.Message))
        {
            manifests[manifest.Id] = manifest;
            progress?.Report(new CatalogProgress("backups read", manifests.Count, Total: null));
        }

        _damaged.AddRange(unreadable.Select(one => $"Backup {one.Key} cannot be read: {one.Value}"));
        var index = new List<(Guid Id, long Items, long Bytes)>();
        var stored = await repository.IndexObjects.ListAsync(cancel);
        var announced = await repository.IndexObjects.ReadAnnouncedAsync(
            (mark, why) => _damaged.Add($"What a run of prune said it would delete cannot be read: {why.Message}"),
            cancel
        );
        foreach (var (id, bytes) in stored)
        {
            // One that an old run of prune may yet delete does not count; what it says does.
            index.Add(
                announced.ContainsKey($"index/{id:N}")
                    ? await repository.IndexObjects.CopyIndexObjectAsync(id, cancel)
                    : (id, Items: 0, Bytes: bytes)
            );
            progress?.Report(new CatalogProgress("index objects seen", index.Count, stored.Count));
        }

        var addresses = new Dictionary<string, string?>();
        var backups = manifests
            .Values.OrderBy(manifest => manifest.Volume, StringComparer.Ordinal)
            .ThenBy(manifest => manifest.Number)
            .ThenBy(manifest => manifest.Id.ToString(), StringComparer.Ordinal)
            .Select(manifest => RebuiltBackup.Of(manifest, addresses))
            .ToList();
        return new Found(manifests, unreadable, backups, index, announced);
    }

    private async Task<RebuildReport> FillAsync(
        Repository repository,
        string owner,
        CatalogExport? export,
        Found found,
        IProgress<CatalogProgress>? progress,
        CancellationToken cancel
    )
    {
        await using var tx = await database.BeginAsync(cancel);
        await tx.TakeTurnAsync(CatalogTurn.FirstStart, cancel);
        await ThrowIfUsedAsync(await tx.FindAsync<long>(UsedSql, null, cancel));
        if (export is not null)
        {
            await ExportImport.RunAsync(tx, export, _rows, progress, cancel);
        }

        var settling = new RebuildSettling(tx, clock.GetUtcNow());
        var (known, lost) = await settling.SettleBackupsAsync(found.Manifests, found.Unreadable, cancel);
        var added = found.Backups.Where(backup => !known.Contains(backup.Manifest.Id.ToString())).ToList();
        await new RebuiltRows(tx, clock).AddAsync(added, cancel);
        await settling.EndOpenAsync(cancel);
        await PutRepositoryAsync(tx, repository, owner, found, isFirstStartDone: export is not null, cancel);
        var counts = await tx.FindAsync<Counts>(CountSql, null, cancel) ?? new Counts();
        await tx.CommitAsync(cancel);
        return new RebuildReport
        {
            Era = repository.Era,
            Export = export?.Head,
            Backups = counts.Backups,
            Added = added.Count,
            Policies = counts.Policies,
            Volumes = counts.Volumes,
            Tasks = counts.Tasks,
            Lost = lost,
            Damaged = _damaged,
        };
    }

    /// <summary>Makes the catalog the repository's account.</summary>
    /// <param name="isFirstStartDone">Whether users came over; else the next start makes the first one.</param>
    private async Task PutRepositoryAsync(
        CatalogTransaction tx,
        Repository repository,
        string owner,
        Found found,
        bool isFirstStartDone,
        CancellationToken cancel
    )
    {
        await tx.ExecuteAsync(OwnerSql, new { owner }, cancel);
        await tx.ExecuteAsync(EraSql, new { era = repository.Era }, cancel);
        if (isFirstStartDone)
        {
            var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
            await tx.ExecuteAsync(ServiceSql, new { repository = repository.Id, now }, cancel);
        }

        await using var index = new RowInserter(tx, "index_object", ["id", "items", "bytes"]);
        foreach (var (id, items, bytes) in found.Index)
        {
            await index.AddAsync([id.ToString("N"), items, bytes], cancel);
        }

        await index.EndAsync(cancel);

        // Condemned, so that no writer counts on them: a run that began under the old catalog may still take them.
        await using var fates = new RowInserter(tx, "fate", ["object", "bytes", "state", "reason", "epoch", "run_id"]);
        foreach (var (key, announced) in found.Announced.Where(one => !one.Key.StartsWith("index/", StringComparison.Ordinal)))
        {
            await fates.AddAsync([key, announced.Bytes, 1, 1, 1L, announced.Run], cancel);
        }

        await fates.EndAsync(cancel);
    }

    /// <param name="Manifests">Those that count.</param>
    /// <param name="Unreadable">Those that are there and cannot be read, with what is wrong.</param>
    /// <param name="Backups">The same as <paramref name="Manifests"/>, in the order of volumes and numbers.</param>
    private sealed record Found(
        IReadOnlyDictionary<BackupId, Manifest> Manifests,
        IReadOnlyDictionary<BackupId, string> Unreadable,
        IReadOnlyList<RebuiltBackup> Backups,
        IReadOnlyList<(Guid Id, long Items, long Bytes)> Index,
        IReadOnlyDictionary<string, AnnouncedObject> Announced
    );

    private sealed class Counts
    {
        public long Backups { get; set; }

        public long Policies { get; set; }

        public long Volumes { get; set; }

        public long Tasks { get; set; }
    }
}
