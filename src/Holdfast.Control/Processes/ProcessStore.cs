using Holdfast.Control.Catalog;

namespace Holdfast.Control.Processes;

/// <summary>
/// Which processes work on the catalog. All times are the database's, so that machines with different clocks agree; where that clock is
/// set, every process looks silent until its next sign, and none looks alive that is not.
/// </summary>
public sealed class ProcessStore(CatalogDatabase database)
{
    /// <summary>After so long without a sign a process is said to be down. Three signs are missed by then.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromMinutes(1);

    /// <summary>After so long without a sign it is not told any more.</summary>
    public static readonly TimeSpan Forgotten = TimeSpan.FromDays(1);

    private readonly string _id = Guid.CreateVersion7().ToString("D");
    private readonly string _host = $"{Environment.MachineName}:{Environment.ProcessId}";
    private readonly string _signSql = $"""
        INSERT INTO process (id, host, began_at, seen_at) VALUES (@id, @host, {database.Dialect.Now}, {database.Dialect.Now})
        ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at
        """;
    private readonly string _forgetSql = $"DELETE FROM process WHERE abs({database.Dialect.Now} - seen_at) > @forgotten";
    private readonly string _listSql = $"""
        SELECT id AS Id, host AS Host, began_at AS BeganAt, seen_at AS SeenAt,
          CASE WHEN abs({database.Dialect.Now} - seen_at) <= @silence THEN 1 ELSE 0 END AS Up
        FROM process ORDER BY began_at, id
        """;

    /// <summary>Says that this process lives, and forgets those that have long been silent.</summary>
    public async Task SignAsync(CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        await tx.ExecuteAsync(_signSql, new { id = _id, host = _host }, cancel);
        await tx.ExecuteAsync(_forgetSql, new { forgotten = (long)Forgotten.TotalMilliseconds }, cancel);
        await tx.CommitAsync(cancel);
    }

    /// <summary>Says that this process ends. One that is killed does not come to this, and is said to be down.</summary>
    public async Task LeaveAsync(CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        await tx.ExecuteAsync("DELETE FROM process WHERE id = @id", new { id = _id }, cancel);
        await tx.CommitAsync(cancel);
    }

    /// <summary>All that were heard of within <see cref="Forgotten"/>, those that began first first.</summary>
    public async Task<IReadOnlyList<ServiceProcess>> ListAsync(CancellationToken cancel) =>
        [
            .. (await database.ReadAllAsync<Row>(_listSql, new { silence = (long)Silence.TotalMilliseconds }, cancel)).Select(
                row => new ServiceProcess(row.Host, row.BeganAt, row.SeenAt, row.Up == 1, row.Id == _id)
            ),
        ];

    private sealed class Row
    {
        public string Id { get; set; } = "";

        public string Host { get; set; } = "";

        public DateTimeOffset BeganAt { get; set; }

        public DateTimeOffset SeenAt { get; set; }

        public long Up { get; set; }
    }
}
