using Holdfast.Engine.Basics;
using Holdfast.Server.Http;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Holdfast.Server.Tests.Http;

/// <summary>What is answered with 503, which clients try again, and what with 500.</summary>
public sealed class PassingTroubleTests
{
    [Fact]
    public void A_full_disk_and_a_database_that_is_away_pass_and_a_fault_of_ours_does_not()
    {
        Assert.All(
            (Exception[])
                [
                    new SqliteException("full", 13),
                    new SqliteException("busy", 5),
                    new SqliteException("I/O", 10),
                    new PostgresException("disk full", "ERROR", "ERROR", "53100"),
                    new PostgresException("shutting down", "FATAL", "FATAL", "57P01"),
                    new PostgresException("connection", "FATAL", "FATAL", "08006"),
                    new NpgsqlException("gone", new IOException("reset")),
                    new HoldfastException(FailureKind.NoSpace, "full"),
                    new HoldfastException(FailureKind.Unavailable, "away"),
                ],
            error => Assert.True(PassingTrouble.Is(error), error.Message)
        );
        Assert.All(
            (Exception[])
                [
                    new SqliteException("constraint", 19),
                    new PostgresException("syntax", "ERROR", "ERROR", "42601"),
                    new HoldfastException(FailureKind.Corrupted, "damaged"),
                    new InvalidOperationException("bug"),
                ],
            error => Assert.False(PassingTrouble.Is(error), error.Message)
        );
    }
}
