using Dapper;
using Holdfast.Control.Catalog;
using Holdfast.Testing;
using Npgsql;

[assembly: AssemblyFixture(typeof(Holdfast.Control.Tests.Tasks.CatalogTemplates))]

namespace Holdfast.Control.Tests.Tasks;

/// <summary>Migrated once a run; each test works on a copy of its own.</summary>
public sealed class CatalogTemplates : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Lazy<string> _sqlite;
    private readonly Lazy<Task<string>> _postgres;

    public CatalogTemplates()
    {
        _sqlite = new(MakeSqlite);
        _postgres = new(MakePostgresAsync);
    }

    public static string? PostgresServer => Environment.GetEnvironmentVariable("HOLDFAST_TEST_POSTGRES");

    public string SqliteFile => _sqlite.Value;

    public Task<string> PostgresName => _postgres.Value;

    public static async Task RunAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(PostgresServer);
        await connection.OpenAsync();
        await connection.ExecuteAsync(sql);
    }

    public static string PostgresText(string name) => new NpgsqlConnectionStringBuilder(PostgresServer) { Database = name }.ToString();

    public async ValueTask DisposeAsync()
    {
        if (_postgres.IsValueCreated)
        {
            await RunAsync($"DROP DATABASE IF EXISTS {await _postgres.Value} WITH (FORCE)");
        }

        _folder.Dispose();
    }

    private string MakeSqlite()
    {
        var file = _folder["template.db"];
        var text = $"Data Source={file};Pooling=False";
        CatalogMigrator.Migrate(SqlDialect.Sqlite, text, file);
        return file;
    }

    private static async Task<string> MakePostgresAsync()
    {
        var name = $"hf_tasks_{Environment.ProcessId}";
        await RunAsync($"DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        await RunAsync($"CREATE DATABASE {name}");
        CatalogMigrator.Migrate(SqlDialect.Postgres, PostgresText(name) + ";Pooling=False", name);
        return name;
    }
}

/// <summary>An empty catalog of a test's own, a clock that the test moves, and shorthands to fill it.</summary>
public sealed class TestBed : IAsyncDisposable
{
    private static int _made;
    private readonly TempFolder? _folder;
    private readonly string? _postgres;

    private TestBed(Func<CatalogDatabase> open, CatalogDatabase database, JumpingClock clock, TempFolder? folder, string? postgres)
    {
        (OpenAnother, Database, Clock) = (open, database, clock);
        (_folder, _postgres) = (folder, postgres);
    }

    private TestBed(Func<CatalogDatabase> open, TempFolder? folder, string? postgres)
        : this(open, open(), new JumpingClock(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero)), folder, postgres) { }

    public CatalogDatabase Database { get; }

    /// <summary>Opens the same catalog as another process would. Dispose it.</summary>
    public Func<CatalogDatabase> OpenAnother { get; }

    public JumpingClock Clock { get; }

    public DateTimeOffset Now => Clock.GetUtcNow();

    public static TestBed OnSqlite(CatalogTemplates templates)
    {
        var folder = new TempFolder();
        var file = folder["catalog.db"];
        File.Copy(templates.SqliteFile, file);
        return new TestBed(() => CatalogDatabase.OpenSqlite(file), folder, postgres: null);
    }

    public static async Task<TestBed> OnPostgresAsync(CatalogTemplates templates)
    {
        Assert.SkipWhen(CatalogTemplates.PostgresServer is null, "HOLDFAST_TEST_POSTGRES is not set: no PostgreSQL to test on");
        var name = $"hf_tasks_{Environment.ProcessId}_{Interlocked.Increment(ref _made)}";
        await CatalogTemplates.RunAsync($"CREATE DATABASE {name} TEMPLATE {await templates.PostgresName}");
        return new TestBed(() => CatalogDatabase.OpenPostgres(CatalogTemplates.PostgresText(name)), folder: null, name);
    }

    /// <summary>A catalog that was made elsewhere. Not to be disposed, but its database is.</summary>
    public static TestBed On(CatalogDatabase database, Func<CatalogDatabase> open) =>
        new(open, database, new JumpingClock(new DateTimeOffset(2026, 11, 28, 12, 0, 0, TimeSpan.Zero)), folder: null, postgres: null);

    /// <summary>The same catalog and clock over another connection. Not to be disposed.</summary>
    public TestBed With(CatalogDatabase database) => new(OpenAnother, database, Clock, folder: null, postgres: null);

    /// <summary>Volumes that have a row and no device.</summary>
    public async Task<IReadOnlyList<VolumeId>> AddVolumesAsync(ProjectId project, int count)
    {
        var volumes = Enumerable.Range(0, count).Select(_ => VolumeId.New(Clock)).ToList();
        foreach (var volume in volumes)
        {
            await ExecuteAsync(
                "INSERT INTO volume (id, project_id, name, source, size_bytes, status, created_at, updated_at) VALUES (@id, @project, "
                    + "'v', @id, 4096, 1, 0, 0)",
                new { id = volume.ToString(), project = project.Value }
            );
        }

        return volumes;
    }

    public async Task<ProjectId> AddProjectAsync()
    {
        var project = ProjectId.New(Clock);
        await ExecuteAsync("INSERT INTO project (id, name, enabled, created_at) VALUES (@id, @id, 1, 0)", new { id = project.Value });
        return project;
    }

    public async Task<PolicyId> AddPolicyAsync(ProjectId project)
    {
        var policy = PolicyId.New(Clock);
        await ExecuteAsync(
            "INSERT INTO policy (id, project_id, name, is_default, enabled, start_time, frequency, retention_count, keep_first_of_month, "
                + "created_at, updated_at) VALUES (@id, @project, 'p', 0, 0, '00:00', 1, 7, 0, 0, 0)",
            new { id = policy.ToString(), project = project.Value }
        );
        return policy;
    }

    public async Task ExecuteAsync(string sql, object? parameters = null)
    {
        await using var tx = await Database.BeginAsync(CancellationToken.None);
        await tx.ExecuteAsync(sql, parameters, CancellationToken.None);
        await tx.CommitAsync(CancellationToken.None);
    }

    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = await Database.OpenAsync(CancellationToken.None);
        return (await connection.QueryAsync<T>(sql, parameters)).AsList();
    }

    public async Task<T> InTransactionAsync<T>(Func<CatalogTransaction, Task<T>> act)
    {
        await using var tx = await Database.BeginAsync(CancellationToken.None);
        var result = await act(tx);
        await tx.CommitAsync(CancellationToken.None);
        return result;
    }

    public Task InTransactionAsync(Func<CatalogTransaction, Task> act) =>
        InTransactionAsync(async tx =>
        {
            await act(tx);
            return 0;
        });

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        if (_postgres is not null)
        {
            await CatalogTemplates.RunAsync($"DROP DATABASE IF EXISTS {_postgres} WITH (FORCE)");
        }

        _folder?.Dispose();
    }
}

/// <summary>A contract that holds on both databases: one derived class each.</summary>
public abstract class CatalogSpec : IAsyncLifetime
{
    protected TestBed Bed { get; private set; } = null!; // made before each test

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Bed = await OpenAsync();
        await OpenedAsync();
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (Bed is not null)
        {
            await CloseAsync();
            await Bed.DisposeAsync();
        }
    }

    /// <summary>Fills the empty catalog.</summary>
    protected virtual ValueTask OpenedAsync() => ValueTask.CompletedTask;

    /// <summary>Closes what the test opened beside the catalog.</summary>
    protected virtual ValueTask CloseAsync() => ValueTask.CompletedTask;

    protected abstract ValueTask<TestBed> OpenAsync();
}
