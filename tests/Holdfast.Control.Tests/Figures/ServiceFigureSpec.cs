using Holdfast.Control.Figures;
using Holdfast.Control.Jobs;
using Holdfast.Control.Tasks;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Control.Upkeep;

namespace Holdfast.Control.Tests.Figures;

/// <summary>What is counted for whoever watches the service.</summary>
public abstract class ServiceFigureSpec : CatalogSpec
{
    [Fact]
    public async Task An_empty_catalog_has_every_status_and_every_kind_and_no_end()
    {
        var figures = await new ServiceFigureStore(Bed.Database, Bed.Clock).ReadAsync(Cancel);

        Assert.Equal(BackupTaskStatuses.All, figures.Tasks.Keys);
        Assert.All(figures.Tasks.Values, tasks => Assert.Equal(0, tasks));
        Assert.Equal(Enum.GetValues<JobKind>(), figures.Queues.Select(queue => queue.Kind));
        Assert.All(figures.Queues, queue => Assert.Equal((0, 0, null), (queue.Queued, queue.Running, queue.OldestQueuedAt)));
        Assert.Empty(figures.Upkeep);
        Assert.Empty(figures.Drills);
        Assert.Null(figures.Prune);
    }

    [Fact]
    public async Task Tasks_are_counted_over_all_policies()
    {
        var project = await Bed.AddProjectAsync();
        foreach (var tasks in (int[])[3, 4])
        {
            var policy = await Bed.AddPolicyAsync(project);
            await Bed.ExecuteAsync(
                "INSERT INTO task_counter (policy_id, status, tasks) VALUES (@policy, 3, @tasks), (@policy, 4, 1)",
                new { policy = policy.ToString(), tasks }
            );
        }

        var figures = await new ServiceFigureStore(Bed.Database, Bed.Clock).ReadAsync(Cancel);

        Assert.Equal((7, 2), (figures.Tasks[BackupTaskStatus.Success], figures.Tasks[BackupTaskStatus.Failed]));
    }

    [Fact]
    public async Task A_queue_tells_how_many_wait_and_how_long_the_oldest_does()
    {
        await AddJobAsync(JobKind.CreateBackup, JobState.Queued, createdAt: 5000);
        await AddJobAsync(JobKind.CreateBackup, JobState.Queued, createdAt: 4000);
        await AddJobAsync(JobKind.CreateBackup, JobState.Running, createdAt: 1000);
        await AddJobAsync(JobKind.CreateBackup, JobState.Succeeded, createdAt: 500);
        await AddJobAsync(JobKind.Export, JobState.Running, createdAt: 2000);

        var queues = (await new ServiceFigureStore(Bed.Database, Bed.Clock).ReadAsync(Cancel)).Queues.ToDictionary(queue => queue.Kind);

        Assert.Equal(
            new QueueFigures(JobKind.CreateBackup, 2, 1, DateTimeOffset.FromUnixTimeMilliseconds(4000)),
            queues[JobKind.CreateBackup]
        );
        Assert.Equal(new QueueFigures(JobKind.Export, 0, 1, null), queues[JobKind.Export]);
    }

    [Fact]
    public async Task Of_upkeep_the_last_that_ended_counts_and_not_the_one_that_runs()
    {
        await AddJobAsync(JobKind.Check, JobState.Succeeded, createdAt: 1000, finishedAt: 1500);
        await AddJobAsync(JobKind.Check, JobState.Failed, createdAt: 2000, finishedAt: 2500);
        await AddJobAsync(JobKind.Check, JobState.Running, createdAt: 3000);
        await AddJobAsync(JobKind.Copy, JobState.Succeeded, createdAt: 100, finishedAt: 200);
        await AddJobAsync(JobKind.CreateBackup, JobState.Failed, createdAt: 100, finishedAt: 200);
        foreach (var (id, ended, freed) in ((string, int?, int)[])[("a", 10, 1), ("b", 20, 2), ("c", null, 0)])
        {
            await Bed.ExecuteAsync(
                "INSERT INTO prune_run (id, era, began_at, ended_at, figures) VALUES (@id, 1, 0, @ended, @figures)",
                new { id, ended, figures = $$"""{"bytes_freed": {{freed}} }""" }
            );
        }

        var figures = await new ServiceFigureStore(Bed.Database, Bed.Clock).ReadAsync(Cancel);

        Assert.Equal(
            [
                new UpkeepEnd(JobKind.Check, Succeeded: false, DateTimeOffset.FromUnixTimeMilliseconds(2500)),
                new UpkeepEnd(JobKind.Copy, Succeeded: true, DateTimeOffset.FromUnixTimeMilliseconds(200)),
            ],
            figures.Upkeep
        );
        Assert.Equal((20, 2), (figures.Prune?.EndedAt.ToUnixTimeMilliseconds(), figures.Prune?.Figures.BytesFreed));
    }

