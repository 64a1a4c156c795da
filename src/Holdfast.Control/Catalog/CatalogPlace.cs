using Holdfast.Engine.Basics;
using Npgsql;

namespace Holdfast.Control.Catalog;

/// <summary>Where a service's catalog is: a PostgreSQL database where one is named, else a SQLite file.</summary>
/// <param name="File">The SQLite file; its path may hold any character but NUL.</param>
/// <param name="Postgres">A connection string, or null.</param>
public sealed record CatalogPlace(string File, string? Postgres)
{
    /// <summary>Whether there is something to open. A database server is only known by asking it, so it counts as there.</summary>
    public bool MayExist => Postgres is not null || System.IO.File.Exists(File);

    /// <summary>What is wrong with a connection string of PostgreSQL, or null. It does not quote the text, which holds a
    /// password.</summary>
    public static string? PostgresTroubleOf(string text)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(text) is { Host.Length: > 0, Database.Length: > 0 }
                ? null
                : "names at least Host and Database";
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            return "is a connection string like Host=…;Username=…;Password=…;Database=…";
        }
    }

    /// <summary>Brings the catalog to this version's schema and opens it. A SQLite file that is not there is made.</summary>
    /// <exception cref="HoldfastException">As <see cref="CatalogMigrator.Migrate"/> does.</exception>
    public Task<CatalogDatabase> OpenAsync(CancellationToken cancel) =>
        Postgres is { } text ? CatalogDatabase.MigratePostgresAsync(text, cancel) : CatalogDatabase.MigrateSqliteAsync(File, cancel);
}
