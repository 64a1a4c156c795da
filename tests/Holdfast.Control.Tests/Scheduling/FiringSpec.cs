using Holdfast.Control.Backups;
using Holdfast.Control.Jobs;
using Holdfast.Control.Policies;
using Holdfast.Control.Scheduling;
using Holdfast.Control.Tasks;
using Holdfast.Control.Tests.Backups;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Control.Upkeep;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Control.Tests.Scheduling;

public abstract class FiringSpec : CatalogSpec
{
    private World _world = null!; // made in OpenedAsync
    private ProjectId _project;

    /// <summary>SQLite takes 32766 parameters.</summary>
    [Fact]
    public async Task A_policy_may_have_more_volumes_than_a_statement_has_parameters()
    {
        var policy = await AddPolicyAsync(volumes: 2);
        var mine = (await Bed.QueryAsync<string>("SELECT volume_id FROM policy_volume")).Select(id => VolumeId.Parse(id, null)).ToList();
        VolumeId[] many = [.. Enumerable.Range(0, 40_000).Select(_ => VolumeId.New(Bed.Clock)), .. mine];
        await _world.Firing.FireNowAsync(_project, policy.Id, Cancel);

        Assert.Equal(mine.ToHashSet(), await Bed.InTransactionAsync(tx => TaskStore.OpenVolumesAsync(tx, many, Cancel)));
        Assert.Empty(await Bed.InTransactionAsync(tx => BackupStore.NamesAsync(tx, many, Cancel)));
        await using var held = await _world.PolicyVolumes.BeginHoldingAsync(many, policy.Id, Cancel);
        JobId[] jobs = [.. Enumerable.Range(0, 40_000).Select(_ => JobId.New(Bed.Clock))];
        Assert.Empty(await JobStore.TakeBackAsync(held, jobs, "c", "r", 0, Cancel));
    }

    [Fact]
    public async Task A_firing_gives_each_volume_a_task_and_a_job()
    {
        var policy = await AddPolicyAsync(volumes: 3);

        Assert.Equal(new FiringOutcome.Fired(3), await _world.Firing.FireNowAsync(_project, policy.Id, Cancel));

        var tasks = await _world.TasksAsync(policy, Cancel);
        Assert.Equal(3, tasks.Select(t => t.Volume).Distinct().Count());
        Assert.All(
            tasks,
            t =>
                Assert.Equal(
                    (BackupTaskStatus.Waiting, TaskOrigin.Manual, Bed.Now, null, null),
                    (t.Status, t.Origin, t.CreatedAt, t.SlotAt, t.Backup)
                )
        );
        Assert.All(tasks, t => Assert.Matches("^autobk_[0-9a-f]{4}$", t.BackupName!));
        foreach (var task in tasks)
        {
            var job = await _world.Jobs.FindAsync(_project, task.Job!.Value, Cancel);
            Assert.Equal(
                (JobState.Queued, JobKind.CreateBackup, task.Volume, task.Id),
                (job!.State, job.Kind, job.Volume!.Value, job.Task!.Value)
            );
            Assert.NotNull(job.Backup);
        }
    }

    [Fact]
    public async Task A_policy_without_volumes_fires_nothing_and_an_unknown_or_foreign_one_is_not_there()
    {
        var policy = await AddPolicyAsync(volumes: 0);
        Assert.Equal(new FiringOutcome.Fired(0), await _world.Firing.FireNowAsync(_project, policy.Id, Cancel));
        Assert.IsType<FiringOutcome.NoSuchPolicy>(await _world.Firing.FireNowAsync(_project, PolicyId.New(Bed.Clock), Cancel));
        Assert.IsType<FiringOutcome.NoSuchPolicy>(await _world.Firing.FireNowAsync(await Bed.AddProjectAsync(), policy.Id, Cancel));
    }

    [Fact]
    public async Task A_run_in_progress_refuses_another_by_hand_and_a_disabled_policy_can_be_executed()
    {
        var policy = await AddPolicyAsync(volumes: 1, enabled: false);
        Assert.IsType<FiringOutcome.Fired>(await _world.Firing.FireNowAsync(_project, policy.Id, Cancel));
        Assert.IsType<FiringOutcome.AlreadyRunning>(await _world.Firing.FireNowAsync(_project, policy.Id, Cancel));
        Assert.Null((await _world.Policies.FindAsync(_project, policy.Id, Cancel))!.NextFireAt);
    }

    [Fact]
    public async Task Executing_now_by_many_at_once_runs_once()
    {
        var policy = await AddPolicyAsync(volumes: 2);
        var outcomes = await Task.WhenAll(
            Enumerable.Range(0, 6).Select(_ => Task.Run(() => _world.Firing.FireNowAsync(_project, policy.Id, Cancel)))
        );
        Assert.Single(outcomes, outcome => outcome is FiringOutcome.Fired);
        Assert.Equal(2, (await _world.TasksAsync(policy, Cancel)).Count);
    }

