using Dapper;
using Holdfast.Control.Catalog;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Engine.Basics;
using Holdfast.Testing;

namespace Holdfast.Control.Tests.Catalog;

/// <summary>What a start does to a catalog that is empty, current or newer.</summary>
public abstract class MigrationSpec : IAsyncLifetime
{
    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Several_processes_may_start_at_once_on_an_empty_catalog()
    {
        var started = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => MigrateAsync()));

        var counts = await Task.WhenAll(started.Select(CountProjectsAsync));
        Assert.Equal([0, 0, 0, 0], counts);
        await Task.WhenAll(started.Select(database => database.DisposeAsync().AsTask()));
    }

    [Fact]
    public async Task A_second_start_keeps_what_is_there()
    {
        await using (var first = await MigrateAsync())
        {
            await ExecuteAsync(first, "INSERT INTO project (id, name, enabled, created_at) VALUES ('p', 'p', 1, 0)");
        }

        await using var second = await MigrateAsync();
        Assert.Equal(1, await CountProjectsAsync(second));
    }

    [Fact]
    public async Task A_catalog_of_a_newer_version_is_refused_by_the_name_of_what_it_has()
    {
        await using var first = await MigrateAsync();
        await ExecuteAsync(first, NewerVersionSql);

        var refused = await Assert.ThrowsAsync<HoldfastException>(MigrateAsync);

        Assert.Equal(FailureKind.UnsupportedVersion, refused.Kind);
        Assert.Contains("0999_future.sql", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_transaction_did_is_gone_when_it_is_not_committed()
    {
        await using var database = await MigrateAsync();
        await using (var tx = await database.BeginAsync(Cancel))
        {
            await tx.ExecuteAsync("INSERT INTO project (id, name, enabled, created_at) VALUES ('p', 'p', 1, 0)", null, Cancel);
        }

        Assert.Equal(0, await CountProjectsAsync(database));
    }

    [Fact]
    public async Task A_reading_transaction_sees_one_moment_and_holds_nobody_up()
    {
        await using var database = await MigrateAsync();
        await using var reading = await database.BeginReadingAsync(Cancel);
        var before = await reading.FindAsync<long>("SELECT count(*) FROM project", null, Cancel);

        await ExecuteAsync(database, "INSERT INTO project (id, name, enabled, created_at) VALUES ('p', 'p', 1, 0)");

        Assert.Equal((0, 0), (before, await reading.FindAsync<long>("SELECT count(*) FROM project", null, Cancel)));
    }

    [Fact]
    public async Task A_row_that_nothing_owns_is_refused_by_the_catalog_itself()
    {
        await using var database = await MigrateAsync();
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() =>
            ExecuteAsync(
                database,
                "INSERT INTO volume (id, project_id, name, source, size_bytes, status, created_at, updated_at) VALUES ('v', 'nobody', "
                    + "'v', 's', 1, 1, 0, 0)"
            )
        );
    }

    public abstract ValueTask InitializeAsync();

    public abstract ValueTask DisposeAsync();

    /// <summary>Records a file that this version does not have, as a later version's start would.</summary>
    protected abstract string NewerVersionSql { get; }

    protected abstract Task<CatalogDatabase> MigrateAsync();

    protected static async Task ExecuteAsync(CatalogDatabase database, string sql)
    {
        await using var tx = await database.BeginAsync(Cancel);
        await tx.ExecuteAsync(sql, null, Cancel);
        await tx.CommitAsync(Cancel);
    }

    private static async Task<int> CountProjectsAsync(CatalogDatabase database)
    {
        await using var connection = await database.OpenAsync(Cancel);
        return await connection.ExecuteScalarAsync<int>("SELECT count(*) FROM project");
    }
}

public sealed class MigrationOnSqlite : MigrationSpec
{
    private readonly TempFolder _folder = new();

    protected override string NewerVersionSql =>
        "INSERT INTO SchemaVersions (ScriptName, Applied) VALUES ('Holdfast.Control.Catalog.Migrations.0999_future.sql', '2030-01-01')";

    private string File => _folder["data", "catalog.db"];

