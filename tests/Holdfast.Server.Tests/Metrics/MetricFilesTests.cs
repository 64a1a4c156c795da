using System.Diagnostics;
using System.Text.RegularExpressions;
using Holdfast.Server.Metrics;
using Holdfast.Testing;

namespace Holdfast.Server.Tests.Metrics;

/// <summary>The page, the dashboard and the alerts name the metrics that there are; the alerts do what they say.</summary>
public sealed partial class MetricFilesTests
{
    private static readonly string Rules = Path.Combine(RepositoryRoot.Path, "deploy", "prometheus");

    [Fact]
    public void The_page_lists_every_metric_as_it_is() =>
        Assert.Equal(
            MetricFamilies.All.Select(family =>
                $"| `{family.Name}` | {family.Type} | {string.Join(", ", family.Labels.Select(label => $"`{label}`"))} | {family.Help} |"
            ),
            File.ReadLines(Path.Combine(RepositoryRoot.Path, "docs", "metrics.md"))
                .Where(line => line.StartsWith("| `holdfast_", StringComparison.Ordinal))
        );

    [Theory]
    [InlineData("deploy/grafana/holdfast.json")]
    [InlineData("deploy/prometheus/holdfast.rules.yml")]
    [InlineData("deploy/prometheus/holdfast.rules.test.yml")]
    public void Every_metric_that_a_file_names_is_exposed_with_the_labels_that_it_asks_for(string file)
    {
        var known = MetricFamilies.All.ToDictionary(family => family.Name);
        var text = File.ReadAllText(Path.Combine(RepositoryRoot.Path, file)).Replace("\\\"", "\"", StringComparison.Ordinal);
        var named = Named().Matches(text);

        Assert.NotEmpty(named);
        foreach (Match match in named)
        {
            var name = Parts().Replace(match.Groups[1].Value, MetricFamilies.RequestDuration.Name);
            Assert.True(known.TryGetValue(name, out var family), $"{file} names {name}, which is not exposed");
            string[] given = [.. family.Labels, "instance", "job"];
            Assert.All(Label().Matches(match.Groups[2].Value), label => Assert.Contains(label.Groups[1].Value, given));
        }
    }

    [Fact]
    public void The_dashboard_shows_every_metric()
    {
        var dashboard = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "deploy", "grafana", "holdfast.json"));

        // What stands for a version or for ids is no curve.
        Assert.All(
            MetricFamilies.All.Select(family => family.Name).Where(name => !name.EndsWith("_info", StringComparison.Ordinal)),
            name => Assert.Contains(name, dashboard, StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task The_alerts_are_raised_when_they_should_be()
    {
        foreach (var arguments in (string[][])[["check", "rules", "holdfast.rules.yml"], ["test", "rules", "holdfast.rules.test.yml"]])
        {
            var (exitCode, output) = await RunPromtoolAsync(input: null, arguments);
            Assert.True(exitCode == 0, output);
        }
    }

    [Fact]
    public void Every_alert_has_a_test_that_it_is_raised()
    {
        var alerts = Alert().Matches(File.ReadAllText(Path.Combine(Rules, "holdfast.rules.yml"))).Select(match => match.Groups[1].Value);
        var tests = File.ReadAllText(Path.Combine(Rules, "holdfast.rules.test.yml"));
        var raised = Raised().Matches(tests).Select(match => match.Groups[1].Value);

        Assert.Equal(alerts.Order(StringComparer.Ordinal), raised.Distinct().Order(StringComparer.Ordinal));
    }

    /// <summary>Prometheus' own parser takes what is told.</summary>
    [Fact]
    public async Task Prometheus_can_read_a_scrape()
    {
        await using var server = await TestServer.StartAsync();
        var volume = await server.AddVolumeAsync("data");
        await server.BackUpAsync(volume, "first");
        await server.ChangeCatalogAsync("UPDATE volume SET name = @name", new { name = "a\"b\\c\nd😀\r" });

        var told = await server.SendAsync("GET", "/metrics", token: null);
        var (exitCode, output) = await RunPromtoolAsync(told.Text, "check", "metrics");

        // Its advice on names is told by code 3; holdfast_task_total is not ours to rename.
        var advice = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(exitCode is 0 or 3, output);
        Assert.All(advice, line => Assert.StartsWith("holdfast_task_total ", line, StringComparison.Ordinal));
    }

    private static async Task<(int ExitCode, string Output)> RunPromtoolAsync(string? input, params string[] arguments)
    {
        const string Program = "/usr/bin/promtool";
        Assert.SkipWhen(!File.Exists(Program), $"There is no {Program} (Debian's package prometheus).");
        var start = new ProcessStartInfo(Program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Rules,
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("It was not started.");
        var cancel = TestContext.Current.CancellationToken;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(cancel), process.StandardError.ReadToEndAsync(cancel));
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync(cancel);
        return (process.ExitCode, await output + await error);
    }

    [GeneratedRegex(@"\b(holdfast_[a-z_]+)(?:\{([^}]*)\})?")]
    private static partial Regex Named();

    [GeneratedRegex(@"([a-z_]+)\s*(?:=|!=|=~|!~)""")]
    private static partial Regex Label();

    [GeneratedRegex("^holdfast_http_request_duration_seconds_(?:bucket|count|sum)$")]
    private static partial Regex Parts();

    [GeneratedRegex(@"- alert: (\w+)")]
    private static partial Regex Alert();

    [GeneratedRegex(@"alertname: (\w+)\s+exp_alerts:")]
    private static partial Regex Raised();
}