    [Fact]
    public async Task A_slot_is_fired_exactly_once_however_many_processes_look()
    {
        var policy = await AddPolicyAsync(volumes: 2);
        for (var slot = 0; slot < 3; slot++)
        {
            Bed.Clock.SetUtcNow(policy.NextFireAt!.Value.AddHours(slot).AddMilliseconds(300));
            await Task.WhenAll(
                Enumerable
                    .Range(0, 6)
                    .Select(_ =>
                        Task.Run(async () =>
                        {
                            await using var database = Bed.OpenAnother();
                            await using var other = World.WithoutRepository(Bed.With(database));
                            await other.Scheduler.RunOnceAsync(Bed.Now, Cancel);
                        })
                    )
            );
            await EndAllAsync();
        }

        var tasks = await _world.TasksAsync(policy, Cancel);
        Assert.Equal(6, tasks.Count);
        Assert.Equal(
            [policy.NextFireAt!.Value, policy.NextFireAt!.Value.AddHours(1), policy.NextFireAt!.Value.AddHours(2)],
            tasks.Select(t => t.SlotAt!.Value).Distinct()
        );
        Assert.Equal(6, tasks.Select(t => (t.Volume, t.SlotAt)).Distinct().Count());
    }

    [Fact]
    public async Task A_volume_whose_earlier_turn_has_not_ended_is_skipped_and_the_others_are_not()
    {
        var policy = await AddPolicyAsync(volumes: 2);
        await FireAtAsync(policy.NextFireAt!.Value);
        var first = await _world.TasksAsync(policy, Cancel);
        await Bed.ExecuteAsync(
            "UPDATE job SET state = 4, finished_at = 1, error_code = 'c', fail_reason = 'r' WHERE task_id = @id",
            new { id = first[0].Id.ToString() }
        );
        await Bed.InTransactionAsync(tx => _world.Tasks.FinishAsync(tx, first[0].Id, new JobFailure("c", "r"), Cancel));

        await FireAtAsync(policy.NextFireAt!.Value.AddHours(1));

        var second = (await _world.TasksAsync(policy, Cancel))
            .Where(t => t.SlotAt == policy.NextFireAt!.Value.AddHours(1))
            .ToDictionary(t => t.Volume);
        Assert.Equal(BackupTaskStatus.Waiting, second[first[0].Volume].Status);
        var skipped = second[first[1].Volume];
        Assert.Equal(
            (BackupTaskStatus.Skipped, TaskCodes.EarlierNotEnded, Bed.Now, null),
            (skipped.Status, skipped.Code, skipped.FinishedAt!.Value, skipped.Job)
        );
    }

    [Fact]
    public async Task After_downtime_the_newest_slot_is_fired_and_the_others_are_recorded_as_missed()
    {
        var policy = await AddPolicyAsync(volumes: 1);
        await FireAtAsync(policy.NextFireAt!.Value.AddHours(4).AddMinutes(30));

        var tasks = await _world.TasksAsync(policy, Cancel);
        Assert.Equal(4, tasks.Count(t => t is { Status: BackupTaskStatus.Skipped, Code: TaskCodes.NotExecuted }));
        var fired = Assert.Single(tasks, t => t.Status == BackupTaskStatus.Waiting);
        Assert.Equal(policy.NextFireAt!.Value.AddHours(4), fired.SlotAt);
        Assert.Equal(policy.NextFireAt!.Value.AddHours(5), (await _world.Policies.FindAsync(_project, policy.Id, Cancel))!.NextFireAt);
    }

    [Fact]
    public async Task A_slot_that_is_too_old_is_not_made_up_for()
    {
        var policy = await AddPolicyAsync(volumes: 1, startTime: "00:00");
        await FireAtAsync(policy.NextFireAt!.Value.AddHours(12).AddMinutes(1));
        Assert.Equal(BackupTaskStatus.Skipped, Assert.Single(await _world.TasksAsync(policy, Cancel)).Status);
    }

    [Fact]
    public async Task A_year_of_downtime_writes_a_bounded_number_of_tasks()
    {
        var policy = await AddPolicyAsync(volumes: 1);
        var many = await AddPolicyAsync(volumes: 30);
        await FireAtAsync(policy.NextFireAt!.Value.AddDays(365).AddMinutes(1));

        var tasks = await _world.TasksAsync(policy, Cancel);
        Assert.Equal(101, tasks.Count);
        Assert.Equal(policy.NextFireAt!.Value.AddDays(365).AddHours(-100), tasks.Min(t => t.SlotAt!.Value));
        Assert.Equal(
            33 * 30 + 30,
            (int)
                (await Bed.QueryAsync<long>("SELECT sum(tasks) FROM task_counter WHERE policy_id = @id", new { id = many.Id.ToString() }))[
                    0
                ]
        );
    }

