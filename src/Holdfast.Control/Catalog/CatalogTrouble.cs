using System.Data.Common;
using Holdfast.Engine.Basics;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Holdfast.Control.Catalog;

/// <summary>Says what a driver's failure means for whoever runs the service.</summary>
internal static class CatalogTrouble
{
    public static HoldfastException Of(DbException error, string name) =>
        error switch
        {
            SqliteException sqlite => OfSqlite(sqlite, name),
            PostgresException { SqlState: "3D000" } => New(
                FailureKind.Refused,
                $"The catalog {name} does not exist on that server. Make an empty database of that name, or correct Catalog:Postgres.",
                error
            ),
            PostgresException { SqlState: "42501" } e => New(
                FailureKind.Refused,
                $"The catalog {name} refuses what Holdfast needs to do: {e.MessageText}. Give its user all rights on the database.",
                error
            ),
            PostgresException { SqlState: ['2', '8', ..] } e => New(
                FailureKind.Refused,
                $"The catalog {name} refuses to let Holdfast in: {e.MessageText}. Correct user and password in Catalog:Postgres.",
                error
            ),
            PostgresException e => New(
                FailureKind.Unavailable,
                $"The catalog {name} does not answer as it should: {e.MessageText}.",
                error
            ),
            _ => New(
                FailureKind.Unavailable,
                $"The catalog {name} cannot be reached: {(error.InnerException ?? error).Message.TrimEnd('.')}. Start it, or correct "
                    + $"Catalog:Postgres.",
                error
            ),
        };

    private static HoldfastException OfSqlite(SqliteException error, string name) =>
        error.SqliteErrorCode switch
        {
            5 or 6 => New(FailureKind.Busy, $"The catalog '{name}' is in use by another process that does not let go of it.", error),
            8 => New(
                FailureKind.Refused,
                $"The catalog '{name}' cannot be written. Give Holdfast the right to write the file and its folder.",
                error
            ),
            10 => New(
                FailureKind.Unavailable,
                $"The catalog '{name}' cannot be read or written: {error.Message}. Look after the disk that it is on.",
                error
            ),
            11 => New(FailureKind.Corrupted, $"The catalog '{name}' is damaged: {error.Message}. Restore a copy of it.", error),
            13 => New(FailureKind.NoSpace, $"There is no space left for the catalog '{name}'.", error),
            26 => New(
                FailureKind.Corrupted,
                $"'{name}' is no catalog: the file is not a SQLite database. Name another file, or restore a copy of the catalog.",
                error
            ),
            _ => New(
                FailureKind.Unavailable,
                $"The catalog '{name}' cannot be opened: {error.Message}. Check that its folder exists and that Holdfast may write there.",
                error
            ),
        };

    private static HoldfastException New(FailureKind kind, string message, Exception error) => new(kind, message, error);
}
