using System.Data;
using System.Data.Common;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Posix;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Holdfast.Control.Catalog;

/// <summary>The relational store of all but the bytes: SQLite in a file, or PostgreSQL.</summary>
public sealed class CatalogDatabase : IAsyncDisposable
{
    /// <summary>Seconds that a statement waits for another process's write to a SQLite catalog before it gives up.</summary>
    private const int SqliteWaitSeconds = 30;

    private readonly Func<CancellationToken, ValueTask<DbConnection>> _open;
    private readonly Func<ValueTask> _close;

    /// <summary>SQLite has one writer; waiting here is fair and costs nothing, where waiting on the file's lock polls.</summary>
    private readonly SemaphoreSlim? _writer;

    static CatalogDatabase() => CatalogTypes.Register();

    private CatalogDatabase(SqlDialect dialect, string name, Func<CancellationToken, ValueTask<DbConnection>> open, Func<ValueTask> close)
    {
        Dialect = dialect;
        Name = name;
        _open = open;
        _close = close;
        _writer = dialect == SqlDialect.Sqlite ? new SemaphoreSlim(1, 1) : null;
    }

    public SqlDialect Dialect { get; }

    /// <summary>What to call it in messages: the file, or host, port and database. Holds no password.</summary>
    public string Name { get; }

    /// <summary>A SQLite catalog that has been migrated: WAL, <c>synchronous=FULL</c>, foreign keys on.</summary>
    public static CatalogDatabase OpenSqlite(string file)
    {
        var text = SqliteText(file, pooling: true);
        var prepared = new ConditionalWeakTable<object, object>();
        return new CatalogDatabase(
            SqlDialect.Sqlite,
            file,
            cancel => OpenSqliteConnectionAsync(text, prepared, cancel),
            () =>
            {
                using var pool = new SqliteConnection(text);
                SqliteConnection.ClearPool(pool);
                return ValueTask.CompletedTask;
            }
        );
    }

    /// <summary>A PostgreSQL catalog that has been migrated.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Refused"/> when the text is no connection
    /// string.</exception>
    public static CatalogDatabase OpenPostgres(string connectionString)
    {
        var text = PostgresText(connectionString);
        text.MaxAutoPrepare = 200;
        text.AutoPrepareMinUsages = 2;
        var source = NpgsqlDataSource.Create(text);
        return new CatalogDatabase(
            SqlDialect.Postgres,
            NameOf(text),
            async cancel => await source.OpenConnectionAsync(cancel),
            source.DisposeAsync
        );
    }

    /// <summary>Makes a SQLite catalog where there is none (mode 0600, its folder 0700), brings it to this version's schema and opens
    /// it.</summary>
    /// <exception cref="HoldfastException">As <see cref="CatalogMigrator.Migrate"/> does.</exception>
    public static async Task<CatalogDatabase> MigrateSqliteAsync(string file, CancellationToken cancel)
    {
        await Task.Run(() => CatalogMigrator.Migrate(SqlDialect.Sqlite, SqliteText(file, pooling: false), file), cancel);

        // It may be an older version's, or have been put there with other rights.
        try
        {
            File.SetUnixFileMode(file, OwnerOnly.File);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new HoldfastException(
                FailureKind.Refused,
                $"The catalog '{file}' does not belong to {OwnUser.Text}: it was made by another user. Give it to this one (chown -R "
                    + $"{OwnUser.Number}), with the folder that it is in, or run as its owner.",
                e
            );
        }

        return OpenSqlite(file);
    }

    /// <summary>Brings a PostgreSQL catalog to this version's schema and opens it. Any number of processes may do so at once.</summary>
    /// <exception cref="HoldfastException">As <see cref="CatalogMigrator.Migrate"/> and <see cref="OpenPostgres"/> do.</exception>
    public static async Task<CatalogDatabase> MigratePostgresAsync(string connectionString, CancellationToken cancel)
    {
        var text = PostgresText(connectionString);
        await Task.Run(() => CatalogMigrator.Migrate(SqlDialect.Postgres, text.ToString(), NameOf(text)), cancel);
        return OpenPostgres(connectionString);
    }

    /// <summary>A connection for reading. Dispose it to give it back to the pool.</summary>
    /// <exception cref="HoldfastException">The catalog cannot be reached, or is none.</exception>
    public async ValueTask<DbConnection> OpenAsync(CancellationToken cancel)
    {
        try
        {
            return await _open(cancel);
        }
        catch (DbException e)
        {
            throw CatalogTrouble.Of(e, Name);
        }
    }