    [Fact]
    public async Task A_clock_that_jumps_back_fires_no_slot_again_even_when_the_schedule_is_edited()
    {
        var policy = await AddPolicyAsync(volumes: 1);
        var slot = policy.NextFireAt!.Value.AddHours(2);
        await FireAtAsync(slot);
        await EndAllAsync();
        var before = (await _world.TasksAsync(policy, Cancel)).Count;

        Bed.Clock.AdjustTime(slot.AddHours(-1).AddMinutes(-30));
        await _world.Policies.UpdateAsync(_project, policy.Id, new PolicyChange { Enabled = false }, Cancel);
        await _world.Policies.UpdateAsync(_project, policy.Id, new PolicyChange { Enabled = true }, Cancel);
        foreach (var minutes in (int[])[0, 35, 60, 95])
        {
            Bed.Clock.AdjustTime(slot.AddHours(-1).AddMinutes(minutes - 30));
            await _world.Scheduler.RunOnceAsync(Bed.Now, Cancel);
        }

        Assert.Equal(before, (await _world.TasksAsync(policy, Cancel)).Count);
        Bed.Clock.AdjustTime(slot.AddHours(1).AddSeconds(1));
        await _world.Scheduler.RunOnceAsync(Bed.Now, Cancel);
        Assert.Equal(before + 1, (await _world.TasksAsync(policy, Cancel)).Count);
    }

    /// <summary>Never to fire a slot twice must not mean never to fire again.</summary>
    [Fact]
    public async Task A_clock_that_was_years_ahead_silences_no_policy_and_strands_no_job()
    {
        var policy = await AddPolicyAsync(volumes: 1);
        var edited = await AddPolicyAsync(volumes: 1);
        var right = policy.NextFireAt!.Value.AddMinutes(30);
        Bed.Clock.AdjustTime(right.AddYears(20));
        await _world.Scheduler.RunOnceAsync(Bed.Now, Cancel);
        await _world.Policies.UpdateAsync(_project, edited.Id, new PolicyChange { StartTime = "05:00" }, Cancel);

        Bed.Clock.AdjustTime(right);
        using var upkeep = new ClockUpkeep(Bed.Database, Bed.Clock, NullLogger<ClockUpkeep>.Instance);
        await upkeep.RunOnceAsync(Bed.Now, Cancel);
        Assert.Equal(policy.Schedule.NextAfter(right), (await _world.Policies.FindAsync(_project, policy.Id, Cancel))!.NextFireAt);
        Assert.True((await _world.Policies.FindAsync(_project, edited.Id, Cancel))!.NextFireAt < right.AddDays(1));
        Assert.NotNull(await _world.Jobs.ClaimAsync("after", TimeSpan.FromMinutes(1), right, Cancel));
        await EndAllAsync();

        var before = (await _world.TasksAsync(policy, Cancel)).Count;
        await FireAtAsync(policy.Schedule.NextAfter(right));
        Assert.Equal(before + 1, (await _world.TasksAsync(policy, Cancel)).Count);
    }