    [Fact]
    public async Task The_file_and_its_folder_are_nobody_elses_to_read()
    {
        await using var database = await MigrateAsync();
        await ExecuteAsync(database, "INSERT INTO project (id, name, enabled, created_at) VALUES ('p', 'p', 1, 0)");

        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            System.IO.File.GetUnixFileMode(_folder["data"])
        );
        Assert.All(
            Directory.GetFiles(_folder["data"]),
            file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(file))
        );
    }

    [Fact]
    public async Task Every_connection_keeps_what_it_is_told_and_refuses_orphans()
    {
        await using var database = await MigrateAsync();
        for (var i = 0; i < 3; i++)
        {
            await using var first = await database.OpenAsync(Cancel);
            await using var second = await database.OpenAsync(Cancel);
            Assert.Equal(("wal", 2, 1), await SettingsAsync(first));
            Assert.Equal(("wal", 2, 1), await SettingsAsync(second));
        }
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_named_and_left_alone()
    {
        Directory.CreateDirectory(_folder["data"]);
        await System.IO.File.WriteAllTextAsync(File, new string('x', 5000), Cancel);

        var refused = await Assert.ThrowsAsync<HoldfastException>(MigrateAsync);

        Assert.Equal(FailureKind.Corrupted, refused.Kind);
        Assert.Contains(File, refused.Message, StringComparison.Ordinal);
        Assert.Equal(new string('x', 5000), await System.IO.File.ReadAllTextAsync(File, Cancel));
    }

    [Fact]
    public async Task A_file_where_no_file_can_be_is_refused_with_its_name()
    {
        await System.IO.File.WriteAllTextAsync(_folder["data"], "a file, not a folder", Cancel);
        var refused = await Assert.ThrowsAsync<HoldfastException>(MigrateAsync);
        Assert.Equal(FailureKind.Unavailable, refused.Kind);
        Assert.Contains(File, refused.Message, StringComparison.Ordinal);
    }

    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public override ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override Task<CatalogDatabase> MigrateAsync() => CatalogDatabase.MigrateSqliteAsync(File, Cancel);

    private static async Task<(string? Journal, int Synchronous, int ForeignKeys)> SettingsAsync(
        System.Data.Common.DbConnection connection
    ) =>
        (
            await connection.ExecuteScalarAsync<string>("PRAGMA journal_mode"),
            await connection.ExecuteScalarAsync<int>("PRAGMA synchronous"),
            await connection.ExecuteScalarAsync<int>("PRAGMA foreign_keys")
        );
}

public sealed class MigrationOnPostgres : MigrationSpec
{
    private static int _made;
    private readonly string _name = $"hf_migration_{Environment.ProcessId}_{Interlocked.Increment(ref _made)}";

    protected override string NewerVersionSql =>
        "INSERT INTO schemaversions (scriptname, applied) VALUES ('Holdfast.Control.Catalog.Migrations.0999_future.sql', now())";

    [Fact]
    public async Task A_server_that_is_away_is_named_and_no_password_is_told()
    {
        var refused = await Assert.ThrowsAsync<HoldfastException>(() =>
            CatalogDatabase.MigratePostgresAsync("Host=127.0.0.1;Port=1;Username=u;Password=geheim;Database=d", Cancel)
        );
        Assert.Equal(FailureKind.Unavailable, refused.Kind);
        Assert.Contains("127.0.0.1:1/d", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_does_not_exist_is_named()
    {
        var refused = await Assert.ThrowsAsync<HoldfastException>(() =>
            CatalogDatabase.MigratePostgresAsync(CatalogTemplates.PostgresText("hf_no_such_database"), Cancel)
        );
        Assert.Equal(FailureKind.Refused, refused.Kind);
        Assert.Contains("hf_no_such_database does not exist", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_that_is_no_connection_string_is_refused_without_quoting_it()
    {
        var refused = Assert.Throws<HoldfastException>(() => CatalogDatabase.OpenPostgres("postgres://u:geheim@host/db"));
        Assert.Equal(FailureKind.Refused, refused.Kind);
        Assert.DoesNotContain("geheim", refused.ToString(), StringComparison.Ordinal);
    }

    public override async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(CatalogTemplates.PostgresServer is null, "HOLDFAST_TEST_POSTGRES is not set: no PostgreSQL to test on");
        await CatalogTemplates.RunAsync($"CREATE DATABASE {_name}");
    }

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (CatalogTemplates.PostgresServer is not null)
        {
            await CatalogTemplates.RunAsync($"DROP DATABASE IF EXISTS {_name} WITH (FORCE)");
        }
    }

    protected override Task<CatalogDatabase> MigrateAsync() =>
        CatalogDatabase.MigratePostgresAsync(CatalogTemplates.PostgresText(_name), Cancel);
}
