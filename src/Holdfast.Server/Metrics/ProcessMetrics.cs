using System.Globalization;
using System.Reflection;
using Holdfast.Engine;
using Holdfast.Engine.Objects;
using Prometheus;

namespace Holdfast.Server.Metrics;

/// <summary>What this process counts: its requests, and those that it sends to an object store. Begins at 0 with the process.</summary>
internal sealed class ProcessMetrics
{
    /// <summary>Seconds: an answer from memory to one that somebody would complain about.</summary>
    private static readonly double[] Buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

    private readonly CollectorRegistry _registry = Prometheus.Metrics.NewCustomRegistry();
    private readonly Histogram _requests;

    public ProcessMetrics(Repository repository)
    {
        var factory = Prometheus.Metrics.WithCustomRegistry(_registry);
        var times = MetricFamilies.RequestDuration;
        _requests = factory.CreateHistogram(times.Name, times.Help, times.Labels, new HistogramConfiguration { Buckets = Buckets });
        var build = MetricFamilies.Build;
        factory.CreateGauge(build.Name, build.Help, build.Labels).WithLabels(Version()).Set(1);
        if (repository.CountedStore is { } store)
        {
            CountStore(factory, store);
        }
    }

    /// <summary>The version that <c>holdfast --version</c> tells, without the commit.</summary>
    internal static string Version() =>
        Assembly
            .GetExecutingAssembly()
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion.Split('+')[0]
            ?? "unknown";

    public void AddRequest(string route, string method, int status, TimeSpan took) =>
        _requests.WithLabels(route, method, status.ToString(CultureInfo.InvariantCulture)).Observe(took.TotalSeconds);

    /// <summary>In Prometheus' text format.</summary>
    public async Task<byte[]> ToTextAsync(CancellationToken cancel)
    {
        using var text = new MemoryStream();
        await _registry.CollectAndExportAsTextAsync(text, cancel);
        return text.ToArray();
    }

    private void CountStore(MetricFactory factory, ICountedStore store)
    {
        var (requests, errors) = (Make(factory, MetricFamilies.StoreRequests), Make(factory, MetricFamilies.StoreErrors));
        var (sent, received) = (Make(factory, MetricFamilies.StoreSent), Make(factory, MetricFamilies.StoreReceived));
        _registry.AddBeforeCollectCallback(() =>
        {
            var (all, failed) = (store.Requests, store.Failures);
            Set(requests, all);
            Set(errors, failed);
            sent.IncTo(all.BytesSent);
            received.IncTo(all.BytesReceived);
        });
    }

    private static Counter Make(MetricFactory factory, MetricFamily family) =>
        factory.CreateCounter(family.Name, family.Help, family.Labels);

    private static void Set(Counter counter, StoreRequests counts)
    {
        foreach (
            var (verb, count) in ((string, long)[])
                [
                    ("put", counts.Puts),
                    ("get", counts.Gets),
                    ("head", counts.Heads),
                    ("list", counts.Lists),
                    ("delete", counts.Deletes),
                    ("other", counts.Others),
                ]
        )
        {
            counter.WithLabels(verb).IncTo(count);
        }
    }
}
