using System.Data.Common;
using Dapper;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Catalog;

/// <summary>One transaction over the catalog. Undone when disposed without <see cref="CommitAsync"/>.</summary>
public sealed class CatalogTransaction : IAsyncDisposable
{
    /// <summary>Locks of two numbers are other locks than those of one, so they never meet a <see cref="CatalogTurn"/>. Volumes whose
    /// hashes are equal only wait a little.</summary>
    private const int VolumeTurns = 0x486F6C64;

    private readonly string _name;
    private SemaphoreSlim? _writer;

    internal CatalogTransaction(DbConnection connection, DbTransaction transaction, SqlDialect dialect, string name, SemaphoreSlim? writer)
    {
        _name = name;
        Connection = connection;
        Transaction = transaction;
        Dialect = dialect;
        _writer = writer;
    }

    public DbConnection Connection { get; }

    public DbTransaction Transaction { get; }

    public SqlDialect Dialect { get; }

    /// <summary>From here on others may write, also he who still holds this object: were it the writer until it is disposed, the next
    /// transaction of the same method would wait for itself.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.NoSpace"/> and the like.</exception>
    public async Task CommitAsync(CancellationToken cancel)
    {
        try
        {
            await Transaction.CommitAsync(cancel);
        }
        catch (DbException e)
        {
            throw CatalogTrouble.Of(e, _name);
        }

        ReleaseWriter();
    }

    /// <summary>Waits until no other transaction, in whatever process, has this turn, and keeps it to the end. On SQLite a writer is alone
    /// anyway.</summary>
    internal Task TakeTurnAsync(CatalogTurn turn, CancellationToken cancel) =>
        Dialect == SqlDialect.Postgres
            ? ExecuteAsync("SELECT pg_advisory_xact_lock(@key)", new { key = (long)turn }, cancel)
            : Task.CompletedTask;

    /// <summary>The same for one volume: what is ordered of it by hand is ordered one after the other. It comes before every row that the
    /// order changes, and who holds it waits for no volume or policy, so it is in no ring of waiting
    /// (docs/concurrency-control-plane.md).</summary>
    internal Task TakeTurnAsync(VolumeId volume, CancellationToken cancel) =>
        Dialect == SqlDialect.Postgres
            ? ExecuteAsync(
                "SELECT pg_advisory_xact_lock(@kind, hashtext(@volume))",
                new { kind = VolumeTurns, volume = volume.ToString() },
                cancel
            )
            : Task.CompletedTask;

    /// <summary>Runs a statement and returns how many rows it changed.</summary>
    public Task<int> ExecuteAsync(string sql, object? parameters, CancellationToken cancel) =>
        Connection.ExecuteAsync(new CommandDefinition(sql, parameters, Transaction, cancellationToken: cancel));

    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? parameters, CancellationToken cancel) =>
        (await Connection.QueryAsync<T>(new CommandDefinition(sql, parameters, Transaction, cancellationToken: cancel))).AsList();

    public Task<T?> FindAsync<T>(string sql, object? parameters, CancellationToken cancel) =>
        Connection.QueryFirstOrDefaultAsync<T>(new CommandDefinition(sql, parameters, Transaction, cancellationToken: cancel));

    public async ValueTask DisposeAsync()
    {
        try
        {
            await Transaction.DisposeAsync();
            await Connection.DisposeAsync();
        }
        finally
        {
            ReleaseWriter();
        }
    }

    private void ReleaseWriter()
    {
        _writer?.Release();
        _writer = null;
    }
}

/// <summary>What only one transaction at a time may do, where no row can be held for it. The numbers are the same in all
/// versions.</summary>
internal enum CatalogTurn : long
{
    Migrate = 0x486F6C6466617374,
    RegisterVolume = 0x486F6C6466617375,
    Administration = 0x486F6C6466617376,
    FirstStart = 0x486F6C6466617377,
    Upkeep = 0x486F6C6466617378,
    Notify = 0x486F6C6466617379,
}
