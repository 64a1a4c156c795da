using System.Diagnostics;
using System.Security.Cryptography;
using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Control.Loops;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Objects;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Work;

/// <summary>Claims jobs and carries them out, one at a time. A process has as many of these as <see cref="JobOptions.Workers"/>
/// says, and one for upkeep.</summary>
internal sealed class JobWorker(
    JobStore jobs,
    JobEnds ends,
    IOptions<JobOptions> options,
    TimeProvider clock,
    ILogger<JobWorker> log,
    JobLane lane = JobLane.Orders
) : LoopService(clock, log)
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromHours(1);

    private readonly JobOptions _options = options.Value;
    private readonly TimeProvider _clock = clock;

    protected override TimeSpan Interval => TimeSpan.FromSeconds(_options.PollSeconds);

    protected override WakeSignal? Signal => jobs.Queued;

    private TimeSpan Lease => TimeSpan.FromSeconds(_options.LeaseSeconds);

    /// <summary>Claims one job and runs it to its end. A cancelled run is handed back.</summary>
    public override async Task<bool> RunOnceAsync(DateTimeOffset now, CancellationToken cancel)
    {
        var owner = NewOwner();
        if (await jobs.ClaimAsync(owner, Lease, now, cancel, lane) is not { } job)
        {
            return false;
        }

        JobMessages.Begins(log, job.Kind, job.Id, job.Attempt, _options.MaxAttempts);
        await RunAsync(job, new JobLease(job.Id, owner, job.Attempt), cancel);
        return true;
    }

    private async Task RunAsync(Job job, JobLease lease, CancellationToken shutdown)
    {
        await using var keeper = new LeaseKeeper(jobs, lease, Lease, _clock, log);
        using var limit = new Deadline(TimeSpan.FromMinutes(_options.TimeoutMinutes), _clock);
        using var requests = StoreRequestScope.Begin();
        using var span = BeginSpan(job);
        await using var lines = ends.OpenLog(job);
        TellBegin(job, lines);
        try
        {
            var end = await RunWatchedAsync(job, lease, lines, shutdown, limit.Token, keeper.Lost);
            if (requests.Requests is { Total: > 0 } sent)
            {
                JobMessages.StoreRequests(log, job.Kind, job.Id, sent.Puts, sent.Gets, sent.Heads, sent.Lists, sent.Deletes, sent.Others);
                TellRequests(sent, lines);
            }

            await end(requests.Requests);
        }
        catch (Exception e)
        {
            // The end is not written, so the lease runs out and the job is run again: its steps stand that.
            JobMessages.EndNotWritten(log, e, job.Kind, job.Id);
            lines.Warning("The end of this attempt could not be written; the job is run again when its lease has ended.");
        }
    }

    /// <summary>Until the watch has ended nothing writes the end: it might wait for that.</summary>
    private async Task<Func<StoreRequests, Task>> RunWatchedAsync(
        Job job,
        JobLease lease,
        JobLogWriter lines,
        CancellationToken shutdown,
        CancellationToken limit,
        CancellationToken lost
    )
    {
        await using var watch = new JobWatch(jobs, lease, lines, _clock, log);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(shutdown, limit, lost, watch.Canceled);
        return await RunHandlerAsync(job, lease, lines, new Stops(watch, stop.Token, shutdown, limit, lost));
    }

    private static Activity? BeginSpan(Job job) =>
        Tracing
            .Begin($"job {job.Kind}", ActivityKind.Consumer, job.Trace)
            ?.SetTag("holdfast.job.id", job.Id.Value)
            .SetTag("holdfast.job.attempt", job.Attempt)
            .SetTag("holdfast.project.id", job.Project.Value)
            .SetTag("holdfast.volume.id", job.Volume?.ToString())
            .SetTag("holdfast.backup.id", job.Backup?.ToString());

    private void TellBegin(Job job, JobLogWriter lines)
    {
        var waited = _clock.GetUtcNow() - job.CreatedAt;
        var after = job.Attempt == 1 && waited > TimeSpan.Zero ? $", {InWords.Of(waited)} after it was ordered" : "";
        lines.Info(
            $"Attempt {job.Attempt} of {_options.MaxAttempts} begins{after}.",
            ("attempt", job.Attempt),
            (JobLogLine.Server, ServerName)
        );
    }

    private static void TellRequests(StoreRequests sent, JobLogWriter lines)
    {
        lines.Info(
            $"Sent to the object store: {sent.Total} requests, {InWords.Bytes(sent.BytesSent)} there and "
                + $"{InWords.Bytes(sent.BytesReceived)} back.",
            ("puts", sent.Puts),
            ("gets", sent.Gets),
            ("heads", sent.Heads),
            ("lists", sent.Lists),
            ("deletes", sent.Deletes),
            ("others", sent.Others)
        );
        if (sent.Retries > 0)
        {
            lines.Warning(
                $"{sent.Retries} requests to the object store had no or a bad answer and were sent again.",
                ("retries", sent.Retries)
            );
        }
    }

    /// <summary>Runs the handler and says how the job ends. What it returns writes that end, whatever has been cancelled
    /// meanwhile.</summary>
    private async Task<Func<StoreRequests, Task>> RunHandlerAsync(Job job, JobLease lease, JobLogWriter lines, Stops stops)
    {
        try
        {
            return await ends.HandlerOf(job).RunAsync(job, lease, lines, stops.Any) switch
            {
                JobOutcome.Done done => sent => SucceedAsync(job, lease, done, sent, lines),
                JobOutcome.Failed failed => sent => FailAsync(job, lease, failed.Failure, sent, lines),
                _ => _ => GiveUpAsync(job, lines),
            };
        }
        catch (OperationCanceledException) when (stops.Lost.IsCancellationRequested)
        {
            return _ => GiveUpAsync(job, lines);
        }
        catch (OperationCanceledException) when (stops.Shutdown.IsCancellationRequested)
        {
            return sent => HandBackAsync(job, lease, sent, lines);
        }
        catch (OperationCanceledException) when (stops.Watch.By is { } by)
        {
            return sent => FailAsync(job, lease, ends.CanceledBy(job, by), sent, lines);
        }
        catch (OperationCanceledException) when (stops.Limit.IsCancellationRequested)
        {
            return sent => FailAsync(job, lease, TimedOut(job), sent, lines);
        }
        catch (Exception e)
        {
            return sent =>
                IsPassing(e) && job.Attempt < _options.MaxAttempts
                    ? PutOffAsync(job, lease, e, sent, lines)
                    : FailAsync(job, lease, JobFailure.Of(ends.HandlerOf(job).FailureCode, e), sent, lines);
        }
    }

    private async Task SucceedAsync(Job job, JobLease lease, JobOutcome.Done done, StoreRequests sent, JobLogWriter lines)
    {
        if (!await ends.SucceedAsync(job, lease, done, sent, lines, CancellationToken.None))
        {
            await GiveUpAsync(job, lines);
            return;
        }

        JobMessages.Done(log, job.Kind, job.Id);
    }

    private async Task FailAsync(Job job, JobLease lease, JobFailure failure, StoreRequests sent, JobLogWriter lines)
    {
        if (await ends.FailAsync(job, lease, failure, sent, lines, CancellationToken.None))
        {
            Tracing.Fail(failure.Error?.Message ?? failure.Reason);
            JobMessages.Failed(log, failure.Error, job.Kind, job.Id, failure.Code, failure.Error?.Message ?? failure.Reason);
        }
        else
        {
            await GiveUpAsync(job, lines);
        }
    }

    private async Task PutOffAsync(Job job, JobLease lease, Exception error, StoreRequests sent, JobLogWriter lines)
    {
        var after = _clock.GetUtcNow() + DelayAfter(job.Attempt);
        if (await ends.PutOffAsync(job, lease, error, after, sent, lines, CancellationToken.None))
        {
            Tracing.Fail(error.Message);
            JobMessages.PutOff(log, error, job.Kind, job.Id, job.Attempt, _options.MaxAttempts, after);
        }
        else
        {
            await GiveUpAsync(job, lines);
        }
    }

    private async Task HandBackAsync(Job job, JobLease lease, StoreRequests sent, JobLogWriter lines)
    {
        if (await ends.HandBackAsync(job, lease, sent, lines, CancellationToken.None))
        {
            JobMessages.HandedBack(log, job.Kind, job.Id);
        }
    }

    private Task GiveUpAsync(Job job, JobLogWriter lines)
    {
        lines.Warning("This attempt was stopped: its lease was lost to another, or could not be renewed in time.");
        JobMessages.LeaseLost(log, job.Kind, job.Id);
        return Task.CompletedTask;
    }

    private JobFailure TimedOut(Job job) =>
        new(
            ends.HandlerOf(job).FailureCode,
            $"Stopped after {_options.TimeoutMinutes} minutes, the execution limit of a job (Jobs:TimeoutMinutes).",
            TimedOut: true
        );

    /// <summary>Doubled for each attempt, as a number: no span of time holds what 36 doublings make of an hour.</summary>
    private TimeSpan DelayAfter(int attempt) =>
        TimeSpan.FromSeconds(Math.Min(LongestDelay.TotalSeconds, _options.RetrySeconds * Math.Pow(2, attempt - 1)));

    private static bool IsPassing(Exception e) =>
        e is HoldfastException { IsTransient: true } or TimeoutException || CatalogTrouble.IsPassing(e);

    private static string ServerName => $"{Environment.MachineName}:{Environment.ProcessId}";

    private static string NewOwner() =>
        $"{Environment.MachineName}/{Environment.ProcessId}/{RandomNumberGenerator.GetHexString(16, lowercase: true)}";

    /// <summary>Why a run may have to stop.</summary>
    private readonly record struct Stops(
        JobWatch Watch,
        CancellationToken Any,
        CancellationToken Shutdown,
        CancellationToken Limit,
        CancellationToken Lost
    );
}
