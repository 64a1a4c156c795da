using Holdfast.Control.Catalog;
using Holdfast.Server.Metrics;
using Holdfast.Server.Settings;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.Server.Tests.Metrics;

/// <summary>What Prometheus is told, by whom it may be asked, and what is told while something is away.</summary>
public sealed class MetricsTests
{
    private static readonly string Odd = "a\"b\\c\nd\\n{e=\"f\"} 1\r\t😀";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_volume_is_unprotected_and_without_an_age_until_its_backup_is_there()
    {
        await using var server = await TestServer.StartAsync();
        var volume = await server.AddVolumeAsync("data", 300_000);
        (string, string)[] labels = [("project", "default"), ("volume", "data")];

        var before = await Scrape.OfAsync(server);
        await server.BackUpAsync(volume, "first");
        var after = await Scrape.OfAsync(server);

        Assert.Equal(0, before.Find("holdfast_volume_protected", labels));
        Assert.Null(before.Find("holdfast_volume_last_good_backup_age_seconds", labels));
        Assert.Null(before.Find("holdfast_volume_last_backup_success", labels));
        Assert.Equal(1, before.Find("holdfast_volume_info", [.. labels, ("project_id", server.Project), ("volume_id", volume)]));
        Assert.Equal(1, after.Find("holdfast_volume_protected", labels));
        Assert.True(after.Find("holdfast_volume_last_good_backup_age_seconds", labels) >= 0);
        Assert.True(after.Find("holdfast_volume_last_good_backup_duration_seconds", labels) >= 0);
        Assert.Equal(300_000, after.Find("holdfast_volume_last_good_backup_read_bytes", labels));
        Assert.Equal(5 * 65_536, after.Find("holdfast_volume_last_good_backup_new_bytes", labels));
        Assert.True(after.Find("holdfast_volume_last_good_backup_stored_bytes", labels) > 300_000);
        Assert.Equal(1, after.Find("holdfast_volume_last_backup_success", labels));
        Assert.Equal(0, after.Find("holdfast_volume_failures_in_a_row", labels));
        Assert.Null(after.Find("holdfast_volume_last_proven_restore_age_seconds", labels));
    }

    /// <summary>Nothing else than the service's clock counts, and that may have been set back.</summary>
    [Fact]
    public async Task A_backup_of_the_future_is_no_seconds_old()
    {
        await using var server = await TestServer.StartAsync();
        await server.BackUpAsync(await server.AddVolumeAsync("data"), "first");
        await server.ChangeCatalogAsync(
            "UPDATE backup SET created_at = created_at + @hour, available_at = available_at + @hour",
            new { hour = 3_600_000 }
        );

        var told = await Scrape.OfAsync(server);

        Assert.Equal(0, told.Find("holdfast_volume_last_good_backup_age_seconds", ("project", "default"), ("volume", "data")));
    }

    [Fact]
    public async Task Names_of_any_characters_and_names_that_are_used_twice_make_one_series_each()
    {
        await using var server = await TestServer.StartAsync();
        var ids = new Dictionary<string, string>();
        foreach (var name in (string[])["odd", "one", "two", "none", "trap"])
        {
            ids[name] = await server.AddVolumeAsync(name);
        }

        foreach (
            var (volume, name) in ((string, string)[])
                [("odd", Odd), ("one", "same"), ("two", "same"), ("none", ""), ("trap", $"same ({ids["one"]})")]
        )
        {
            await server.ChangeCatalogAsync("UPDATE volume SET name = @name WHERE id = @id", new { id = ids[volume], name });
        }

        var names = (await Scrape.OfAsync(server)).Labels("holdfast_volume_protected", "volume").ToList();

        Assert.Contains(Odd, names);
        Assert.Contains($"same ({ids["two"]})", names);
        Assert.Contains($"({ids["none"]})", names);
        Assert.Equal(5, names.Distinct().Count());
    }

    [Fact]
    public void Half_a_character_and_an_end_of_text_are_replaced() =>
        Assert.Equal("l=\"a\uFFFDb\uFFFDc\"", System.Text.Encoding.UTF8.GetString(MetricText.LabelsOf("l", "a\0b\uD83Dc")));

    [Fact]
    public async Task All_statuses_and_queues_are_there_from_the_start_and_every_metric_is_described()
    {
        await using var server = await TestServer.StartAsync();

        var told = await Scrape.OfAsync(server);

        Assert.Equal(
            ["EXECUTE_FAIL", "EXECUTE_SUCCESS", "EXECUTE_TIMEOUT", "RUNNING", "SKIP", "WAITING"],
            told.Labels("holdfast_task_total", "status").Order(StringComparer.Ordinal)
        );
        Assert.Equal(0, told.Find("holdfast_jobs_queued", ("lane", "orders"), ("kind", "create-backup")));
        Assert.Equal(0, told.Find("holdfast_jobs_running", ("lane", "store"), ("kind", "copy")));
        var known = MetricFamilies.All.ToDictionary(family => family.Name, family => (family.Type, family.Help));
        Assert.All(told.Families, family => Assert.Equal(known[family.Key], family.Value));
        Assert.All(told.Names, name => Assert.Contains(BaseOf(name), told.Families.Keys));
    }

