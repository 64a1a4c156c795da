using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Control.Tasks;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Control.Work;
using Holdfast.Engine.Basics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Tests.Work;

/// <summary>The worker with a handler that does what the test says, on a real queue.</summary>
public abstract class JobWorkerSpec : CatalogSpec
{
    private readonly JobOptions _options = new()
    {
        TimeoutMinutes = 10,
        LeaseSeconds = 60,
        MaxAttempts = 3,
        RetrySeconds = 30,
    };
    private readonly ScriptedHandler _handler = new();
    private JobStore _jobs = null!; // made in OpenedAsync
    private TaskStore _tasks = null!; // made in OpenedAsync
    private BackupTask _task = null!; // made in OpenedAsync
    private ProjectId _project;

    [Fact]
    public async Task A_success_ends_job_and_task_and_writes_what_the_handler_adds_in_one_transaction()
    {
        var (written, told) = (0, 0);
        _handler.Run = async (_, _, _) =>
        {
            await StartTaskAsync();
            return new JobOutcome.Done(
                (tx, _) =>
                {
                    written++;
                    return Task.CompletedTask;
                },
                () => told++
            );
        };

        Assert.True(await Worker().RunOnceAsync(Bed.Now, Cancel));

        Assert.Equal(
            (JobState.Succeeded, BackupTaskStatus.Success, 1, 1),
            (await StateAsync(), await TaskStatusAsync(), written, told)
        );
        Assert.False(await Worker().RunOnceAsync(Bed.Now, Cancel));
    }

    [Fact]
    public async Task Nothing_of_a_success_is_kept_when_a_part_of_it_cannot_be_written()
    {
        _handler.Run = async (_, _, _) =>
        {
            await StartTaskAsync();
            return new JobOutcome.Done((_, _) => throw new InvalidOperationException("the catalog is full"));
        };

        await Worker().RunOnceAsync(Bed.Now, Cancel);
        Assert.Equal((JobState.Running, BackupTaskStatus.Running), (await StateAsync(), await TaskStatusAsync()));

        // Its lease runs out, and the next attempt completes it.
        Bed.Clock.Advance(TimeSpan.FromSeconds(61));
        await RescueAsync();
        _handler.Run = (_, _, _) => Task.FromResult<JobOutcome>(new JobOutcome.Done((_, _) => Task.CompletedTask));
        await Worker().RunOnceAsync(Bed.Now, Cancel);
        Assert.Equal((JobState.Succeeded, BackupTaskStatus.Success), (await StateAsync(), await TaskStatusAsync()));
    }

    [Fact]
    public async Task A_rescued_jobs_log_goes_on_with_its_second_attempt()
    {
        _handler.Tell = lines => lines.Info("At it.");
        _handler.Run = async (_, _, _) =>
        {
            await StartTaskAsync();
            return new JobOutcome.Done((_, _) => throw new InvalidOperationException("as if the process had been killed"));
        };
        await Worker().RunOnceAsync(Bed.Now, Cancel);
        Bed.Clock.Advance(TimeSpan.FromSeconds(61));
        await RescueAsync();
        _handler.Run = (_, _, _) => Task.FromResult<JobOutcome>(new JobOutcome.Done((_, _) => Task.CompletedTask));
        await Worker().RunOnceAsync(Bed.Now, Cancel);

        var lines = await Logs.ReadAsync(_task.Job!.Value, 0, 100, null, Cancel);
        Assert.Equal(Enumerable.Range(1, lines.Count).Select(n => (long)n), lines.Select(line => line.Number));
        Assert.Equal(
            [
                "1 Attempt 1 of 3 begins.",
                "1 At it.",
                "1 The end of this attempt could not be written; the job is run again when its lease has ended.",
                "1 Who carried attempt 1 out gave no sign of life and lost the job. It is back in the queue.",
                "2 Attempt 2 of 3 begins.",
                "2 At it.",
                "2 Done.",
            ],
            lines.Select(line => $"{line.Attempt} {line.Message}")
        );
    }

