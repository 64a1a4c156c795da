using Holdfast.Control.Backups;
using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Control.Projects;
using Holdfast.Control.Tasks;
using Holdfast.Control.Tests.Backups;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Control.Users;
using Holdfast.Control.Volumes;
using Holdfast.Testing;

namespace Holdfast.Control.Tests.Catalog;

/// <summary>
/// A catalog that version 0.1.0 wrote (<c>Fixtures/</c>: what its service and command line left, as SQL), after this version's start. It
/// has two projects, a volume of each kind, two policies beside the default one, two firings of which one task failed, a backup by hand
/// that is shared, an access key and a quota.
/// </summary>
public abstract class FirstVersionSpec : IAsyncLifetime
{
    private TestBed _bed = null!; // made in InitializeAsync

    private World World { get; set; } = null!; // made in InitializeAsync

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private CatalogDatabase Database => _bed.Database;

    [Fact]
    public async Task Volumes_and_policies_are_there_and_right()
    {
        var project = await ProjectAsync("default");
        var volumes = (await World.Volumes.ListAsync(project, Cancel)).OrderBy(volume => volume.Name).ToList();
        Assert.Equal(
            [
                ("disk-a", "file:///srv/volumes/a.img", 300_000, false),
                ("disk-b", "file:///srv/volumes/b.img", 200_000, false),
                ("made", $"file:///srv/holdfast/volumes/{volumes[2].Id}.img", 1L << 30, true),
            ],
            volumes.Select(volume => (volume.Name, volume.Source, volume.SizeBytes, volume.IsOwned))
        );
        Assert.All(volumes, volume => Assert.Equal(VolumeStatus.Available, volume.Status));
        Assert.Equal("yes", volumes[2].Metadata["kept"]);

        var policies = (await World.Policies.ListAsync(project, Cancel)).OrderBy(policy => policy.Name).ToList();
        Assert.Equal(
            [("defaultPolicy", false, 0), ("nightly", true, 2), ("weekly", false, 0)],
            policies.Select(policy => (policy.Name, policy.Enabled, policy.VolumeCount))
        );
        Assert.Equal(("22:00", 1, 7), (policies[1].Schedule.StartTime, policies[1].Schedule.Frequency, policies[1].Retention.Count));
        Assert.Equal("prod", policies[1].Tags["stage"]);
        Assert.NotNull(policies[1].NextFireAt);
        Assert.Equal([DayOfWeek.Sunday], policies[2].Schedule.Weekdays!);
        Assert.Equal(30, policies[2].Retention.Days);
    }

    [Fact]
    public async Task Tasks_their_counts_and_their_jobs_are_there_and_right()
    {
        var project = await ProjectAsync("default");
        var policy = (await World.Policies.ListAsync(project, Cancel)).Single(one => one.Name == "nightly");
        var page = Assert.IsType<TaskQueryOutcome.Page>(
            await World.Tasks.QueryAsync(
                new TaskQuery
                {
                    Project = project,
                    Policy = policy.Id,
                    Limit = 10,
                },
                Cancel
            )
        );
        Assert.Equal(4, page.Count);
        Assert.Equal(3, page.Tasks.Count(task => task.Status == BackupTaskStatus.Success));
        var failed = page.Tasks.Single(task => task.Status == BackupTaskStatus.Failed);
        Assert.Equal("VolumeBackup.0021", failed.Code);
        foreach (var task in page.Tasks)
        {
            var job = await World.Jobs.FindAsync(project, task.Job!.Value, Cancel);
            Assert.Equal((JobKind.CreateBackup, task.Id, task.Volume), (job!.Kind, job.Task, job.Volume));
            Assert.Equal(task.Status == BackupTaskStatus.Success ? JobState.Succeeded : JobState.Failed, job.State);
            Assert.True(job.CreatedAt <= job.BeginAt && job.BeginAt <= job.FinishedAt);
        }
    }

    [Fact]
    public async Task Backups_are_there_with_numbers_that_go_on()
    {
        var project = await ProjectAsync("default");
        var backups = await World.Backups.ListAsync(project, new BackupFilter(), new BackupPage { Limit = 10 }, Cancel);
        Assert.Equal(5, backups.Count);
        Assert.Equal(4, backups.Count(backup => backup.Status == BackupStatus.Available));
        Assert.Equal(4, backups.Count(backup => backup.Policy is not null));
        var hand = backups.Single(backup => backup.Name == "by-hand");
        Assert.Equal("db", (await TagsAsync(hand.Id))["team"]);
        foreach (var volume in backups.Where(backup => backup.Status == BackupStatus.Available).GroupBy(backup => backup.Volume))
        {
            var numbers = volume.OrderBy(backup => backup.CreatedAt).Select(backup => backup.Number).ToList();
            Assert.Equal(numbers.Distinct().Order(), numbers);
        }

        var shared = await World.Shares.FindReadableAsync(await ProjectAsync("other"), hand.Id, Cancel);
        Assert.Equal(hand.Id, shared?.Id);
        Assert.Equal(5, (await World.Quotas.UsageAsync(project, Cancel)).Backups);
        Assert.Equal(50, (await World.Quotas.FindAsync(project, Cancel)).Backups);
    }