    /// <summary>Begins a transaction that may write. On SQLite it is the only one of this process until it is disposed.</summary>
    /// <exception cref="HoldfastException">The catalog cannot be reached, or another process kept it for too long.</exception>
    public async Task<CatalogTransaction> BeginAsync(CancellationToken cancel)
    {
        return _writer is null
            ? await BeginAsync(connection => connection.BeginTransactionAsync(cancel), writer: null, cancel)
            : await BeginAloneAsync(_writer, cancel);
    }

    /// <summary>One time limit for both waits, that for the others of this process and that for other processes: else a hundred that wait
    /// would wait one after the other.</summary>
    private async Task<CatalogTransaction> BeginAloneAsync(SemaphoreSlim writer, CancellationToken cancel)
    {
        var began = Stopwatch.GetTimestamp();
        if (!await writer.WaitAsync(TimeSpan.FromSeconds(SqliteWaitSeconds), cancel))
        {
            throw new HoldfastException(
                FailureKind.Busy,
                $"The catalog '{Name}' was not free for {SqliteWaitSeconds} s; the requests before this one still wait for it."
            );
        }

        try
        {
            var left = SqliteWaitSeconds - (int)Stopwatch.GetElapsedTime(began).TotalSeconds;
            return await BeginAsync(
                connection =>
                {
                    ((SqliteConnection)connection).DefaultTimeout = Math.Max(1, left);
                    return connection.BeginTransactionAsync(cancel);
                },
                writer,
                cancel
            );
        }
        catch
        {
            writer.Release();
            throw;
        }
    }

    /// <summary>Begins a transaction that only reads, and sees the catalog as it is at one moment. It waits for nobody and nobody waits for
    /// it.</summary>
    /// <exception cref="HoldfastException">The catalog cannot be reached, or is none.</exception>
    public Task<CatalogTransaction> BeginReadingAsync(CancellationToken cancel) =>
        BeginAsync(
            connection =>
                connection is SqliteConnection sqlite
                    ? new ValueTask<DbTransaction>(sqlite.BeginTransaction(IsolationLevel.Serializable, deferred: true))
                    : connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancel),
            writer: null,
            cancel
        );

    /// <summary>Asks something trivial: returns when the catalog answers as one.</summary>
    public async Task PingAsync(CancellationToken cancel) => await this.ReadFirstAsync<long>("SELECT count(*) FROM service", null, cancel);

    public async ValueTask DisposeAsync()
    {
        await _close();
        _writer?.Dispose();
    }

    internal static string SqliteText(string file, bool pooling) =>
        new SqliteConnectionStringBuilder
        {
            DataSource = file,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Pooling = pooling,
            DefaultTimeout = SqliteWaitSeconds,
        }.ToString();

    private async Task<CatalogTransaction> BeginAsync(
        Func<DbConnection, ValueTask<DbTransaction>> begin,
        SemaphoreSlim? writer,
        CancellationToken cancel
    )
    {
        var connection = await OpenAsync(cancel);
        try
        {
            return new CatalogTransaction(connection, await begin(connection), Dialect, Name, writer);
        }
        catch (DbException e)
        {
            await connection.DisposeAsync();
            throw CatalogTrouble.Of(e, Name);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static NpgsqlConnectionStringBuilder PostgresText(string connectionString)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = "holdfast" };
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            // The message of the driver may quote the text, and with it the password.
            throw new HoldfastException(
                FailureKind.Refused,
                "Catalog:Postgres is no connection string. Give it as Host=…;Port=…;Username=…;Password=…;Database=…."
            );
        }
    }

    private static string NameOf(NpgsqlConnectionStringBuilder text) => $"{text.Host}:{text.Port}/{text.Database}";

    private static async ValueTask<DbConnection> OpenSqliteConnectionAsync(
        string text,
        ConditionalWeakTable<object, object> prepared,
        CancellationToken cancel
    )
    {
        var connection = new SqliteConnection(text);
        try
        {
            await connection.OpenAsync(cancel);

            // The pool hands the same handle out again and again; what was set on it stays.
            if (connection.Handle is { } handle && !prepared.TryGetValue(handle, out _))
            {
                await using var pragma = connection.CreateCommand();
                // A cache of 16 MiB: in the standard 2 MiB a question over ten thousand volumes reads the same pages again and again.
                pragma.CommandText =
                    "PRAGMA foreign_keys = ON; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;";
                await pragma.ExecuteNonQueryAsync(cancel);
                prepared.AddOrUpdate(handle, text);
            }

            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
