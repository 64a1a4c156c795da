using Holdfast.Control.Jobs;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Work;

/// <summary>As many workers as <see cref="JobOptions.Workers"/> says, and where that is any, one more for each lane of the service's own
/// upkeep.</summary>
internal sealed class JobWorkers(JobStore jobs, JobEnds ends, IOptions<JobOptions> options, TimeProvider clock, ILogger<JobWorker> log)
    : IHostedService,
        IDisposable
{
    private static readonly JobLane[] UpkeepLanes = [JobLane.Store, JobLane.Drills, JobLane.Exports];

    private readonly JobWorker[] _workers =
    [
        .. Enumerable.Range(0, options.Value.Workers).Select(_ => new JobWorker(jobs, ends, options, clock, log)),
        .. Enumerable
            .Range(0, Math.Min(1, options.Value.Workers))
            .SelectMany(_ => UpkeepLanes)
            .Select(lane => new JobWorker(jobs, ends, options, clock, log, lane)),
    ];

    public Task StartAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(_workers.Select(worker => worker.StartAsync(cancellationToken)));

    /// <summary>Returns when every worker has stopped its job and handed it back.</summary>
    public Task StopAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(_workers.Select(worker => worker.StopAsync(cancellationToken)));

    public void Dispose()
    {
        foreach (var worker in _workers)
        {
            worker.Dispose();
        }
    }
}
