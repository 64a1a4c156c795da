using Dapper;

namespace Holdfast.Control.Catalog;

/// <summary>Single statements on a connection of their own, where no transaction is needed.</summary>
internal static class CatalogReading
{
    public static async Task<T?> ReadFirstAsync<T>(this CatalogDatabase database, string sql, object? parameters, CancellationToken cancel)
    {
        await using var connection = await database.OpenAsync(cancel);
        return await connection.QueryFirstOrDefaultAsync<T>(new CommandDefinition(sql, parameters, cancellationToken: cancel));
    }

    public static async Task<IReadOnlyList<T>> ReadAllAsync<T>(
        this CatalogDatabase database,
        string sql,
        object? parameters,
        CancellationToken cancel
    )
    {
        await using var connection = await database.OpenAsync(cancel);
        return (await connection.QueryAsync<T>(new CommandDefinition(sql, parameters, cancellationToken: cancel))).AsList();
    }
}
