using System.Reflection;
using DbUp;
using DbUp.Builder;
using DbUp.Engine;
using DbUp.Engine.Output;
using Holdfast.Engine;

namespace Holdfast.Control.Catalog;

/// <summary>Brings a catalog to this version's schema by the numbered SQL files in <c>Migrations/</c>.</summary>
public static class CatalogMigrator
{
    /// <summary>Runs what has not run yet; each file in a transaction of its own.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.UnsupportedVersion"/> when a newer version has migrated it; <see cref="FailureKind.Unavailable"/>
    /// when it does not answer; <see cref="FailureKind.Corrupted"/> when a file fails.</exception>
    public static void Migrate(SqlDialect dialect, string connectionString, string name)
    {
        var builder = dialect == SqlDialect.Sqlite ? DeployChanges.To.SqliteDatabase(connectionString) : DeployChanges.To.PostgresqlDatabase(connectionString);
        var upgrade = Configure(builder).Build();
        if (!upgrade.TryConnect(out var error))
        {
            throw new HoldfastException(FailureKind.Unavailable, $"The catalog {name} cannot be reached: {error} Start it, or correct Catalog:Postgres.");
        }

        RefuseNewer(upgrade, name);
        var result = upgrade.PerformUpgrade();
        if (!result.Successful)
        {
            throw new HoldfastException(FailureKind.Corrupted, $"The catalog {name} could not be brought to this version: {result.ErrorScript?.Name}: {result.Error.Message}. Nothing of that file was kept.", result.Error);
        }
    }

    private static UpgradeEngineBuilder Configure(UpgradeEngineBuilder builder) => builder
        .WithScriptsEmbeddedInAssembly(Assembly.GetExecutingAssembly(), script => script.EndsWith(".sql", StringComparison.Ordinal))
        .WithTransactionPerScript()
        .WithVariablesDisabled()
        .LogTo(new NoOpUpgradeLog());

    private static void RefuseNewer(UpgradeEngine upgrade, string name)
    {
        var known = upgrade.GetDiscoveredScripts().Select(script => script.Name).ToHashSet(StringComparer.Ordinal);
        var unknown = upgrade.GetExecutedScripts().Where(script => !known.Contains(script)).ToList();
        if (unknown.Count > 0)
        {
            throw new HoldfastException(FailureKind.UnsupportedVersion, $"The catalog {name} was written by a newer version of Holdfast (it has '{unknown[^1]}'). Start that version, or restore a copy of the catalog from before the upgrade.");
        }
    }
}
