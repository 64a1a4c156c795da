using System.Text;
using Dapper;
using Holdfast.Control.Backups;
using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Control.Sessions;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Upkeep.Prune;

namespace Holdfast.Control.Upkeep;

/// <summary>
/// The ledger of a repository that this service owns: rows of the catalog. Whoever writes first renews the job's lease, so that a run that
/// was given up for dead changes nothing. See docs/format/prune.md and docs/concurrency-control-plane.md.
/// </summary>
/// <param name="held">The lease of the run's job; null for one that only looks.</param>
internal sealed class CatalogPruneLedger(CatalogDatabase database, JobStore jobs, JobLease? held, TimeSpan lease) : IPruneLedger
{
    /// <summary>Rows an INSERT of many: SQLite takes 32766 parameters.</summary>
    private const int RowsAStatement = 250;

    private const string EraSql = "SELECT era FROM repository";
    private const string RootsSql =
        "SELECT id AS Id, status AS Status, root AS Root, levels AS Levels, volume_id AS Volume, number AS Number FROM backup";
    private const string HeldSql = "SELECT job_id AS Job, root AS Root, levels AS Levels FROM session_root";
    private const string WritersSql = """
        SELECT s.job_id AS Job, j.volume_id AS Volume, s.epoch AS Epoch, s.began_at AS Began
        FROM session s LEFT JOIN job j ON j.id = s.job_id WHERE s.kind = 1
        """;
    private const string IndexSql = """
        SELECT i.id AS Id, CASE WHEN j.id IS NULL THEN 0 ELSE 1 END AS Unfinished
        FROM index_object i LEFT JOIN job j ON j.id = i.job_id AND j.state IN (1, 2)
        """;
    private const string FatesSql = "SELECT object AS Object, bytes AS Bytes, state AS State, reason AS Reason, epoch AS Epoch FROM fate";
    private const string RunsSql = "SELECT id FROM prune_run";
    private const string KeepRootSql = "UPDATE backup SET root = @root, levels = @levels WHERE id = @id AND root IS NULL";
    private const string RaiseSql = "UPDATE repository SET epoch = epoch + 1 RETURNING epoch";
    private const string BackSql = "DELETE FROM fate WHERE state = 1 AND object";
    private const string DeletingSql = "UPDATE fate SET state = 2 WHERE state = 1 AND object";
    private const string ForgetSql = "DELETE FROM fate WHERE state = 2 AND object";
    private const string RemoveIndexSql = "DELETE FROM index_object WHERE id";

    public Guid Run { get; } = Guid.CreateVersion7();

    public bool PutsMarks => true;

    public async Task<PruneView> ReadAsync(CancellationToken cancel)
    {
        await using var tx = await database.BeginReadingAsync(cancel);
        var backups = await tx.QueryAsync<BackupRoot>(RootsSql, null, cancel);
        var holds = await tx.QueryAsync<HeldRoot>(HeldSql, null, cancel);
        var index = await tx.QueryAsync<IndexRow>(IndexSql, null, cancel);
        var fates = await tx.QueryAsync<FateRow>(FatesSql, null, cancel);
        var writers = await tx.QueryAsync<WriterRow>(WritersSql, null, cancel);
        var runs = await tx.QueryAsync<string>(RunsSql, null, cancel);
        var era = await tx.FindAsync<long?>(EraSql, null, cancel);
        return new PruneView
        {
            Era =
                era
                ?? throw new HoldfastException(
                    FailureKind.Refused,
                    $"The catalog '{database.Name}' does not know which era of the repository it is of. Start the service once."
                ),
            Roots =
            [
                .. backups.Where(row => row.Root is not null).Select(row => row.ToRoot()),
                .. holds.Select(row => new PruneRoot(row.Root, row.Levels, PruneTurn.Held, $"job {row.Job}", "", 0)),
            ],
            Unrooted = backups
                .Where(row => row.Root is null)
                .ToDictionary(row => BackupId.Parse(row.Id, null), row => row.Status is BackupStatus.Available or BackupStatus.Removed),
            Backups = backups.Select(row => BackupId.Parse(row.Id, null)).ToHashSet(),
            Index = index.ToDictionary(row => Guid.ParseExact(row.Id, "N"), row => row.Unfinished != 0),
            Fates = [.. fates.Select(row => new PruneFate(row.Object, row.Bytes, row.State, row.Reason, row.Epoch))],
            Writers = [.. writers.Select(row => new PruneWriter(row.Job, row.Volume, row.Epoch, row.Began))],
            Runs = runs.Select(run => Guid.ParseExact(run, "N")).ToHashSet(),
        };
    }

    public Task KeepRootsAsync(IReadOnlyList<PruneRoot> roots, CancellationToken cancel) =>
        held is null
            ? Task.CompletedTask
            : WriteAsync(
                async tx =>
                {
                    foreach (var root in roots)
                    {
                        var parameters = new
                        {
                            id = root.Backup?.ToString(),
                            root = root.Root,
                            levels = root.Levels,
                        };
                        await tx.ExecuteAsync(KeepRootSql, parameters, cancel);
                    }
                },
                cancel
            );

