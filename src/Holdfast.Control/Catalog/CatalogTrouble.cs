using System.Data.Common;
using Holdfast.Engine.Basics;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Holdfast.Control.Catalog;

/// <summary>Says what a driver's failure means for whoever runs the service. No other place knows the drivers' errors.</summary>
public static class CatalogTrouble
{
    private const int SqliteBusy = 5;
    private const int SqliteLocked = 6;
    private const int SqliteReadOnly = 8;
    private const int SqliteIo = 10;
    private const int SqliteCorrupt = 11;
    private const int SqliteFull = 13;
    private const int SqliteNotADatabase = 26;

    /// <summary>Whether an error of the catalog's is of the moment: the same call may succeed when somebody has made room, or started what
    /// is down. False for what is no error of a catalog.</summary>
    public static bool IsPassing(Exception error) =>
        error switch
        {
            SqliteException sqlite => sqlite.SqliteErrorCode is SqliteBusy or SqliteLocked or SqliteIo or SqliteFull,

            // Out of resources, being shut down, connection lost.
            PostgresException { SqlState: ['5', '3', ..] or ['5', '7', ..] or ['0', '8', ..] } => true,
            DbException { IsTransient: true } => true,
            _ => false,
        };

    internal static HoldfastException Of(DbException error, string name) =>
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
            SqliteBusy or SqliteLocked => New(
                FailureKind.Busy,
                $"The catalog '{name}' is in use by another process that does not let go of it.",
                error
            ),
            SqliteReadOnly => New(
                FailureKind.Refused,
                $"The catalog '{name}' cannot be written. Give Holdfast the right to write the file and its folder.",
                error
            ),
            SqliteIo => New(
                FailureKind.Unavailable,
                $"The catalog '{name}' cannot be read or written: {error.Message}. Look after the disk that it is on.",
                error
            ),
            SqliteCorrupt => New(FailureKind.Corrupted, $"The catalog '{name}' is damaged: {error.Message}. Restore a copy of it.", error),
            SqliteFull => New(FailureKind.NoSpace, $"There is no space left for the catalog '{name}'.", error),
            SqliteNotADatabase => New(
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