    [Fact]
    public async Task What_a_clock_that_was_ahead_has_dated_is_not_the_last_for_ever()
    {
        var now = Bed.Now.ToUnixTimeMilliseconds();
        var ahead = (Bed.Now + TimeSpan.FromDays(30)).ToUnixTimeMilliseconds();
        await AddJobAsync(JobKind.Check, JobState.Succeeded, createdAt: ahead);
        await AddJobAsync(JobKind.Check, JobState.Failed, createdAt: now - 1000);
        await AddJobAsync(JobKind.Copy, JobState.Succeeded, createdAt: ahead);
        foreach (var (id, ended, freed) in ((string, long, int)[])[("a", now - 1000, 1), ("b", ahead, 2)])
        {
            await Bed.ExecuteAsync(
                "INSERT INTO prune_run (id, era, began_at, ended_at, figures) VALUES (@id, 1, 0, @ended, @figures)",
                new { id, ended, figures = $$"""{"bytes_freed": {{freed}} }""" }
            );
        }

        var figures = await new ServiceFigureStore(Bed.Database, Bed.Clock).ReadAsync(Cancel);

        Assert.Equal([(JobKind.Check, false), (JobKind.Copy, true)], figures.Upkeep.Select(end => (end.Kind, end.Succeeded)));
        Assert.Equal(1, figures.Prune?.Figures.BytesFreed);
    }

    [Fact]
    public async Task Of_each_volume_the_last_drill_that_ended_counts()
    {
        var volumes = await Bed.AddVolumesAsync(await Bed.AddProjectAsync(), 3);
        await AddDrillAsync(1, volumes[0], state: 3);
        await AddDrillAsync(2, volumes[0], state: 4);
        await AddDrillAsync(3, volumes[0], state: 1);
        await AddDrillAsync(4, volumes[1], state: 6);
        await AddDrillAsync(5, volumes[1], state: 3);
        await AddDrillAsync(6, volumes[2], state: 1);
        await AddDrillAsync(7, volumes[1], state: 4, ahead: TimeSpan.FromDays(30));

        var figures = await new ServiceFigureStore(Bed.Database, Bed.Clock).ReadAsync(Cancel);

        Assert.Equal(new Dictionary<VolumeId, bool> { [volumes[0]] = false, [volumes[1]] = true }, figures.Drills);
    }

    private Task AddJobAsync(JobKind kind, JobState state, long createdAt, long? finishedAt = null) =>
        Bed.ExecuteAsync(
            "INSERT INTO job (id, project_id, kind, state, arguments, created_at, run_after, begin_at, finished_at, attempt, lease_owner, "
                + "lease_until, error_code, fail_reason) VALUES (@id, 'p', @kind, @state, '{}', @createdAt, 0, 0, @finished, 1, @owner, "
                + "@until, @code, @code)",
            new
            {
                id = $"j{createdAt}-{(int)kind}",
                kind = (int)kind,
                state = (int)state,
                createdAt,
                finished = state is JobState.Succeeded or JobState.Failed ? finishedAt ?? createdAt : (long?)null,
                owner = state == JobState.Running ? "w" : null,
                until = state == JobState.Running ? 1 : (long?)null,
                code = state == JobState.Failed ? "c" : null,
            }
        );

    /// <param name="ahead">Of the clock by which it was ordered.</param>
    private Task AddDrillAsync(int number, VolumeId volume, int state, TimeSpan ahead = default) =>
        Bed.ExecuteAsync(
            "INSERT INTO drill (id, project_id, volume_id, volume_name, state, by_hand, ordered_at, began_at, ended_at, backup_id, root, "
                + "bytes_verified, reason) VALUES (@id, 'p', @volume, 'v', @state, 0, 0, 0, @ended, 'b', 'r', 1, @reason)",
            new
            {
                id = new DrillId(Guid.CreateVersion7(Bed.Now.AddMilliseconds(number) + ahead)).ToString(),
                volume = volume.ToString(),
                state,
                ended = state >= 3 ? number : (int?)null,
                reason = state > 3 ? "x" : null,
            }
        );
}

public sealed class ServiceFiguresOnSqlite(CatalogTemplates templates) : ServiceFigureSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class ServiceFiguresOnPostgres(CatalogTemplates templates) : ServiceFigureSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
