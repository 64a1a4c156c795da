using System.Data.Common;
using System.Globalization;
using Dapper;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Catalog;

/// <summary>Tells whether something was written to the catalog: where a mark is the same twice, nothing was committed between, by whatever
/// process. Costs a fraction of a millisecond. The opposite does not hold: on PostgreSQL a mark changes with whatever is written to any
/// database of that server. To be asked by one at a time.</summary>
public sealed class CatalogMarks(CatalogDatabase database) : IAsyncDisposable
{
    /// <summary>What SQLite counts are the commits of others than the connection that asks. So one is kept for this alone; it never
    /// writes.</summary>
    private DbConnection? _kept;

    private long _connections;

    /// <exception cref="HoldfastException">The catalog cannot be reached, or is none.</exception>
    /// <exception cref="DbException">It does not answer.</exception>
    public async Task<string> ReadAsync(CancellationToken cancel)
    {
        if (database.Dialect == SqlDialect.Postgres)
        {
            // Which transactions are seen, and which are not.
            return await database.ReadFirstAsync<string>("SELECT CAST(pg_current_snapshot() AS text)", null, cancel) ?? "";
        }

        if (_kept is null)
        {
            _kept = await database.OpenAsync(cancel);
            _connections++;
        }

        try
        {
            var commits = await _kept.QuerySingleAsync<long>(new CommandDefinition("PRAGMA data_version", cancellationToken: cancel));
            return string.Create(CultureInfo.InvariantCulture, $"{_connections}:{commits}");
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _kept, null) is { } kept)
        {
            await kept.DisposeAsync();
        }
    }
}
