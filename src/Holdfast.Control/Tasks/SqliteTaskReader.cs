using System.Collections.Concurrent;
using Holdfast.Control.Catalog;
using Microsoft.Data.Sqlite;

namespace Holdfast.Control.Tasks;

/// <summary>A small pool of connections that only read tasks, each with its statements prepared for as long as it lives.</summary>
internal sealed class SqliteTaskReader(CatalogDatabase database) : ITaskReader
{
    /// <summary>A reader works without waiting for anything, so more than a few a core never run at once.</summary>
    private static readonly int MostKept = Environment.ProcessorCount * 4;

    private readonly ConcurrentBag<SqliteTaskSession> _idle = [];
    private volatile bool _disposed;

    public async ValueTask<TaskQueryOutcome> QueryAsync(TaskQuery query, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (!_idle.TryTake(out var session))
        {
            session = new SqliteTaskSession(await OpenAsync(cancel));
        }

        try
        {
            return session.Query(query);
        }
        finally
        {
            GiveBack(session);
        }
    }

    public ValueTask DisposeAsync()
    {
        _disposed = true;
        while (_idle.TryTake(out var session))
        {
            session.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private void GiveBack(SqliteTaskSession session)
    {
        if (_disposed || session.IsBroken || _idle.Count >= MostKept)
        {
            session.Dispose();
        }
        else
        {
            _idle.Add(session);
        }
    }

    /// <summary>Its own connection, outside the driver's pool, because it is set to refuse writing.</summary>
    private async Task<SqliteConnection> OpenAsync(CancellationToken cancel)
    {
        await using var pooled = await database.OpenAsync(cancel);
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder(pooled.ConnectionString) { Pooling = false, Mode = SqliteOpenMode.ReadWrite }.ToString()
        );
        try
        {
            await connection.OpenAsync(cancel);
            await using var pragma = connection.CreateCommand();
            pragma.CommandText =
                "PRAGMA query_only = 1; PRAGMA busy_timeout = 10000; PRAGMA cache_size = -8192; PRAGMA mmap_size = 1073741824;";
            await pragma.ExecuteNonQueryAsync(cancel);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