    public Task CondemnAsync(IReadOnlyList<PruneFate> objects, CancellationToken cancel) =>
        WriteAsync(
            async tx =>
            {
                // Who begins waits for this row, and reads the fates behind it.
                var epoch = await tx.FindAsync<long>(RaiseSql, null, cancel);
                foreach (var rows in objects.Chunk(RowsAStatement))
                {
                    await InsertAsync(tx, rows, epoch, cancel);
                }
            },
            cancel
        );

    public Task DecideAsync(IReadOnlyList<string> back, IReadOnlyList<string> dead, CancellationToken cancel) =>
        WriteAsync(
            async tx =>
            {
                await ForEachAsync(tx, BackSql, back, cancel);
                await ForEachAsync(tx, DeletingSql, dead, cancel);
            },
            cancel
        );

    public Task RegisterAsync(IReadOnlyList<PruneIndex> added, IReadOnlyList<Guid> removed, CancellationToken cancel) =>
        WriteAsync(
            async tx =>
            {
                foreach (var index in added)
                {
                    await SessionStore.RegisterAsync(tx, index.Id, index.Items, index.Bytes, job: null, cancel);
                }

                await ForEachAsync(tx, RemoveIndexSql, [.. removed.Select(id => id.ToString("N"))], cancel);
            },
            cancel
        );

    public Task ForgetAsync(IReadOnlyList<string> objects, CancellationToken cancel) =>
        WriteAsync(tx => ForEachAsync(tx, ForgetSql, objects, cancel), cancel);

    /// <summary>Keeps nobody out: sessions and epochs do.</summary>
    public Task<IAsyncDisposable> HoldAsync(bool alone, CancellationToken cancel) =>
        Task.FromResult<IAsyncDisposable>(NothingHeld.Instance);

    private static Task ForEachAsync(CatalogTransaction tx, string sql, IReadOnlyList<string> objects, CancellationToken cancel) =>
        objects.Count == 0
            ? Task.CompletedTask
            : tx.ExecuteAsync($"{sql} {tx.Dialect.IsIn("@objects")}", new { objects = SqlDialect.Ids(objects) }, cancel);

    private async Task InsertAsync(CatalogTransaction tx, PruneFate[] rows, long epoch, CancellationToken cancel)
    {
        var sql = new StringBuilder("INSERT INTO fate (object, bytes, state, reason, epoch, run_id) VALUES ");
        var parameters = new DynamicParameters(new { epoch, run = Run.ToString("N") });
        for (var i = 0; i < rows.Length; i++)
        {
            sql.Append(i == 0 ? "" : ", ").Append($"(@o{i}, @b{i}, 1, @r{i}, @epoch, @run)");
            parameters.Add($"o{i}", rows[i].Key);
            parameters.Add($"b{i}", rows[i].Bytes);
            parameters.Add($"r{i}", (int)rows[i].Reason);
        }

        await tx.ExecuteAsync(sql.Append(" ON CONFLICT (object) DO NOTHING").ToString(), parameters, cancel);
    }

    private async Task WriteAsync(Func<CatalogTransaction, Task> write, CancellationToken cancel)
    {
        await using var tx = (held is null ? null : await jobs.BeginHeldAsync(held, lease, cancel)) ?? throw new JobLeaseLostException();
        await write(tx);
        await tx.CommitAsync(cancel);
    }

    private sealed record BackupRoot
    {
        public required string Id { get; init; }

        public required BackupStatus Status { get; init; }

        public string? Root { get; init; }

        public int? Levels { get; init; }

        public required string Volume { get; init; }

        public required long Number { get; init; }

        public PruneRoot ToRoot() =>
            new(
                Root ?? "",
                Levels ?? 0,
                Status == BackupStatus.Removed ? PruneTurn.Kept : PruneTurn.Available,
                $"backup {Id}",
                Volume,
                Number,
                BackupId.Parse(Id, null)
            );
    }

    private sealed record HeldRoot
    {
        public required string Job { get; init; }

        public required string Root { get; init; }

        public required int Levels { get; init; }
    }

    private sealed record IndexRow
    {
        public required string Id { get; init; }

        public required int Unfinished { get; init; }
    }

    private sealed record WriterRow
    {
        public required string Job { get; init; }

        public string? Volume { get; init; }

        public required long Epoch { get; init; }

        public required DateTimeOffset Began { get; init; }
    }

    private sealed record FateRow
    {
        public required string Object { get; init; }

        public required long Bytes { get; init; }

        public required FateState State { get; init; }

        public required FateReason Reason { get; init; }

        public required long Epoch { get; init; }
    }

    private sealed class NothingHeld : IAsyncDisposable
    {
        public static readonly NothingHeld Instance = new();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