    [Fact]
    public async Task Users_keep_their_passwords_roles_and_keys()
    {
        var accounts = await new AccountStore(Database, _bed.Clock).ListAsync(Cancel);
        var admin = Assert.Single(accounts);
        Assert.Equal("admin", admin.Name);
        Assert.True(await CountAsync("SELECT count(*) FROM account WHERE password_hash LIKE '%argon2id%'") == 1);
        Assert.True(await CountAsync($"SELECT count(*) FROM account_role WHERE account_id = '{admin.Id}'") > 0);
        Assert.Equal(1, await CountAsync($"SELECT count(*) FROM access_key WHERE account_id = '{admin.Id}'"));
        Assert.Equal(1, await CountAsync("SELECT count(*) FROM service WHERE repository_id <> ''"));
    }

    [Fact]
    public async Task A_second_start_changes_nothing()
    {
        var before = await CountAsync("SELECT (SELECT count(*) FROM backup) * 1000 + (SELECT count(*) FROM task)");
        await using var again = await MigrateAsync();
        Assert.Equal(before, await CountAsync("SELECT (SELECT count(*) FROM backup) * 1000 + (SELECT count(*) FROM task)"));
    }

    public async ValueTask InitializeAsync()
    {
        await LoadAsync();
        _bed = TestBed.On(await MigrateAsync(), () => throw new NotSupportedException());
        World = World.WithoutRepository(_bed);
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (World is not null)
        {
            await World.DisposeAsync();
            await Database.DisposeAsync();
        }
    }

    /// <summary>Makes the catalog as version 0.1.0 left it.</summary>
    protected abstract Task LoadAsync();

    protected abstract Task<CatalogDatabase> MigrateAsync();

    protected static string Fixture(string name)
    {
        using var stream = typeof(FirstVersionSpec).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private async Task<ProjectId> ProjectAsync(string name) =>
        (await new ProjectStore(Database, _bed.Clock).FindByNameAsync(name, Cancel))!.Id;

    private async Task<long> CountAsync(string sql) => await Database.ReadFirstAsync<long>(sql, null, Cancel);

    private async Task<IReadOnlyDictionary<string, string>> TagsAsync(Engine.Basics.BackupId id) =>
        (
            await Database.ReadAllAsync<(string Key, string Value)>(
                "SELECT key, value FROM backup_tag WHERE backup_id = @id",
                new { id = id.ToString() },
                Cancel
            )
        ).ToDictionary(tag => tag.Key, tag => tag.Value);
}

public sealed class FirstVersionOnSqlite : FirstVersionSpec
{
    private readonly TempFolder _folder = new();

    private string File => _folder["catalog.db"];

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }

    protected override async Task LoadAsync()
    {
        await using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={File};Pooling=False");
        await connection.OpenAsync(Cancel);
        await using var load = connection.CreateCommand();
        load.CommandText = Fixture("catalog-0.1.0-sqlite.dump");
        await load.ExecuteNonQueryAsync(Cancel);
    }

    protected override Task<CatalogDatabase> MigrateAsync() => CatalogDatabase.MigrateSqliteAsync(File, Cancel);
}

public sealed class FirstVersionOnPostgres : FirstVersionSpec
{
    private static int _made;
    private readonly string _name = $"hf_first_{Environment.ProcessId}_{Interlocked.Increment(ref _made)}";

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (CatalogTemplates.PostgresServer is not null)
        {
            await CatalogTemplates.RunAsync($"DROP DATABASE IF EXISTS {_name} WITH (FORCE)");
        }
    }

    protected override async Task LoadAsync()
    {
        Assert.SkipWhen(CatalogTemplates.PostgresServer is null, "HOLDFAST_TEST_POSTGRES is not set: no PostgreSQL to test on");
        await CatalogTemplates.RunAsync($"CREATE DATABASE {_name}");
        await using var connection = new Npgsql.NpgsqlConnection(CatalogTemplates.PostgresText(_name) + ";Pooling=False");
        await connection.OpenAsync(Cancel);
        await using var load = connection.CreateCommand();
        load.CommandText = Fixture("catalog-0.1.0-postgres.dump");
        await load.ExecuteNonQueryAsync(Cancel);
    }

    protected override Task<CatalogDatabase> MigrateAsync() =>
        CatalogDatabase.MigratePostgresAsync(CatalogTemplates.PostgresText(_name), Cancel);
}