    [Fact]
    public async Task Requests_are_timed_by_route_and_strangers_make_no_series_of_their_own()
    {
        await using var server = await TestServer.StartAsync();
        await server.SendAsync("GET", "/healthz", token: null);
        await server.SendAsync("GET", "/v2/{p}/backuppolicy");
        await server.SendAsync("GET", "/made/up/path", token: null);
        await server.SendAsync("BREW", "/healthz", token: null);

        var told = await Scrape.OfAsync(server);

        Assert.Equal(1, Count("/healthz", "GET", "200"));
        Assert.Equal(1, Count("/v2/{project}/backuppolicy", "GET", "200"));
        Assert.Equal(1, told.Find("holdfast_http_request_duration_seconds_bucket", [.. Labels("/healthz", "GET", "200"), ("le", "+Inf")]));
        Assert.DoesNotContain("BREW", told.Labels("holdfast_http_request_duration_seconds_count", "method"));
        Assert.DoesNotContain("/made/up/path", told.Labels("holdfast_http_request_duration_seconds_count", "route"));

        double? Count(string route, string method, string status) =>
            told.Find("holdfast_http_request_duration_seconds_count", Labels(route, method, status));

        (string, string)[] Labels(string route, string method, string status) =>
            [("route", route), ("method", method), ("status", status)];
    }

    /// <summary>With SQLite nobody else can write while this test does.</summary>
    [Fact]
    public async Task A_scrape_does_not_wait_for_whoever_writes_to_the_catalog()
    {
        await using var server = await TestServer.StartAsync();
        await using var writer = await server.Server.Services.GetRequiredService<CatalogDatabase>().BeginAsync(Cancel);
        await writer.ExecuteAsync("UPDATE project SET description = 'x'", null, Cancel);

        Assert.Equal(1, (await Scrape.OfAsync(server)).Find("holdfast_catalog_up"));
    }

    [Fact]
    public async Task While_the_catalog_is_away_the_rest_is_told_and_that_it_is()
    {
        await using var server = await TestServer.StartAsync();
        await server.AddVolumeAsync("data");
        await RenameAsync("service RENAME TO service_gone", "task_counter RENAME TO task_counter_gone");

        var away = await Scrape.OfAsync(server);
        var live = await server.SendAsync("GET", "/health/live", token: null);
        var ready = await server.SendAsync("GET", "/health/ready", token: null);
        await RenameAsync("service_gone RENAME TO service", "task_counter_gone RENAME TO task_counter");
        var back = await Scrape.OfAsync(server);

        Assert.Equal((0, 0, 1), (away.Find("holdfast_catalog_up"), Part(away, "catalog"), Part(away, "repository")));
        Assert.Equal(1, away.Find("holdfast_build_info", ("version", ProcessMetrics.Version())));
        Assert.DoesNotContain(away.Names, name => name.StartsWith("holdfast_volume_", StringComparison.Ordinal));
        Assert.DoesNotContain("holdfast_task_total", away.Names);
        Assert.Equal("ok", live.Expect(200).GetProperty("status").GetString());
        Assert.Equal("ill", ready.Expect(503).GetProperty("parts").GetProperty("catalog").GetProperty("status").GetString());
        Assert.Equal((1, 1), (back.Find("holdfast_catalog_up"), Part(back, "catalog")));
        Assert.Contains("holdfast_volume_protected", back.Names);

        async Task RenameAsync(params string[] renames)
        {
            await using var tx = await server.Server.Services.GetRequiredService<CatalogDatabase>().BeginAsync(Cancel);
            foreach (var rename in renames)
            {
                await tx.ExecuteAsync($"ALTER TABLE {rename}", null, Cancel);
            }

            await tx.CommitAsync(Cancel);
        }

        static double? Part(Scrape told, string part) => told.Find("holdfast_ready", ("part", part));
    }

    [Theory]
    [InlineData("X-Forwarded-For", "192.0.2.1")]
    [InlineData("X-Forwarded-Proto", "https")]
    [InlineData("Forwarded", "for=192.0.2.1")]
    [InlineData("Via", "1.1 proxy")]
    public async Task Whoever_comes_through_a_proxy_is_told_which_setting_lets_them_in(string header, string value)
    {
        await using var server = await TestServer.StartAsync();
        await using var open = await TestServer.StartAsync(("HOLDFAST_Metrics__Public", "true"));

        var refused = await AskAsync(server);
        var told = await AskAsync(open);

        Assert.Equal(403, refused.Status);
        Assert.Contains("Metrics:Public", refused.Text, StringComparison.Ordinal);
        Assert.Equal(200, told.Status);

        async Task<Answer> AskAsync(TestServer asked)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics") { Headers = { { header, value } } };
            using var response = await asked.Http.SendAsync(request, Cancel);
            return new Answer((int)response.StatusCode, await response.Content.ReadAsStringAsync(Cancel));
        }
    }

    [Theory]
    [InlineData("http://127.0.0.1:8776", true)]
    [InlineData("http://127.9.9.9:8776", true)]
    [InlineData("http://[::1]:8776", true)]
    [InlineData("http://localhost:8776", true)]
    [InlineData("http://0.0.0.0:8776", false)]
    [InlineData("http://[::]:8776", false)]
    [InlineData("http://192.0.2.1:8776", false)]
    public void Loopback_is_what_only_this_machine_reaches(string listen, bool isLoopback) =>
        Assert.Equal(isLoopback, ListenAddress.IsLoopback(new Uri(listen)));

    /// <summary>Of a histogram's three kinds of samples the family's name.</summary>
    private static string BaseOf(string name) =>
        name.StartsWith(MetricFamilies.RequestDuration.Name, StringComparison.Ordinal) ? MetricFamilies.RequestDuration.Name : name;
}
