using System.Data.Common;
using Holdfast.Engine;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Holdfast.Control.Catalog;

/// <summary>The relational store of all but the bytes: SQLite in a file, or PostgreSQL.</summary>
public sealed class CatalogDatabase : IAsyncDisposable
{
    private readonly Func<CancellationToken, ValueTask<DbConnection>> _open;
    private readonly IAsyncDisposable? _source;

    /// <summary>SQLite has one writer; waiting here is fair and costs nothing, where waiting on the file's lock polls.</summary>
    private readonly SemaphoreSlim? _writer;

    private CatalogDatabase(SqlDialect dialect, string name, Func<CancellationToken, ValueTask<DbConnection>> open, IAsyncDisposable? source)
    {
        Dialect = dialect;
        Name = name;
        _open = open;
        _source = source;
        _writer = dialect == SqlDialect.Sqlite ? new SemaphoreSlim(1, 1) : null;
    }

    public SqlDialect Dialect { get; }

    /// <summary>What to call it in messages: the file, or host, port and database. Holds no password.</summary>
    public string Name { get; }

    /// <summary>Opens (and makes, where absent) a SQLite catalog: WAL, <c>synchronous=FULL</c>, foreign keys on.</summary>
    public static CatalogDatabase OpenSqlite(string file)
    {
        var text = new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadWriteCreate, Pooling = true, DefaultTimeout = 30, ForeignKeys = true }.ToString();
        return new CatalogDatabase(SqlDialect.Sqlite, file, cancel => OpenSqliteConnectionAsync(text, cancel), source: null);
    }

    public static CatalogDatabase OpenPostgres(string connectionString)
    {
        var text = new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = "holdfast", MaxAutoPrepare = 200, AutoPrepareMinUsages = 2 };
        var source = NpgsqlDataSource.Create(text);
        return new CatalogDatabase(SqlDialect.Postgres, $"{text.Host}:{text.Port}/{text.Database}", async cancel => await source.OpenConnectionAsync(cancel), source);
    }

    /// <summary>A connection for reading. Dispose it to give it back to the pool.</summary>
    public ValueTask<DbConnection> OpenAsync(CancellationToken cancel) => _open(cancel);

    /// <summary>Begins a transaction that may write. On SQLite it is the only one of this process until it is disposed.</summary>
    public async Task<CatalogTransaction> BeginAsync(CancellationToken cancel)
    {
        if (_writer is not null)
        {
            await _writer.WaitAsync(cancel);
        }

        try
        {
            var connection = await _open(cancel);
            try
            {
                return new CatalogTransaction(connection, await connection.BeginTransactionAsync(cancel), Dialect, _writer);
            }
            catch
            {
                await connection.DisposeAsync();
                throw;
            }
        }
        catch
        {
            _writer?.Release();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_source is not null)
        {
            await _source.DisposeAsync();
        }
        else
        {
            await using var connection = (SqliteConnection)await _open(CancellationToken.None);
            SqliteConnection.ClearPool(connection);
        }

        _writer?.Dispose();
    }

    private static async ValueTask<DbConnection> OpenSqliteConnectionAsync(string text, CancellationToken cancel)
    {
        var connection = new SqliteConnection(text);
        try
        {
            await connection.OpenAsync(cancel);
            await using var pragma = connection.CreateCommand();
            pragma.CommandText = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;";
            await pragma.ExecuteNonQueryAsync(cancel);
            return connection;
        }
        catch (SqliteException e)
        {
            await connection.DisposeAsync();
            throw new HoldfastException(FailureKind.Unavailable, $"The catalog '{connection.DataSource}' cannot be opened: {e.Message}. Check that the folder exists and is writable, and that the file is a SQLite database.", e);
        }
    }
}
