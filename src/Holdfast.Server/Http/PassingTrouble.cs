using System.Data.Common;
using Holdfast.Engine.Basics;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Holdfast.Server.Http;

/// <summary>Which failures are of the moment: the same request may succeed when somebody has made room, or started what is down.</summary>
internal static class PassingTrouble
{
    public static bool Is(Exception error) =>
        error switch
        {
            HoldfastException { IsTransient: true } or HoldfastException { Kind: FailureKind.NoSpace } => true,
            SqliteException { SqliteErrorCode: SqliteBusy or SqliteLocked or SqliteIo or SqliteFull } => true,

            // Out of resources, being shut down, connection lost.
            PostgresException { SqlState: ['5', '3', ..] or ['5', '7', ..] or ['0', '8', ..] } => true,
            DbException { IsTransient: true } => true,
            _ => false,
        };

    private const int SqliteBusy = 5;
    private const int SqliteLocked = 6;
    private const int SqliteIo = 10;
    private const int SqliteFull = 13;
}
