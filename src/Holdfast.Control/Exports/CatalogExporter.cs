using System.Data.Common;
using System.Security.Cryptography;
using Holdfast.Control.Audit;
using Holdfast.Control.Catalog;
using Holdfast.Engine;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Exports;
using Microsoft.Extensions.Logging;

namespace Holdfast.Control.Exports;

/// <summary>
/// Writes the catalog to the repository, so that a repository and a key are enough to make a service again. What is read is of one moment;
/// nothing is stored before all of it was read. Its sealed parts wait in memory meanwhile, about an eighth of what the rows take.
/// </summary>
public sealed class CatalogExporter(CatalogDatabase database, Repository repository, TimeProvider clock, ILogger<CatalogExporter> log)
{
    /// <summary>How long the end of a service waits for its last export.</summary>
    private static readonly TimeSpan PatienceAtEnd = TimeSpan.FromSeconds(20);

    private readonly ExportCount _count = new(database);

    private const string EraSql = "SELECT era FROM repository WHERE one = 1";

    /// <summary>The export that shows that the catalog is an older copy, as far as was seen; else null.</summary>
    public string? Foreign => _count.Foreign;

    /// <summary>Makes an export. Done twice, there are two.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Refused"/> where the catalog is an older copy; what the catalog and <see
    /// cref="CatalogExports.PutAsync"/> throw.</exception>
    public async Task<CatalogExportHead> RunAsync(CancellationToken cancel, IProgress<CatalogProgress>? progress = null)
    {
        var newest = await FindNewestNameAsync(cancel);
        var (draft, parts) = await ReadAsync(await ReadHeadAsync(newest, cancel), progress, cancel);
        var number = await _count.BeginAsync(newest, cancel);
        var head = await repository.Exports.PutAsync(draft with { Number = number }, parts, cancel);
        ExportLog.Exported(log, head.Name.ToString(), head.Parts.Count, head.Parts.Sum(part => part.Bytes));
        if (head.Audit is { } audit)
        {
            AuditMessages.Head(log, audit.Number, audit.Hash);
        }

        return head;
    }

    /// <summary>Whether somebody has set something since the newest export was made.</summary>
    /// <exception cref="HoldfastException">As of <see cref="RunAsync"/>.</exception>
    public async Task<bool> IsDueAsync(CancellationToken cancel)
    {
        var newest = await FindOwnNewestAsync(cancel);
        await using var tx = await database.BeginReadingAsync(cancel);
        return newest is null || newest.Settings != await SettingsOfAsync(tx, cancel);
    }

    /// <summary>The last event of the audit log as the newest export has it; null where none tells.</summary>
    /// <exception cref="HoldfastException">The repository cannot be read.</exception>
    public async Task<AuditHead?> FindAuditAsync(CancellationToken cancel) =>
        await ReadHeadAsync(await FindNewestNameAsync(cancel), cancel) is { Audit: { } audit }
            ? new AuditHead(audit.Number, audit.Hash)
            : null;

    /// <summary>Before the service ends: makes an export if anything has happened since the last. Trouble is told to the log only, since
    /// nothing keeps a service from ending.</summary>
    public async Task RunAtEndAsync()
    {
        using var limit = new CancellationTokenSource(PatienceAtEnd, clock);
        try
        {
            if (await IsOutdatedAsync(limit.Token))
            {
                await RunAsync(limit.Token);
            }
        }
        catch (Exception e)
        {
            ExportLog.NotExportedAtEnd(log, e);
        }
    }

    private async Task<bool> IsOutdatedAsync(CancellationToken cancel)
    {
        var newest = await FindOwnNewestAsync(cancel);
        await using var tx = await database.BeginReadingAsync(cancel);
        return newest is null
            || newest.Settings != await SettingsOfAsync(tx, cancel)
            || newest.History != await HistoryOfAsync(tx, cancel);
    }

    /// <summary>The newest export of this catalog, or null where there is none that can be read.</summary>
    /// <exception cref="HoldfastException">As of <see cref="RunAsync"/>.</exception>
    private async Task<CatalogExportHead?> FindOwnNewestAsync(CancellationToken cancel)
    {
        var newest = await FindNewestNameAsync(cancel);
        await _count.ThrowIfOlderAsync(newest, cancel);
        return await ReadHeadAsync(newest, cancel);
    }

