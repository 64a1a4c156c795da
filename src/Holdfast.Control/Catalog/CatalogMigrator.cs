using System.Data.Common;
using System.Globalization;
using System.Reflection;
using DbUp;
using DbUp.Builder;
using DbUp.Engine;
using DbUp.Engine.Output;
using Holdfast.Engine.Basics;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Holdfast.Control.Catalog;

/// <summary>Brings a catalog to this version's schema by the numbered SQL files in <c>Migrations/</c>.</summary>
public static class CatalogMigrator
{
    /// <summary>Seconds to wait for another process that migrates.</summary>
    private const int LockWaitSeconds = 120;

    /// <summary>The number of the newest migration that this version knows.</summary>
    public static int Version { get; } =
        Assembly
            .GetExecutingAssembly()
            .GetManifestResourceNames()
            .Where(IsMigration)
            .Max(name => int.Parse(name.Split('.')[^2].AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture));

    /// <summary>
    /// Runs what has not run yet, all of it in one transaction. Several processes may do so at once: on PostgreSQL they take turns by an
    /// advisory lock, on SQLite because the transaction is a writer's from its first statement. A SQLite file that is not there is made,
    /// mode 0600, as is its folder, mode 0700.
    /// </summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.UnsupportedVersion"/> when a newer version has migrated it;
    /// <see cref="FailureKind.Refused"/> when it does not let us in; <see cref="FailureKind.Unavailable"/> when it does not answer;
    /// <see cref="FailureKind.Corrupted"/> when it is no catalog, or a file fails.</exception>
    public static void Migrate(SqlDialect dialect, string connectionString, string name)
    {
        try
        {
            if (dialect == SqlDialect.Sqlite)
            {
                PrepareFile(connectionString);
                Upgrade(DeployChanges.To.SqliteDatabase(connectionString), name);
                return;
            }

            using var turn = new NpgsqlConnection(connectionString);
            turn.Open();
            using var take = new NpgsqlCommand("SELECT pg_advisory_lock($1)", turn)
            {
                CommandTimeout = LockWaitSeconds,
                Parameters = { new() { Value = (long)CatalogTurn.Migrate } },
            };
            take.ExecuteNonQuery();
            Upgrade(DeployChanges.To.PostgresqlDatabase(connectionString), name);
            using var release = new NpgsqlCommand("SELECT pg_advisory_unlock($1)", turn)
            {
                Parameters = { new() { Value = (long)CatalogTurn.Migrate } },
            };
            release.ExecuteNonQuery();
        }
        catch (DbException e)
        {
            throw CatalogTrouble.Of(e, name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HoldfastException(
                FailureKind.Unavailable,
                $"The catalog '{name}' cannot be made: {e.Message} Give Holdfast the right to write there, or name another place.",
                e
            );
        }
    }

    private static void Upgrade(UpgradeEngineBuilder builder, string name)
    {
        var upgrade = builder
            .WithScriptsEmbeddedInAssembly(Assembly.GetExecutingAssembly(), IsMigration)
            .WithTransaction()
            .WithVariablesDisabled()
            .LogTo(new NoOpUpgradeLog())
            .Build();
        RefuseNewer(upgrade, name);
        var result = upgrade.PerformUpgrade();
        if (result.Successful)
        {
            return;
        }

        throw result.ErrorScript is null && result.Error is DbException e
            ? CatalogTrouble.Of(e, name)
            : new HoldfastException(
                FailureKind.Corrupted,
                $"The catalog {name} could not be brought to this version: {result.ErrorScript?.Name}: {result.Error.Message}. Nothing "
                    + $"of it was kept.",
                result.Error
            );
    }

    private static bool IsMigration(string resource) => resource.EndsWith(".sql", StringComparison.Ordinal);

    private static void RefuseNewer(UpgradeEngine upgrade, string name)
    {
        var known = upgrade.GetDiscoveredScripts().Select(script => script.Name).ToHashSet(StringComparer.Ordinal);
        var unknown = upgrade.GetExecutedScripts().Where(script => !known.Contains(script)).ToList();
        if (unknown.Count > 0)
        {
            throw new HoldfastException(
                FailureKind.UnsupportedVersion,
                $"The catalog {name} was written by a newer version of Holdfast (it has '{unknown[^1]}'). Start that version, or restore "
                    + $"a copy of the catalog from before the upgrade."
            );
        }
    }

    /// <summary>The catalog names volumes and holds password hashes: nobody else is to read it. SQLite gives its side files the rights of
    /// the file.</summary>
    private static void PrepareFile(string connectionString)
    {
        var file = new SqliteConnectionStringBuilder(connectionString).DataSource;
        if (File.Exists(file))
        {
            return;
        }

        if (Path.GetDirectoryName(Path.GetFullPath(file)) is { } folder && !Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder, OwnerOnly.Folder);
        }

        // An empty file is an empty database. Open, not create: another process may make it at this moment.
        using var made = new FileStream(
            file,
            new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.ReadWrite | FileShare.Delete,
                UnixCreateMode = OwnerOnly.File,
            }
        );
    }
}
