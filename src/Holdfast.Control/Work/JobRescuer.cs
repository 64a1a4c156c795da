using Holdfast.Control.Jobs;
using Holdfast.Control.Loops;
using Holdfast.Control.Tasks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Work;

/// <summary>Takes jobs from workers that gave no sign of life: back to the queue, or, after too many attempts, to their end.</summary>
internal sealed class JobRescuer(JobStore jobs, JobEnds ends, IOptions<JobOptions> options, TimeProvider clock, ILogger<JobRescuer> log)
    : LoopService(clock, log)
{
    private readonly JobOptions _options = options.Value;

    protected override TimeSpan Interval => TimeSpan.FromSeconds(Math.Max(1, _options.LeaseSeconds / 6.0));

    public override async Task<bool> RunOnceAsync(DateTimeOffset now, CancellationToken cancel)
    {
        var expired = await jobs.ExpiredAsync(now, cancel);
        foreach (var job in expired)
        {
            await RescueAsync(job, now, cancel);
        }

        return false;
    }

    private async Task RescueAsync(Job job, DateTimeOffset now, CancellationToken cancel)
    {
        var failure =
            job.Attempt < _options.MaxAttempts
                ? null
                : new JobFailure(
                    TaskCodes.NotHandedOver,
                    $"Given up after {job.Attempt} attempts: each time the worker that carried it out died or lost touch with the "
                        + $"catalog (last: {job.LeaseOwner})."
                );
        if (!await ends.RescueAsync(job, failure, now, cancel))
        {
            return;
        }

        if (failure is null)
        {
            JobLog.Rescued(log, job.Kind, job.Id, job.LeaseOwner);
            jobs.Queued.Wake();
        }
        else
        {
            JobLog.Failed(log, error: null, job.Kind, job.Id, failure.Code, failure.Reason);
        }
    }
}
