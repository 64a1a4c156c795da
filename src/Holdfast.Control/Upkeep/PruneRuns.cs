using Holdfast.Control.Audit;
using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Control.Sessions;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Upkeep.Prune;

namespace Holdfast.Control.Upkeep;

/// <summary>A run that came to its end, and what it found and did.</summary>
public sealed record PruneEnd(DateTimeOffset EndedAt, PruneFigures Figures);

/// <summary>The runs of prune, kept for ever: one row a run, and what came of it.</summary>
public sealed class PruneRuns(CatalogDatabase database, TimeProvider clock)
{
    private const string BeginSql = "INSERT INTO prune_run (id, era, began_at, figures) SELECT @run, era, @now, '{}' FROM repository";
    private const string EndSql = "UPDATE prune_run SET ended_at = @now, figures = @figures WHERE id = @run";

    /// <summary>One that ended while a clock was ahead is the last only where there is no other.</summary>
    private const string LastSql = """
        SELECT ended_at AS EndedAt, figures AS Figures FROM prune_run WHERE ended_at IS NOT NULL
        ORDER BY CASE WHEN ended_at > @latest THEN 1 ELSE 0 END, ended_at DESC, id DESC LIMIT 1
        """;

    /// <summary>The last run that came to its end, or null.</summary>
    public async Task<PruneEnd?> FindLastAsync(CancellationToken cancel)
    {
        await using var tx = await database.BeginReadingAsync(cancel);
        return await FindLastAsync(tx, clock.GetUtcNow(), cancel);
    }

    internal static async Task<PruneEnd?> FindLastAsync(CatalogTransaction tx, DateTimeOffset now, CancellationToken cancel) =>
        await tx.FindAsync<Row>(LastSql, new { latest = (now + ClockUpkeep.Tolerance).ToUnixTimeMilliseconds() }, cancel) is { } row
        && PruneFigures.FromJson(row.Figures) is { } figures
            ? new PruneEnd(row.EndedAt, figures)
            : null;

    /// <summary>Begins a run: from now on it is the only one.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Busy"/> when another is at work.</exception>
    internal async Task BeginAsync(Guid run, JobStore jobs, JobLease held, TimeSpan lease, CancellationToken cancel)
    {
        await using var tx = await jobs.BeginHeldAsync(held, lease, cancel) ?? throw new JobLeaseLostException();
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        if (!await SessionStore.BeginPruneAsync(tx, held.Job, now, cancel))
        {
            throw new HoldfastException(FailureKind.Busy, "Another prune of this repository has not ended. This one is tried again.");
        }

        await tx.ExecuteAsync(BeginSql, new { run = run.ToString("N"), now }, cancel);
        var told = AuditEvent.OfService("prune.begin", project: null, $"run={run:N} job={held.Job}");
        await AuditStore.AddAsync(tx, told, clock.GetUtcNow(), cancel);
        await tx.CommitAsync(cancel);
    }

    /// <summary>Writes down what a run did, in the transaction that ends its job.</summary>
    internal async Task EndAsync(CatalogTransaction tx, Guid run, PruneFigures figures, CancellationToken cancel)
    {
        await tx.ExecuteAsync(
            EndSql,
            new
            {
                run = run.ToString("N"),
                figures = figures.ToJson(),
                now = clock.GetUtcNow().ToUnixTimeMilliseconds(),
            },
            cancel
        );
        var freed = $"Freed {figures.BytesFreed} bytes: {figures.PacksDeleted} packs deleted, {figures.PacksRewritten} rewritten.";
        await AuditStore.AddAsync(
            tx,
            AuditEvent.OfService("prune.end", project: null, $"run={run:N}", freed),
            clock.GetUtcNow(),
            cancel
        );
    }

    private sealed record Row
    {
        public required DateTimeOffset EndedAt { get; init; }

        public required string Figures { get; init; }
    }
}