    [Fact]
    public async Task What_an_attempt_writes_can_be_read_while_it_runs()
    {
        _handler.Tell = lines => lines.Info("At it.");
        var running = Forever();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var run = Worker().RunOnceAsync(Bed.Now, stop.Token);
        await running;
        IReadOnlyList<JobLogLine> lines = [];

        // Once: a clock that is moved again and again comes to the job's limit before a slow disk has taken the lines.
        Bed.Clock.Advance(TimeSpan.FromSeconds(1));
        while (lines.Count == 0)
        {
            Cancel.ThrowIfCancellationRequested();
            lines = await Logs.ReadAsync(_task.Job!.Value, 0, 100, null, Cancel);
        }

        Assert.Equal("At it.", lines[^1].Message);
        await stop.CancelAsync();
        await run;
        lines = await Logs.ReadAsync(_task.Job!.Value, 0, 100, null, Cancel);
        Assert.StartsWith("Stopped, because the service ends.", lines[^1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lasting_failure_fails_at_once_with_its_reason()
    {
        _handler.Run = async (_, _, _) =>
        {
            await StartTaskAsync();
            throw new HoldfastException(FailureKind.DeviceUnreadable, "'/dev/sdx' cannot be read at byte 4096.");
        };
        var told = $"The volume cannot be read. The service's log says more under job {_task.Job}.";

        await Worker().RunOnceAsync(Bed.Now, Cancel);

        var job = await JobAsync();
        Assert.Equal(
            (JobState.Failed, 1, "X.1", told),
            (job.State, job.Attempt, job.ErrorCode, job.FailReason)
        );
        var task = await _tasks.FindAsync(_project, _task.Id, Cancel);
        Assert.Equal((BackupTaskStatus.Failed, "X.1", told), (task!.Status, task.Code, task.Message));
        Assert.Equal(Bed.Now, task.FinishedAt);
        Assert.Equal("X.1", Assert.Single(_handler.Failures).Code);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_told_of_a_failure_names_no_host_no_process_and_no_path(bool known)
    {
        var secret = $"{Environment.MachineName} {Environment.ProcessId} /srv/own/packs";
        foreach (var kind in known ? Enum.GetValues<FailureKind>() : [FailureKind.Refused])
        {
            Exception error = known ? new HoldfastException(kind, secret) : new InvalidOperationException(secret);
            foreach (var job in Enum.GetValues<JobKind>())
            {
                var told = FailureTexts.Of(error, (await JobAsync()) with { Kind = job }, "db1");
                Assert.DoesNotContain(Environment.MachineName, told.Replace("db1", "", StringComparison.Ordinal), StringComparison.Ordinal);
                Assert.DoesNotContain("/", told, StringComparison.Ordinal);
                Assert.EndsWith($"job {_task.Job}.", told, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task A_task_can_fail_before_it_ran()
    {
        _handler.Run = (_, _, _) => Task.FromResult<JobOutcome>(new JobOutcome.Failed(new JobFailure(TaskCodes.VolumeGone, "gone")));
        await Worker().RunOnceAsync(Bed.Now, Cancel);
        Assert.Equal((JobState.Failed, BackupTaskStatus.Failed), (await StateAsync(), await TaskStatusAsync()));
    }

    [Fact]
    public async Task A_passing_failure_is_tried_again_later_and_fails_at_the_last_attempt()
    {
        _handler.Run = async (_, _, _) =>
        {
            await StartTaskAsync();
            throw new HoldfastException(FailureKind.Unavailable, "The store did not answer.");
        };

        foreach (var delay in (int[])[30, 60])
        {
            Assert.True(await Worker().RunOnceAsync(Bed.Now, Cancel));
            Assert.Equal((JobState.Queued, BackupTaskStatus.Running), (await StateAsync(), await TaskStatusAsync()));
            Bed.Clock.Advance(TimeSpan.FromSeconds(delay - 1));
            Assert.False(await Worker().RunOnceAsync(Bed.Now, Cancel));
            Bed.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.True(await Worker().RunOnceAsync(Bed.Now, Cancel));
        Assert.Equal(
            (JobState.Failed, BackupTaskStatus.Failed, 3),
            (await StateAsync(), await TaskStatusAsync(), (await JobAsync()).Attempt)
        );
    }

    [Fact]
    public async Task A_job_that_runs_into_the_limit_is_stopped_and_its_task_timed_out()
    {
        var running = Forever();
        var pass = Worker().RunOnceAsync(Bed.Now, Cancel);
        await running.WaitAsync(Cancel);
        Bed.Clock.Advance(TimeSpan.FromMinutes(10));
        await pass;

        var job = await JobAsync();
        Assert.Equal((JobState.Failed, "X.1"), (job.State, job.ErrorCode));
        Assert.Contains("10 minutes", job.FailReason, StringComparison.Ordinal);
        Assert.Equal(BackupTaskStatus.TimedOut, await TaskStatusAsync());
        Assert.True(Assert.Single(_handler.Failures).TimedOut);
    }

    [Fact]
    public async Task A_running_job_that_somebody_cancels_stops_and_says_who_it_was()
    {
        var running = Forever();
        var pass = Worker().RunOnceAsync(Bed.Now, Cancel);
        await running.WaitAsync(Cancel);
        var cancellation = new JobCancellation(Bed.Database, _jobs, Ends());
        Assert.Equal(CancelOutcome.Asked, await cancellation.CancelAsync(await JobAsync(), "ann", Cancel));
        Assert.Equal(CancelOutcome.Asked, await cancellation.CancelAsync(await JobAsync(), "bob", Cancel));
        Assert.Equal((JobState.Running, "ann"), (await StateAsync(), (await JobAsync()).CancelBy));
        Bed.Clock.Advance(TimeSpan.FromSeconds(2));
        await pass;

        var job = await JobAsync();
        Assert.Equal((JobState.Failed, "X.1", "Canceled by 'ann'."), (job.State, job.ErrorCode, job.FailReason));
        Assert.Equal(BackupTaskStatus.Failed, await TaskStatusAsync());
        Assert.Equal("Canceled by 'ann'.", Assert.Single(_handler.Failures).Reason);
        Assert.Equal(CancelOutcome.Over, await cancellation.CancelAsync(job, "ann", Cancel));
    }

    [Fact]
    public async Task What_was_canceled_while_its_worker_died_stops_at_the_next_attempt()
    {
        await StartTaskAsync();
        await _jobs.ClaimAsync("dead", TimeSpan.FromSeconds(60), Bed.Now, Cancel);
        var cancellation = new JobCancellation(Bed.Database, _jobs, Ends());
        Assert.Equal(CancelOutcome.Asked, await cancellation.CancelAsync(await JobAsync(), "ann", Cancel));
        Bed.Clock.Advance(TimeSpan.FromSeconds(61));
        await RescueAsync();
        Assert.Equal(JobState.Queued, await StateAsync());

        _handler.Run = async (_, _, cancel) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, Bed.Clock, cancel);
            throw new InvalidOperationException("never comes here");
        };
        await Worker().RunOnceAsync(Bed.Now, Cancel);
        Assert.Equal((JobState.Failed, "Canceled by 'ann'."), (await StateAsync(), (await JobAsync()).FailReason));
    }

    [Fact]
    public async Task How_far_an_attempt_is_can_be_read_while_it_runs_and_begins_anew_with_the_next()
    {
        JobLogWriter? lines = null;
        _handler.Tell = given => lines = given;
        var running = Forever();
        using var shutdown = new CancellationTokenSource();
        var pass = Worker().RunOnceAsync(Bed.Now, shutdown.Token);
        await running.WaitAsync(Cancel);
        lines!.Reach(1_000_000, 9_000_000);
        await ProgressAsync(1_000_000);
        Assert.Equal(9_000_000, (await JobAsync()).BytesTotal);
        lines.Reach(3_000_000, 9_000_000);
        await ProgressAsync(3_000_000);
        Assert.InRange((await JobAsync()).BytesPerSecond ?? 0, 1, 1_000_000);
        await shutdown.CancelAsync();
        await pass;

        running = Forever();
        using var again = new CancellationTokenSource();
        pass = Worker().RunOnceAsync(Bed.Now, again.Token);
        await running.WaitAsync(Cancel);
        Assert.Null((await JobAsync()).BytesDone);
        await again.CancelAsync();
        await pass;
    }

    [Fact]
    public async Task Shutdown_hands_the_job_back_at_once_without_an_attempt()
    {
        using var shutdown = new CancellationTokenSource();
        var running = Forever();
        var pass = Worker().RunOnceAsync(Bed.Now, shutdown.Token);
        await running.WaitAsync(Cancel);
        await shutdown.CancelAsync();
        await pass;

        var job = await JobAsync();
        Assert.Equal((JobState.Queued, 0, Bed.Now, null), (job.State, job.Attempt, job.RunAfter, job.LeaseOwner));
        Assert.Empty(_handler.Failures);
    }

    [Fact]
    public async Task A_worker_that_lost_its_lease_stops_and_writes_no_end()
    {
        var running = Forever();
        var pass = Worker().RunOnceAsync(Bed.Now, Cancel);
        await running.WaitAsync(Cancel);
        await Bed.ExecuteAsync("UPDATE job SET lease_owner = 'another', attempt = 2"); // rescued and claimed by another server meanwhile
        Bed.Clock.Advance(TimeSpan.FromSeconds(20));
        await pass;

        var job = await JobAsync();
        Assert.Equal((JobState.Running, "another", 2), (job.State, job.LeaseOwner, job.Attempt));
        Assert.Equal(BackupTaskStatus.Running, await TaskStatusAsync());
        Assert.Empty(_handler.Failures);
    }

    [Fact]
    public async Task An_end_that_comes_after_the_lease_was_lost_is_refused()
    {
        var written = false;
        _handler.Run = async (_, _, _) =>
        {
            await StartTaskAsync();
            await Bed.ExecuteAsync("UPDATE job SET lease_owner = 'another', attempt = 2");
            return new JobOutcome.Done(
                (_, _) =>
                {
                    written = true;
                    return Task.CompletedTask;
                }
            );
        };

        await Worker().RunOnceAsync(Bed.Now, Cancel);

        Assert.False(written);
        Assert.Equal((JobState.Running, BackupTaskStatus.Running), (await StateAsync(), await TaskStatusAsync()));
    }

    [Fact]
    public async Task A_job_that_takes_long_keeps_its_lease()
    {
        var running = Forever();
        using var shutdown = new CancellationTokenSource();
        var pass = Worker().RunOnceAsync(Bed.Now, shutdown.Token);
        await running.WaitAsync(Cancel);
        var first = (await JobAsync()).LeaseUntil;
        Bed.Clock.Advance(TimeSpan.FromSeconds(20));
        while ((await JobAsync()).LeaseUntil == first)
        {
            Cancel.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        Assert.Equal(Bed.Now.AddSeconds(60), (await JobAsync()).LeaseUntil);
        await shutdown.CancelAsync();
        await pass;
    }

    [Fact]
    public async Task Workers_that_die_again_and_again_fail_the_job()
    {
        await StartTaskAsync();
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            Assert.Equal(attempt, (await _jobs.ClaimAsync($"dead{attempt}", TimeSpan.FromSeconds(60), Bed.Now, Cancel))!.Attempt);
            await RescueAsync();
            Assert.Equal(JobState.Running, await StateAsync());
            Bed.Clock.Advance(TimeSpan.FromSeconds(61));
            await RescueAsync();
        }

        var job = await JobAsync();
        Assert.Equal((JobState.Failed, "VolumeBackup.0014"), (job.State, job.ErrorCode));
        Assert.Contains("3 attempts", job.FailReason, StringComparison.Ordinal);
        Assert.Equal(BackupTaskStatus.Failed, await TaskStatusAsync());
        Assert.Single(_handler.Failures);
    }

    [Fact]
    public async Task A_clock_that_jumps_ahead_takes_no_job_from_a_worker_that_lives()
    {
        using var shutdown = new CancellationTokenSource();
        var running = Forever();
        var pass = Worker().RunOnceAsync(Bed.Now, shutdown.Token);
        await running.WaitAsync(Cancel);
        using var rescuer = Rescuer();
        Bed.Clock.Jump(TimeSpan.FromDays(40));
        await rescuer.RunOnceAsync(Bed.Now, Cancel);
        Bed.Clock.Advance(TimeSpan.FromSeconds(20));
        while ((await JobAsync()).LeaseUntil < Bed.Now)
        {
            Cancel.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        Bed.Clock.Advance(TimeSpan.FromSeconds(15));
        await rescuer.RunOnceAsync(Bed.Now, Cancel);
        Assert.Equal((JobState.Running, 1), (await StateAsync(), (await JobAsync()).Attempt));
        await shutdown.CancelAsync();
        await pass;
    }

    [Fact]
    public async Task Every_attempt_that_the_settings_allow_is_made_with_the_longest_times_that_they_allow()
    {
        (_options.TimeoutMinutes, _options.MaxAttempts, _options.RetrySeconds, _options.LeaseSeconds) = (525_600, 100, 3600, 3600);
        _handler.Run = async (_, _, _) =>
        {
            await StartTaskAsync();
            throw new HoldfastException(FailureKind.Unavailable, "The store did not answer.");
        };
        for (var attempt = 1; attempt <= 100; attempt++)
        {
            Assert.Equal(JobState.Queued, await StateAsync());
            Assert.True(await Worker().RunOnceAsync(Bed.Now, Cancel));
            Bed.Clock.Advance(TimeSpan.FromHours(1));
        }

        Assert.Equal((JobState.Failed, 100), (await StateAsync(), (await JobAsync()).Attempt));
    }

    protected override async ValueTask OpenedAsync()
    {
        _jobs = new JobStore(Bed.Database, Bed.Clock);
        _tasks = new TaskStore(Bed.Database, Bed.Clock, Options.Create(new TaskOptions()));
        _project = await Bed.AddProjectAsync();
        var policy = await Bed.AddPolicyAsync(_project);
        _task = new BackupTask
        {
            Id = BackupTaskId.New(Bed.Clock),
            Policy = policy,
            Volume = VolumeId.New(Bed.Clock),
            Status = BackupTaskStatus.Waiting,
            Origin = TaskOrigin.Manual,
            CreatedAt = Bed.Now,
            Job = JobId.New(Bed.Clock),
        };
        await Bed.InTransactionAsync(async tx =>
        {
            await _jobs.EnqueueAsync(
                tx,
                new NewJob
                {
                    Id = _task.Job!.Value,
                    Project = _project,
                    Kind = JobKind.CreateBackup,
                    Volume = _task.Volume,
                    Task = _task.Id,
                },
                Cancel
            );
            await _tasks.CreateForFiringAsync(tx, _project, policy, [_task], Cancel);
        });
    }

    protected override ValueTask CloseAsync() => _tasks.DisposeAsync();

    private JobLogStore Logs => new(Bed.Database, Bed.Clock, NullLogger<JobLogStore>.Instance);

    private JobWorker Worker() => new(_jobs, Ends(), Options.Create(_options), Bed.Clock, NullLogger<JobWorker>.Instance);

    private JobRescuer Rescuer() => new(_jobs, Ends(), Options.Create(_options), Bed.Clock, NullLogger<JobRescuer>.Instance);

    /// <summary>Looks, and looks again after longer than a worker that lives lets pass.</summary>
    private async Task RescueAsync()
    {
        using var rescuer = Rescuer();
        await rescuer.RunOnceAsync(Bed.Now, Cancel);
        Bed.Clock.Advance(TimeSpan.FromSeconds(30));
        await rescuer.RunOnceAsync(Bed.Now, Cancel);
    }

    private JobEnds Ends() => new(Bed.Database, _jobs, _tasks, Logs, [_handler], Bed.Clock);

    /// <summary>Lets the time pass after which it is told how far a job is, and waits until the catalog says so. A clock that is moved
    /// again and again would come to the job's limit before a slow disk has taken it.</summary>
    private async Task ProgressAsync(long done)
    {
        Bed.Clock.Advance(TimeSpan.FromSeconds(2));
        while ((await JobAsync()).BytesDone != done)
        {
            Cancel.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private Task<bool> StartTaskAsync() =>
        Bed.InTransactionAsync(tx => TaskStore.StartAsync(tx, _task.Id, BackupId.New(Bed.Clock), Cancel));

    /// <summary>Makes the handler run until it is stopped; ends when it runs.</summary>
    private Task Forever()
    {
        var running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _handler.Run = async (_, _, cancel) =>
        {
            await StartTaskAsync();
            running.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, Bed.Clock, cancel);
            throw new InvalidOperationException("never comes here");
        };
        return running.Task;
    }

    private async Task<Job> JobAsync() => (await _jobs.FindAsync(_project, _task.Job!.Value, Cancel))!;

    private async Task<JobState> StateAsync() => (await JobAsync()).State;

    private async Task<BackupTaskStatus> TaskStatusAsync() => (await _tasks.FindAsync(_project, _task.Id, Cancel))!.Status;

    private sealed class ScriptedHandler : IJobHandler
    {
        public Func<Job, JobLease, CancellationToken, Task<JobOutcome>> Run { get; set; } =
            (_, _, _) => throw new InvalidOperationException("no script");

        public List<JobFailure> Failures { get; } = [];

        public JobKind Kind => JobKind.CreateBackup;

        public string FailureCode => "X.1";

        public Action<JobLogWriter> Tell { get; set; } = _ => { };

        public Task<JobOutcome> RunAsync(Job job, JobLease lease, JobLogWriter lines, CancellationToken cancel)
        {
            Tell(lines);
            return Run(job, lease, cancel);
        }

        public Task FailAsync(CatalogTransaction tx, Job job, JobFailure failure, CancellationToken cancel)
        {
            Failures.Add(failure);
            return Task.CompletedTask;
        }
    }
}

public sealed class JobWorkerOnSqlite(CatalogTemplates templates) : JobWorkerSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class JobWorkerOnPostgres(CatalogTemplates templates) : JobWorkerSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
