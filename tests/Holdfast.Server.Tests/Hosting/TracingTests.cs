using Holdfast.Testing;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Trace;

namespace Holdfast.Server.Tests.Hosting;

/// <summary>Spans of requests, jobs and stores reach a receiver, and belong together. Beside no other tests: the requests of all services
/// of the process are heard, and of more than a few thousand at once some are lost.</summary>
[Collection(nameof(Alone))]
public sealed class TracingTests : IDisposable
{
    private readonly SpanReceiver _receiver = new();

    [Fact]
    public async Task An_order_and_its_job_are_one_trace_and_what_fails_says_why()
    {
        string good,
            bad;
        await using (var server = await StartAsync())
        {
            var file = server.AddFile("traced", 200_000);
            (var volume, good) = await BackUpAsync(server, file, "SUCCESS");
            File.Delete(file);
            (_, bad) = await BackUpAsync(server, volume, "FAIL");
            await server.SendAsync("GET", "/health/live");
            await server.SendAsync("GET", "/v3/{p}/backups/detail?name=hidden-in-a-query");
            await HearAsync(server, good, bad);
        }

        Assert.All(_receiver.Paths, path => Assert.Equal("/v1/traces", path));
        var spans = _receiver.Spans.ToList();
        // The service of another test, in this process, is heard as well.
        var jobs = spans.Where(span => span.Job == good || span.Job == bad).ToList();
        Assert.Equal(2, jobs.Select(job => job.Trace).Distinct().Count());
        foreach (var job in jobs)
        {
            var order = Assert.Single(spans, span => span.Id == job.Parent);
            Assert.Equal((job.Trace, "POST /v2/{project}/cloudbackups"), (order.Trace, order.Name));
            Assert.Equal("job CreateBackup", job.Name);
        }

        Assert.Null(Assert.Single(jobs, job => job.Job == good).Failure);
        Assert.Contains(jobs, job => job.Job == bad && job.Failure?.Contains("traced", StringComparison.Ordinal) == true);
        Assert.DoesNotContain(spans, span => span.Name.Contains("health", StringComparison.Ordinal));
        Assert.All(
            _receiver.Texts,
            text =>
            {
                Assert.DoesNotContain("hidden-in-a-query", text, StringComparison.Ordinal);
                Assert.DoesNotContain(TestServer.Password, text, StringComparison.Ordinal);
            }
        );
        Assert.Contains(_receiver.Texts, text => text.Contains("service.name", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Requests_to_an_object_store_are_spans_of_the_job_that_sent_them()
    {
        var bucket = S3Servers.Find("moto");
        Assert.SkipWhen(bucket is null, $"{S3Servers.Variable} names no moto: no object store to test on");
        var address = bucket.NewAddress();
        string id;
        await using (
            var server = await StartAsync(
                ("HOLDFAST_Repository__Url", address.ToString()),
                ("HOLDFAST_Repository__AccessKey", bucket.AccessKey),
                ("HOLDFAST_Repository__SecretKey", bucket.SecretKey)
            )
        )
        {
            (_, id) = await BackUpAsync(server, server.AddFile("traced", 200_000), "SUCCESS");
            await HearAsync(server, id);
        }

        var spans = _receiver.Spans.ToList();
        var job = Assert.Single(spans, span => span.Job == id);
        Assert.Contains(spans, span => span.Name == "S3 Put" && (span.Trace, span.Parent) == (job.Trace, job.Id));
        Assert.All(_receiver.Texts, text => Assert.DoesNotContain(bucket.SecretKey, text, StringComparison.Ordinal));
        await bucket.EmptyAsync(address);
    }

    [Fact]
    public async Task A_receiver_that_is_not_there_costs_nothing_but_the_spans()
    {
        _receiver.Dispose();
        await using var server = await StartAsync();

        await BackUpAsync(server, server.AddFile("untraced", 200_000), "SUCCESS");
    }

    public void Dispose() => _receiver.Dispose();

    private Task<TestServer> StartAsync(params (string, string)[] settings) =>
        TestServer.StartAsync([("HOLDFAST_Traces__Endpoint", _receiver.Url), .. settings]);

    /// <summary>Waits until the spans of these jobs were sent: a service that ends sends the rest, and gives up after seconds.</summary>
    private Task HearAsync(TestServer server, params string[] jobs)
    {
        var provider = server.Server.Services.GetRequiredService<TracerProvider>();
        return TestServer.UntilAsync(
            () =>
            {
                provider.ForceFlush();
                return Task.FromResult(jobs.All(job => _receiver.Spans.Any(span => span.Job == job)));
            },
            () => "The jobs' spans were not sent"
        );
    }

    /// <summary>Orders a backup, waits for its end, and gives the ids of volume and job.</summary>
    private static async Task<(string Volume, string Job)> BackUpAsync(TestServer server, string volume, string status)
    {
        if (volume.Contains('/', StringComparison.Ordinal))
        {
            var body = $$"""{"volume": {"name": "traced", "ref": {"source-name": "{{volume}}"} } }""";
            volume =
                (await server.SendAsync("POST", "/v3/{p}/os-volume-manage", body))
                    .Expect(202)
                    .GetProperty("volume")
                    .GetProperty("id")
                    .GetString()
                ?? "";
        }

        var ordered = await server.SendAsync(
            "POST",
            "/v2/{p}/cloudbackups",
            $$"""{"backup": {"volume_id": "{{volume}}", "name": "traced"} }"""
        );
        var job = ordered.Expect(200).GetProperty("job_id").GetString() ?? "";
        await server.WaitForJobAsync(job, status);
        return (volume, job);
    }
}

[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
