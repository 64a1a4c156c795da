using System.Data.Common;
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

    /// <summary>For very many rows: columns are taken from their places, and not found by name and converted one by one.</summary>
    public static async Task<IReadOnlyList<T>> ReadAllAsync<T>(
        this CatalogDatabase database,
        string sql,
        object? parameters,
        Func<DbDataReader, T> read,
        CancellationToken cancel
    )
    {
        await using var connection = await database.OpenAsync(cancel);
        await using var reader = await connection.ExecuteReaderAsync(new CommandDefinition(sql, parameters, cancellationToken: cancel));
        var rows = new List<T>();
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    public static string? TextAt(this DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    public static long? NumberAt(this DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);

    public static DateTimeOffset? TimeAt(this DbDataReader row, int column) =>
        row.NumberAt(column) is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null;
}
