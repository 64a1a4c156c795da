using Holdfast.Control.Jobs;
using Holdfast.Control.Loops;
using Holdfast.Control.Tasks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Work;

/// <summary>
/// Takes jobs from workers that gave no sign of life: back to the queue, or, after too many attempts, to their end. That a lease has ended
/// by the clock is a reason to look, not to act: a clock that jumps ends every lease. Only where the holder has not renewed it meanwhile,
/// for longer than a holder that lives ever lets pass, is the job taken from it.
/// </summary>
internal sealed class JobRescuer(JobStore jobs, JobEnds ends, IOptions<JobOptions> options, TimeProvider clock, ILogger<JobRescuer> log)
    : LoopService(clock, log)
{
    private readonly JobOptions _options = options.Value;
    private readonly TimeProvider _clock = clock;

    /// <summary>Leases that had ended when they were first seen, and since when each of them stayed the same.</summary>
    private Dictionary<EndedLease, long> _ended = [];

    protected override TimeSpan Interval => TimeSpan.FromSeconds(Math.Max(1, _options.LeaseSeconds / 6.0));

    public override async Task<bool> RunOnceAsync(DateTimeOffset now, CancellationToken cancel)
    {
        var seen = new Dictionary<EndedLease, long>();
        foreach (var job in await jobs.ExpiredAsync(now, cancel))
        {
            var lease = new EndedLease(job.Id, job.Attempt, job.LeaseUntil);
            var since = _ended.TryGetValue(lease, out var first) ? first : _clock.GetTimestamp();
            seen[lease] = since;
            if (_clock.GetElapsedTime(since) >= Patience)
            {
                await RescueAsync(job, now, cancel);
            }
        }

        _ended = seen;
        return false;
    }

    /// <summary>A holder that lives renews within a third of the lease.</summary>
    private TimeSpan Patience => TimeSpan.FromSeconds(_options.LeaseSeconds / 2.0);

    private async Task RescueAsync(Job job, DateTimeOffset now, CancellationToken cancel)
    {
        var failure =
            job.Attempt < _options.MaxAttempts
                ? null
                : new JobFailure(
                    TaskCodes.NotHandedOver,
                    $"Given up after {job.Attempt} attempts: each time the worker that carried it out died or lost touch with the catalog."
                );
        if (!await ends.RescueAsync(job, failure, now, cancel))
        {
            return;
        }

        if (failure is null)
        {
            JobMessages.Rescued(log, job.Kind, job.Id, job.LeaseOwner);
            jobs.Queued.Wake();
        }
        else
        {
            JobMessages.GivenUp(log, job.Kind, job.Id, job.LeaseOwner, failure.Reason);
        }
    }

    private readonly record struct EndedLease(JobId Job, int Attempt, DateTimeOffset? Until);
}
