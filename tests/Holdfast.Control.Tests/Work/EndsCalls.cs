using Holdfast.Control.Jobs;
using Holdfast.Control.Work;
using Holdfast.Engine.Objects;

namespace Holdfast.Control.Tests.Work;

/// <summary>Parts of what a worker does, each with a log of its own.</summary>
internal static class EndsCalls
{
    public static async Task<JobOutcome> RunAsync(this JobEnds ends, Job job, JobLease lease, CancellationToken cancel)
    {
        await using var lines = ends.OpenLog(job);
        return await ends.HandlerOf(job).RunAsync(job, lease, lines, cancel);
    }

    public static async Task<bool> SucceedAsync(this JobEnds ends, Job job, JobLease lease, JobOutcome.Done done, CancellationToken cancel)
    {
        await using var lines = ends.OpenLog(job);
        return await ends.SucceedAsync(job, lease, done, default(StoreRequests), lines, cancel);
    }

    public static async Task<bool> FailAsync(this JobEnds ends, Job job, JobLease lease, JobFailure failure, CancellationToken cancel)
    {
        await using var lines = ends.OpenLog(job);
        return await ends.FailAsync(job, lease, failure, default(StoreRequests), lines, cancel);
    }

    public static async Task<bool> HandBackAsync(this JobEnds ends, Job job, JobLease lease, CancellationToken cancel)
    {
        await using var lines = ends.OpenLog(job);
        return await ends.HandBackAsync(job, lease, default(StoreRequests), lines, cancel);
    }
}
