using Holdfast.Control.Catalog;

namespace Holdfast.Control.Upkeep;

/// <summary>Bytes a second; 0 for no limit.</summary>
/// <param name="Hours">When they hold, <c>HH:mm-HH:mm</c> in UTC; null for always.</param>
public sealed record RateLimits(long VolumeRead, long StoreWrite, long StoreRead, string? Hours)
{
    /// <summary>For rows.</summary>
    public RateLimits()
        : this(0, 0, 0, null) { }
}

/// <summary>The limits that an admin has set, for every process on this catalog.</summary>
public sealed class RateLimitStore(CatalogDatabase database)
{
    private const string FindSql =
        "SELECT volume_read AS VolumeRead, store_write AS StoreWrite, store_read AS StoreRead, hours AS Hours FROM rate_limit";
    private const string SetSql = """
        INSERT INTO rate_limit (one, volume_read, store_write, store_read, hours) VALUES (1, @VolumeRead, @StoreWrite, @StoreRead, @Hours)
        ON CONFLICT (one) DO UPDATE SET volume_read = excluded.volume_read, store_write = excluded.store_write,
          store_read = excluded.store_read, hours = excluded.hours
        """;

    /// <summary>Null where none were ever set.</summary>
    public Task<RateLimits?> FindAsync(CancellationToken cancel) => database.ReadFirstAsync<RateLimits>(FindSql, null, cancel);

    /// <summary>Of two changes at once the second changes what the first has left.</summary>
    /// <param name="change">Is given what is set; null where nothing is.</param>
    public async Task<RateLimits> ChangeAsync(Func<RateLimits?, RateLimits> change, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        await tx.TakeTurnAsync(CatalogTurn.Upkeep, cancel);
        var set = change(await tx.FindAsync<RateLimits>(FindSql, null, cancel));
        await tx.ExecuteAsync(SetSql, set, cancel);
        await tx.CommitAsync(cancel);
        return set;
    }
}
