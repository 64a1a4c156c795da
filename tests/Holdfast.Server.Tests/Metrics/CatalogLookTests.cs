using Holdfast.Control.Catalog;
using Holdfast.Control.Figures;
using Holdfast.Control.Protection;
using Holdfast.Server.Metrics;
using Holdfast.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Server.Tests.Metrics;

/// <summary>What a scrape is told is true, though it is not read each time.</summary>
public sealed class CatalogLookTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
    private CatalogDatabase? _database;
    private CatalogLook? _look;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private CatalogDatabase Database => _database ?? throw new InvalidOperationException("There is none yet.");

    private CatalogLook Look => _look ?? throw new InvalidOperationException("There is none yet.");

    public async ValueTask InitializeAsync()
    {
        _database = await CatalogDatabase.MigrateSqliteAsync(_folder["catalog.db"], Cancel);
        _look = new CatalogLook(
            _database,
            new ServiceFigureStore(_database, _clock),
            new ProtectionStore(_database, _clock),
            _clock,
            NullLogger<CatalogLook>.Instance
        );
        await ExecuteAsync(Database, "INSERT INTO project (id, name, enabled, created_at) VALUES ('p', 'p', 1, 0)");
        await AddVolumeAsync("first");
    }

    public async ValueTask DisposeAsync()
    {
        await Look.DisposeAsync();
        await Database.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_has_not_changed_is_not_read_again_and_its_ages_go_on()
    {
        var first = await LookAsync();
        _clock.Advance(TimeSpan.FromSeconds(50));
        var second = await LookAsync();

        Assert.Same(first.Volumes, second.Volumes);
        Assert.Equal(first.At.AddSeconds(50), second.At);
    }

    [Fact]
    public async Task A_volume_that_became_overdue_since_is_told_to_be_though_nothing_was_read()
    {
        var (now, policy) = (_clock.GetUtcNow(), "01a00000-0003-7001-8000-000000000003");
        await ExecuteAsync(
            Database,
            "INSERT INTO policy (id, project_id, name, is_default, enabled, start_time, frequency, retention_count, keep_first_of_month,"
                + $" next_fire_at, created_at, updated_at) VALUES ('{policy}', 'p', 'q', 0, 1, '22:00', 1, 7, 0, 1, 0, 0)"
        );

        // It came into a policy that fires daily, and becomes overdue thirty seconds from now.
        var added = now.AddHours(-36).AddSeconds(30).ToUnixTimeMilliseconds();
        var join = $"INSERT INTO policy_volume (volume_id, policy_id, added_at) SELECT id, '{policy}', {added} FROM volume";
        await ExecuteAsync(Database, join);
        var before = await LookAsync();
        _clock.Advance(TimeSpan.FromSeconds(31));
        var after = await LookAsync();

        Assert.Same(before.Volumes, after.Volumes);
        Assert.Equal(ProtectionState.Waiting, Assert.Single(before.Volumes).Facts.StateAt(before.At));
        Assert.Equal(ProtectionState.Overdue, Assert.Single(after.Volumes).Facts.StateAt(after.At));
    }

    [Fact]
    public async Task What_another_process_wrote_is_told_by_the_next_scrape()
    {
        Assert.Single((await LookAsync()).Volumes);
        await using var other = CatalogDatabase.OpenSqlite(_folder["catalog.db"]);
        await ExecuteAsync(other, VolumeSql("second"));

        Assert.Equal(2, (await LookAsync()).Volumes.Count);
    }

    [Fact]
    public async Task Two_scrapes_at_once_read_once()
    {
        var (one, other) = (LookAsync(), LookAsync());

        Assert.Same((await one).Volumes, (await other).Volumes);
    }

    [Fact]
    public async Task An_expected_scrape_is_told_what_was_read_a_second_before_and_another_after_three_seconds_is_not()
    {
        await ScrapeThreeTimesAsync();
        await AddVolumeAsync("second");
        _clock.Advance(TimeSpan.FromSeconds(29));
        await Look.LookingAhead;
        await AddVolumeAsync("third");

        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, (await LookAsync()).Volumes.Count);
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(2, (await LookAsync()).Volumes.Count);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(3, (await LookAsync()).Volumes.Count);
    }

    [Fact]
    public async Task Where_nobody_scrapes_any_more_nothing_is_read()
    {
        await ScrapeThreeTimesAsync();
        _clock.Advance(TimeSpan.FromSeconds(29));
        var last = Look.LookingAhead;
        await last;
        for (var i = 0; i < 20; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(30));
        }

        Assert.Same(last, Look.LookingAhead);
    }

    [Fact]
    public async Task Where_the_look_ahead_fails_the_scrape_is_told_that_the_catalog_is_away_and_nothing_old()
    {
        await ScrapeThreeTimesAsync();
        await ExecuteAsync(Database, "ALTER TABLE task_counter RENAME TO task_counter_gone");
        _clock.Advance(TimeSpan.FromSeconds(29));
        await Look.LookingAhead;
        _clock.Advance(TimeSpan.FromSeconds(1));
        var away = await Look.LookAsync(Cancel);
        await ExecuteAsync(Database, "ALTER TABLE task_counter_gone RENAME TO task_counter");

        Assert.Null(away);
        Assert.Single((await LookAsync()).Volumes);
    }

    private async Task ScrapeThreeTimesAsync()
    {
        await LookAsync();
        for (var i = 0; i < 2; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(30));
            await LookAsync();
        }
    }

    private async Task<CatalogFacts> LookAsync() =>
        await Look.LookAsync(Cancel) ?? throw new InvalidOperationException("The catalog did not answer.");

    private Task AddVolumeAsync(string id) => ExecuteAsync(Database, VolumeSql(id));

    private static string VolumeSql(string name)
    {
        var id = new Guid(name.PadRight(16).Select(c => (byte)c).ToArray());
        return "INSERT INTO volume (id, project_id, name, source, size_bytes, status, created_at, updated_at) "
            + $"VALUES ('{id}', 'p', '{name}', '{name}', 4096, 1, 0, 0)";
    }

    private static async Task ExecuteAsync(CatalogDatabase database, string sql)
    {
        await using var tx = await database.BeginAsync(Cancel);
        await tx.ExecuteAsync(sql, null, Cancel);
        await tx.CommitAsync(Cancel);
    }
}
