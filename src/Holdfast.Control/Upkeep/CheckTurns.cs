using Holdfast.Control.Catalog;

namespace Holdfast.Control.Upkeep;

/// <summary>Which share of the packs is read next. The catalog remembers it: a clock that goes wrong leaves none out.</summary>
internal sealed class CheckTurns(CatalogDatabase database)
{
    private const string NextSql = "SELECT turn FROM check_turn";
    private const string DoneSql =
        "INSERT INTO check_turn (one, turn) VALUES (1, @next) ON CONFLICT (one) DO UPDATE SET turn = @next WHERE check_turn.turn < @next";

    public async Task<long> NextAsync(CancellationToken cancel) => await database.ReadFirstAsync<long?>(NextSql, null, cancel) ?? 0;

    /// <summary>The share of a turn was read. One that came late moves nothing back.</summary>
    public static Task DoneAsync(CatalogTransaction tx, long turn, CancellationToken cancel) =>
        tx.ExecuteAsync(DoneSql, new { next = turn + 1 }, cancel);
}
