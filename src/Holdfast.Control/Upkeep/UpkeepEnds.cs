using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Engine.Basics;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Upkeep;

/// <param name="Succeeded">A check that found damage did not.</param>
public sealed record UpkeepEnd(JobKind Kind, bool Succeeded, DateTimeOffset EndedAt);

/// <summary>How the last ended job of each kind of the service's own upkeep ended; kinds that never ran are not there.</summary>
public sealed class UpkeepEnds(CatalogDatabase database, IOptions<SecondCopyOptions> second, TimeProvider clock)
{
    private const string EndedSql = "SELECT e.id FROM job e WHERE e.kind = k.kind AND e.state IN (3, 4)";
    private const string LastFirst = "ORDER BY e.created_at DESC, e.id DESC LIMIT 1";

    // One of a time that lies ahead, from when a clock was, is the last only where there is no other: it would be so until that time comes.
    private const string LastSql = $"""
        SELECT j.kind AS Kind, j.state AS State, j.finished_at AS EndedAt
        FROM (SELECT 4 AS kind UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8) k
        JOIN job j ON j.id = coalesce(({EndedSql} AND e.created_at <= @latest {LastFirst}), ({EndedSql} {LastFirst}))
        """;

    /// <summary>Those that failed, as far as somebody is to do something about it. A drill's failure is its volume's; nobody misses a
    /// second copy that is not wanted any more.</summary>
    /// <exception cref="HoldfastException">The catalog cannot be reached, or is none.</exception>
    public async Task<IReadOnlyList<UpkeepEnd>> ListFailedAsync(CancellationToken cancel)
    {
        await using var tx = await database.BeginReadingAsync(cancel);
        return
        [
            .. from end in await ListAsync(tx, clock.GetUtcNow(), cancel)
            where !end.Succeeded && end.Kind != JobKind.Drill && (end.Kind != JobKind.Copy || second.Value.Place is not null)
            select end,
        ];
    }

    internal static async Task<IReadOnlyList<UpkeepEnd>> ListAsync(CatalogTransaction tx, DateTimeOffset now, CancellationToken cancel)
    {
        var latest = (now + ClockUpkeep.Tolerance).ToUnixTimeMilliseconds();
        return
        [
            .. from row in await tx.QueryAsync<Row>(LastSql, new { latest }, cancel)
            orderby row.Kind
            select new UpkeepEnd((JobKind)row.Kind, row.State == (int)JobState.Succeeded, row.EndedAt),
        ];
    }

    private sealed class Row
    {
        public int Kind { get; set; }

        public int State { get; set; }

        public DateTimeOffset EndedAt { get; set; }
    }
}