    [Fact]
    public async Task A_job_that_was_claimed_while_the_clock_was_ahead_is_rescued()
    {
        var policy = await AddPolicyAsync(volumes: 1);
        await _world.Firing.FireNowAsync(_project, policy.Id, Cancel);
        var right = Bed.Now;
        Assert.NotNull(await _world.Jobs.ClaimAsync("dies", TimeSpan.FromMinutes(1), right.AddYears(20), Cancel));
        using var upkeep = new ClockUpkeep(Bed.Database, Bed.Clock, NullLogger<ClockUpkeep>.Instance);
        await upkeep.RunOnceAsync(right, Cancel);
        await _world.Rescuer.RunOnceAsync(right.AddSeconds(1), Cancel);
        Bed.Clock.Advance(TimeSpan.FromSeconds(31));
        await _world.Rescuer.RunOnceAsync(Bed.Now, Cancel);
        Assert.NotNull(await _world.Jobs.ClaimAsync("lives", TimeSpan.FromMinutes(1), right.AddMinutes(1), Cancel));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_said_of_slots_that_a_clock_jumped_over_is_true_and_gone_when_the_clock_is_right_again(bool disabled)
    {
        var policy = await AddPolicyAsync(volumes: 2, startTime: "00:00");
        var right = policy.NextFireAt!.Value.AddMinutes(-30);
        Bed.Clock.SetUtcNow(right);
        await _world.Scheduler.RunOnceAsync(Bed.Now, Cancel);

        Bed.Clock.Jump(TimeSpan.FromDays(40));
        await _world.Scheduler.RunOnceAsync(Bed.Now, Cancel);
        var skipped = (await _world.TasksAsync(policy, Cancel)).Where(t => t.Status == BackupTaskStatus.Skipped).ToList();
        Assert.NotEmpty(skipped);
        Assert.All(skipped, t => Assert.Contains("clock of the service went from", t.Message, StringComparison.Ordinal));
        if (disabled)
        {
            await _world.Policies.UpdateAsync(_project, policy.Id, new PolicyChange { Enabled = false }, Cancel);
        }

        await EndAllAsync();
        Bed.Clock.Jump(-TimeSpan.FromDays(40));
        await _world.Scheduler.RunOnceAsync(Bed.Now, Cancel);
        using var upkeep = new ClockUpkeep(Bed.Database, Bed.Clock, NullLogger<ClockUpkeep>.Instance);
        await upkeep.RunOnceAsync(Bed.Now, Cancel);

        Assert.DoesNotContain(
            await _world.TasksAsync(policy, Cancel),
            t => t.Status == BackupTaskStatus.Skipped && (t.SlotAt > Bed.Now || t.CreatedAt > Bed.Now)
        );
        Assert.Equal(
            (await _world.TasksAsync(policy, Cancel)).Count(t => t.Status == BackupTaskStatus.Skipped),
            (
                await Bed.QueryAsync<long>(
                    "SELECT tasks FROM task_counter WHERE policy_id = @id AND status = 6",
                    new { id = policy.Id.ToString() }
                )
            )[0]
        );
        var before = (await _world.TasksAsync(policy, Cancel)).Count;
        await FireAtAsync(right.AddMinutes(31));
        Assert.Equal(before + (disabled ? 0 : 2), (await _world.TasksAsync(policy, Cancel)).Count);
    }

    [Fact]
    public async Task A_slot_that_a_running_service_missed_is_not_said_to_be_one_that_no_service_saw()
    {
        var policy = await AddPolicyAsync(volumes: 1);
        await _world.Scheduler.RunOnceAsync(Bed.Now, Cancel);
        await FireAtAsync(policy.NextFireAt!.Value.AddHours(2).AddMinutes(1));
        Assert.All(
            (await _world.TasksAsync(policy, Cancel)).Where(t => t.Status == BackupTaskStatus.Skipped),
            t => Assert.EndsWith("could not attend to it in time.", t.Message, StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_job_that_was_queued_before_the_clock_was_set_back_does_not_wait_for_that_time()
    {
        var policy = await AddPolicyAsync(volumes: 1);
        await _world.Firing.FireNowAsync(_project, policy.Id, Cancel);
        Assert.NotNull(await _world.Jobs.ClaimAsync("w", TimeSpan.FromMinutes(1), Bed.Now.AddHours(-1), Cancel));
    }

    [Fact]
    public async Task A_disabled_policy_does_not_fire_and_enabling_it_makes_up_for_nothing()
    {
        var policy = await AddPolicyAsync(volumes: 1);
        await _world.Policies.UpdateAsync(_project, policy.Id, new PolicyChange { Enabled = false }, Cancel);
        await FireAtAsync(policy.NextFireAt!.Value.AddHours(3));
        await _world.Policies.UpdateAsync(_project, policy.Id, new PolicyChange { Enabled = true }, Cancel);
        await _world.Scheduler.RunOnceAsync(Bed.Now, Cancel);
        Assert.Empty(await _world.TasksAsync(policy, Cancel));
    }

    protected override async ValueTask OpenedAsync()
    {
        _world = World.WithoutRepository(Bed);
        _project = await Bed.AddProjectAsync();
    }

    protected override ValueTask CloseAsync() => _world.DisposeAsync();

    private async Task FireAtAsync(DateTimeOffset now)
    {
        Bed.Clock.SetUtcNow(now);
        await _world.Scheduler.RunOnceAsync(now, Cancel);
    }

    private Task EndAllAsync() =>
        Bed.ExecuteAsync(
            """
            UPDATE job SET state = 4, finished_at = 1, error_code = 'c', fail_reason = 'r' WHERE state = 1;
            UPDATE task SET status = 6, finished_at = 1, code = 'c', message = 'r' WHERE status = 1;
            """
        );

    private async Task<Policy> AddPolicyAsync(int volumes, bool enabled = true, string? startTime = null)
    {
        var hourly = string.Join(',', Enumerable.Range(0, 24).Select(h => $"{h:00}:00"));
        var draft = new PolicyDraft
        {
            Name = "p",
            Enabled = enabled,
            Schedule = new Schedule { StartTime = startTime ?? hourly, Frequency = 1 },
            Retention = new RetentionRule { Count = 7 },
        };
        return await _world.AddPolicyAsync(_project, draft, await Bed.AddVolumesAsync(_project, volumes), Cancel);
    }
}

public sealed class FiringOnSqlite(CatalogTemplates templates) : FiringSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class FiringOnPostgres(CatalogTemplates templates) : FiringSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