    /// <summary>Null where there is none, or it cannot be read.</summary>
    private async Task<CatalogExportHead?> ReadHeadAsync(CatalogExportName? newest, CancellationToken cancel)
    {
        if (newest is not { } name)
        {
            return null;
        }

        try
        {
            return await repository.Exports.ReadHeadAsync(name, cancel);
        }
        catch (HoldfastException e)
            when (e.Kind is FailureKind.Corrupted or FailureKind.UnsupportedVersion or FailureKind.NotFound)
        {
            ExportLog.NewestUnreadable(log, e, name.ToString());
            return null;
        }
    }

    /// <summary>The newest export of this era, whoever made it.</summary>
    private async Task<CatalogExportName?> FindNewestNameAsync(CancellationToken cancel) =>
        await repository.Exports.ListAsync(cancel) is [var newest, ..] && newest.Era == repository.Era ? newest : null;

    private async Task<(CatalogExportHead Draft, IReadOnlyList<SealedExportPart> Parts)> ReadAsync(
        CatalogExportHead? before,
        IProgress<CatalogProgress>? progress,
        CancellationToken cancel
    )
    {
        var rows = 0L;
        var parts = new List<SealedExportPart>();
        using var writer = new ExportWriter(part => parts.Add(repository.Exports.Seal(part.Span)));
        await using var tx = await database.BeginReadingAsync(cancel);

        // A transaction's moment is that of its first statement.
        await ThrowIfOfAnotherEraAsync(tx, cancel);
        var settings = await SettingsOfAsync(tx, cancel);
        var takenAt = clock.GetUtcNow();
        foreach (var table in ExportTables.All)
        {
            writer.Begin(table.Name, table.Columns);
            await ReadAsync(tx, table.Sql, Write, cancel);
        }

        writer.End();
        var audit = await AuditToTellAsync(tx, before, cancel);
        return (
            new CatalogExportHead
            {
                Repository = "",
                Era = 0,
                Number = 0,
                Parts = [],
                Catalog = CatalogMigrator.Version,
                TakenAt = takenAt,
                Settings = settings,
                History = await HistoryOfAsync(tx, cancel),
                Audit = audit,
            },
            parts
        );

        void Write(DbDataReader row)
        {
            writer.Write(row);
            if (++rows % CatalogProgress.Step == 0)
            {
                progress?.Report(new CatalogProgress("rows", rows, Total: null));
            }
        }
    }

    /// <summary>The last event of the audit log. Where the log does not hold the one that the export before tells of, that one again: else
    /// a log that was cut short, or written anew, would be as sound as any from the next export on.</summary>
    private async Task<CatalogExportAudit?> AuditToTellAsync(CatalogTransaction tx, CatalogExportHead? before, CancellationToken cancel)
    {
        if (before?.Audit is { } told && !await AuditStore.HoldsAsync(tx, new AuditHead(told.Number, told.Hash), cancel))
        {
            AuditMessages.NotHeld(log, told.Number, before.Name.ToString());
            return told;
        }

        return await AuditStore.FindHeadAsync(tx, cancel) is { } last ? new CatalogExportAudit(last.Number, last.Hash) : null;
    }

    /// <summary>What an older copy of the catalog says must not become the newest export.</summary>
    private async Task ThrowIfOfAnotherEraAsync(CatalogTransaction tx, CancellationToken cancel)
    {
        if (await tx.FindAsync<long?>(EraSql, null, cancel) is var era && era != repository.Era)
        {
            throw new HoldfastException(
                FailureKind.Refused,
                era is null
                    ? $"The catalog '{database.Name}' is not in use: there is nothing to export. Name that of the service."
                    : $"The catalog '{database.Name}' is of era {era} of the repository, which is in era {repository.Era}: another "
                        + "catalog was made for it since. Name that one."
            );
        }
    }

    private static async Task<string> SettingsOfAsync(CatalogTransaction tx, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var writer = new ExportWriter(part => hash.AppendData(part.Span));
        foreach (var table in ExportTables.All.Where(table => table.Settings.Count > 0))
        {
            writer.Begin(table.Name, table.Settings);
            await ReadAsync(tx, table.SettingsSql, writer.Write, cancel);
        }

        writer.End();
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static async Task<string> HistoryOfAsync(CatalogTransaction tx, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var writer = new ExportWriter(part => hash.AppendData(part.Span));
        foreach (var sql in ExportTables.HistorySql)
        {
            writer.Begin(sql, []);
            await ReadAsync(tx, sql, writer.Write, cancel);
        }

        writer.End();
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Row by row: a history may have millions.</summary>
    private static async Task ReadAsync(CatalogTransaction tx, string sql, Action<DbDataReader> row, CancellationToken cancel)
    {
        await using var command = tx.Connection.CreateCommand();
        command.Transaction = tx.Transaction;
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            row(reader);
        }
    }
}
