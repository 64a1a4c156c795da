using Holdfast.Control.Jobs;
using Holdfast.Control.Tasks;
using Holdfast.Engine.Basics;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Tests.Tasks;

public abstract class TaskStoreSpec : CatalogSpec
{
    private TaskStore? _tasks;

    protected TaskStore Tasks => _tasks ??= new TaskStore(Bed.Database, Bed.Clock, Options.Create(TaskOptions));

    private TaskOptions TaskOptions { get; } = new();

    protected override ValueTask CloseAsync() => _tasks?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task An_unknown_policy_and_another_projects_policy_are_told_alike()
    {
        var (project, policy) = await AddPolicyAsync();
        var stranger = await Bed.AddProjectAsync();

        Assert.IsType<TaskQueryOutcome.NoSuchPolicy>(
            await Tasks.QueryAsync(
                new()
                {
                    Project = project,
                    Policy = PolicyId.New(Bed.Clock),
                    Limit = 1,
                },
                Cancel
            )
        );
        Assert.IsType<TaskQueryOutcome.NoSuchPolicy>(
            await Tasks.QueryAsync(
                new()
                {
                    Project = stranger,
                    Policy = policy,
                    Limit = 1,
                },
                Cancel
            )
        );
        Assert.IsType<TaskQueryOutcome.NoSuchPolicy>(
            await Tasks.QueryAsync(
                new()
                {
                    Project = stranger,
                    Policy = policy,
                    Limit = 1,
                    Marker = BackupTaskId.New(Bed.Clock),
                },
                Cancel
            )
        );
    }

    [Fact]
    public async Task A_policy_that_never_fired_has_no_tasks()
    {
        var (project, policy) = await AddPolicyAsync();
        var page = Assert.IsType<TaskQueryOutcome.Page>(
            await Tasks.QueryAsync(
                new()
                {
                    Project = project,
                    Policy = policy,
                    Limit = 20,
                },
                Cancel
            )
        );
        Assert.Equal(0, page.Count);
        Assert.Empty(page.Tasks);
    }

    [Fact]
    public async Task A_task_comes_back_as_it_was_recorded()
    {
        var (project, policy) = await AddPolicyAsync();
        var full = Task(policy, BackupTaskStatus.Failed, Bed.Now) with
        {
            Backup = BackupId.New(Bed.Clock),
            BackupName = "autobk_0a1b",
            Message = "größer als erlaubt — „Ж“",
        };
        var bare = Task(policy, BackupTaskStatus.Waiting, Bed.Now.AddMilliseconds(1)) with { SlotAt = null, Origin = TaskOrigin.Manual };
        await RecordAsync(project, policy, full, bare);

        var page = Assert.IsType<TaskQueryOutcome.Page>(
            await Tasks.QueryAsync(
                new()
                {
                    Project = project,
                    Policy = policy,
                    Limit = 20,
                },
                Cancel
            )
        );

        Assert.Equal([bare, full], page.Tasks);
        Assert.Equal(full, await Tasks.FindAsync(project, full.Id, Cancel));
    }

    [Fact]
    public async Task A_marker_of_another_policy_is_no_marker()
    {
        var (project, policy) = await AddPolicyAsync();
        var other = await Bed.AddPolicyAsync(project);
        var foreign = Task(other, BackupTaskStatus.Success, Bed.Now);
        await RecordAsync(project, other, foreign);

        foreach (var marker in (BackupTaskId[])[foreign.Id, BackupTaskId.New(Bed.Clock)])
        {
            Assert.IsType<TaskQueryOutcome.NoSuchMarker>(
                await Tasks.QueryAsync(
                    new()
                    {
                        Project = project,
                        Policy = policy,
                        Limit = 5,
                        Marker = marker,
                    },
                    Cancel
                )
            );
            Assert.IsType<TaskQueryOutcome.NoSuchMarker>(
                await Tasks.QueryAsync(
                    new()
                    {
                        Project = project,
                        Policy = policy,
                        Limit = 5,
                        Marker = marker,
                        Task = foreign.Id,
                    },
                    Cancel
                )
            );
        }
    }

    [Fact]
    public async Task Every_page_is_what_a_plain_list_gives()
    {
        var random = new Random(20261123);
        var (project, policy) = await AddPolicyAsync();
        var other = await Bed.AddPolicyAsync(project);
        var all = Enumerable
            .Range(0, 60)
            // many made in the same millisecond
            .Select(_ => Task(policy, (BackupTaskStatus)random.Next(1, 7), Bed.Now.AddMilliseconds(random.Next(0, 12))))
            .ToList();
        await RecordAsync(project, policy, [.. all]);
        await RecordAsync(project, other, Task(other, BackupTaskStatus.Success, Bed.Now));

        foreach (var query in Queries(project, policy, all, random))
        {
            var page = Assert.IsType<TaskQueryOutcome.Page>(await Tasks.QueryAsync(query, Cancel));
            var (count, tasks) = Model(all, query);
            Assert.True(
                count == page.Count && tasks.SequenceEqual(page.Tasks),
                $"{query}: expected {count} [{string.Join(", ", tasks.Select(t => t.Id))}], got {page.Count} "
                    + $"[{string.Join(", ", page.Tasks.Select(t => t.Id))}]"
            );
        }
    }

    [Fact]
    public async Task Walking_by_marker_sees_every_task_once()
    {
        var random = new Random(7);
        var (project, policy) = await AddPolicyAsync();
        var all = Enumerable
            .Range(0, 45)
            .Select(_ => Task(policy, BackupTaskStatus.Success, Bed.Now.AddMilliseconds(random.Next(0, 5))))
            .ToArray();
        await RecordAsync(project, policy, all);

        var seen = new List<BackupTask>();
        BackupTaskId? marker = null;
        while (
            await Tasks.QueryAsync(
                new()
                {
                    Project = project,
                    Policy = policy,
                    Limit = 7,
                    Marker = marker,
                },
                Cancel
            )
                is TaskQueryOutcome.Page { Tasks: [.., var last] } page
        )
        {
            seen.AddRange(page.Tasks);
            marker = last.Id;
        }

        Assert.Equal(45, seen.DistinctBy(t => t.Id).Count());
        Assert.Equal(45, seen.Count);
    }

    [Fact]
    public async Task Counters_are_the_number_of_rows_whatever_happens()
    {
        var random = new Random(99);
        var (project, policy) = await AddPolicyAsync();
        var open = new List<BackupTask>();
        for (var step = 0; step < 120; step++)
        {
            await StepAsync(project, policy, open, random);
        }

        await AssertCountersAsync();
        Bed.Clock.Advance(TimeSpan.FromDays(500));
        Assert.Equal(
            0,
            await Bed.InTransactionAsync(tx => Tasks.SkipWaitingAsync(tx, PolicyId.New(Bed.Clock), null, "no such policy", Cancel))
        );
        while (await Tasks.RemoveEndedAsync(Bed.Now.AddDays(-400), 7, Cancel) > 0)
        {
            await AssertCountersAsync();
        }

        // what has not ended stays, however old
        Assert.All(await Bed.QueryAsync<int>("SELECT status FROM task"), status => Assert.InRange(status, 1, 2));
        await AssertCountersAsync();
    }

    [Fact]
    public async Task Changes_by_many_at_once_keep_the_counters()
    {
        var (project, policy) = await AddPolicyAsync();
        var tasks = Enumerable.Range(0, 24).Select(_ => Task(policy, BackupTaskStatus.Waiting, Bed.Now)).ToArray();
        await RecordAsync(project, policy, tasks);

        await System.Threading.Tasks.Task.WhenAll(
            tasks
                .Chunk(3)
                .Select(async some =>
                {
                    foreach (var task in some)
                    {
                        await Bed.InTransactionAsync(tx => TaskStore.StartAsync(tx, task.Id, BackupId.New(Bed.Clock), Cancel));
                        await RecordAsync(project, policy, Task(policy, BackupTaskStatus.Skipped, Bed.Now));
                        await Bed.InTransactionAsync(tx => Tasks.FinishAsync(tx, task.Id, failure: null, Cancel));
                    }
                })
        );

        await AssertCountersAsync();
        Assert.Equal([24L, 24L], await Bed.QueryAsync<long>("SELECT tasks FROM task_counter WHERE tasks > 0 ORDER BY status"));
    }

    [Fact]
    public async Task A_task_that_ended_cannot_be_started_or_ended_again()
    {
        var (project, policy) = await AddPolicyAsync();
        var task = Task(policy, BackupTaskStatus.Success, Bed.Now);
        await RecordAsync(project, policy, task);

        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            Bed.InTransactionAsync(tx => TaskStore.StartAsync(tx, task.Id, BackupId.New(Bed.Clock), Cancel))
        );
        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            Bed.InTransactionAsync(tx => Tasks.FinishAsync(tx, task.Id, new JobFailure("x", "y"), Cancel))
        );
        await AssertCountersAsync();
    }

    [Fact]
    public async Task Ending_a_task_that_went_with_its_policy_changes_nothing()
    {
        Assert.False(await Bed.InTransactionAsync(tx => Tasks.FinishAsync(tx, BackupTaskId.New(Bed.Clock), failure: null, Cancel)));
        Assert.False(
            await Bed.InTransactionAsync(tx => TaskStore.StartAsync(tx, BackupTaskId.New(Bed.Clock), BackupId.New(Bed.Clock), Cancel))
        );
    }

    [Fact]
    public async Task Taking_back_skips_what_waits_with_its_jobs_and_leaves_what_runs()
    {
        var (project, policy) = await AddPolicyAsync();
        var jobs = new JobStore(Bed.Database, Bed.Clock);
        var running = await QueueAsync(project, policy, jobs);
        Assert.Equal(running.Job, (await jobs.ClaimAsync("w", TimeSpan.FromMinutes(1), Bed.Now, Cancel))!.Id);
        Bed.Clock.Advance(TimeSpan.FromMilliseconds(5));
        var waiting = await QueueAsync(project, policy, jobs);

        // The first job is claimed though its task still waits: its worker is about to start it.
        var skipped = await Bed.InTransactionAsync(tx => Tasks.SkipWaitingAsync(tx, policy, null, "The policy was disabled.", Cancel));

        Assert.Equal(1, skipped);
        var task = await Tasks.FindAsync(project, waiting.Id, Cancel);
        Assert.Equal((BackupTaskStatus.Skipped, "AutoBackup.1700", "The policy was disabled."), (task!.Status, task.Code, task.Message));
        Assert.Equal(JobState.Failed, (await jobs.FindAsync(project, waiting.Job!.Value, Cancel))!.State);
        Assert.Equal(BackupTaskStatus.Waiting, (await Tasks.FindAsync(project, running.Id, Cancel))!.Status);
        await AssertCountersAsync();
    }

    /// <summary>On PostgreSQL, transactions that took their locks in different orders would wait for each other in a ring, and one would be
    /// killed.</summary>
    [Fact]
    public async Task Removing_a_policy_while_its_tasks_start_end_and_are_removed_disturbs_nobody()
    {
        var jobs = new JobStore(Bed.Database, Bed.Clock);
        for (var round = 0; round < 12; round++)
        {
            var (project, policy) = await AddPolicyAsync();
            var starting = await AddTasksAsync(BackupTaskStatus.Waiting);
            var ending = await AddTasksAsync(BackupTaskStatus.Running);
            await AddTasksAsync(BackupTaskStatus.Success);
            await QueueAsync(project, policy, jobs);
            await QueueAsync(project, policy, jobs);

            await System.Threading.Tasks.Task.WhenAll([
                .. starting.Select(task =>
                    Bed.InTransactionAsync(tx => TaskStore.StartAsync(tx, task.Id, BackupId.New(Bed.Clock), Cancel))
                ),
                .. ending.Select(task => Bed.InTransactionAsync(tx => Tasks.FinishAsync(tx, task.Id, failure: null, Cancel))),
                Tasks.RemoveEndedAsync(Bed.Now.AddDays(1), 1000, Cancel),
                Bed.InTransactionAsync(async tx =>
                {
                    await tx.ExecuteAsync($"UPDATE policy SET name = 'going' WHERE id = '{policy}'", null, Cancel);
                    await Tasks.SkipWaitingAsync(tx, policy, null, "The policy was deleted.", Cancel);
                    await tx.ExecuteAsync($"DELETE FROM policy WHERE id = '{policy}'", null, Cancel);
                }),
            ]);
            Assert.Empty(await Bed.QueryAsync<string>("SELECT id FROM task WHERE policy_id = @id", new { id = policy.ToString() }));

            async Task<BackupTask[]> AddTasksAsync(BackupTaskStatus status)
            {
                var tasks = Enumerable.Range(0, 4).Select(_ => Task(policy, status, Bed.Now)).ToArray();
                await RecordAsync(project, policy, tasks);
                return tasks;
            }
        }
    }

    [Fact]
    public async Task Taking_back_one_volume_leaves_the_others()
    {
        var (project, policy) = await AddPolicyAsync();
        var jobs = new JobStore(Bed.Database, Bed.Clock);
        var one = await QueueAsync(project, policy, jobs);
        var other = await QueueAsync(project, policy, jobs);

        Assert.Equal(
            1,
            await Bed.InTransactionAsync(tx =>
                Tasks.SkipWaitingAsync(tx, policy, one.Volume, "The volume was taken from the policy.", Cancel)
            )
        );

        Assert.Equal("AutoBackup.1400", (await Tasks.FindAsync(project, one.Id, Cancel))!.Code);
        Assert.Equal(BackupTaskStatus.Waiting, (await Tasks.FindAsync(project, other.Id, Cancel))!.Status);
    }

    [Fact]
    public async Task Skipped_turns_leave_no_record_where_that_is_configured()
    {
        TaskOptions.StoreSkipped = false;
        var (project, policy) = await AddPolicyAsync();
        var jobs = new JobStore(Bed.Database, Bed.Clock);
        await RecordAsync(
            project,
            policy,
            Task(policy, BackupTaskStatus.Skipped, Bed.Now),
            Task(policy, BackupTaskStatus.Success, Bed.Now)
        );
        await QueueAsync(project, policy, jobs);
        await Bed.InTransactionAsync(tx => Tasks.SkipWaitingAsync(tx, policy, null, "The policy was disabled.", Cancel));

        Assert.Equal([3], await Bed.QueryAsync<int>("SELECT status FROM task"));
        await AssertCountersAsync();
    }

    protected static BackupTask Task(PolicyId policy, BackupTaskStatus status, DateTimeOffset at)
    {
        var clock = TimeProvider.System;
        var failed = status is BackupTaskStatus.Failed or BackupTaskStatus.TimedOut or BackupTaskStatus.Skipped;
        return new BackupTask
        {
            Id = BackupTaskId.New(clock),
            Policy = policy,
            Volume = VolumeId.New(clock),
            Status = status,
            Origin = TaskOrigin.Scheduled,
            CreatedAt = at,
            SlotAt = at.AddMilliseconds(-at.Millisecond),
            FinishedAt = status.IsEnd() ? at.AddSeconds(3) : null,
            BackupName = status == BackupTaskStatus.Skipped ? null : "autobk_12ab",
            Job = status == BackupTaskStatus.Skipped ? null : JobId.New(clock),
            Code = failed ? "VolumeBackup.0012" : null,
            Message = failed ? "the disk is neither available nor in-use" : null,
        };
    }

    protected Task<int> RecordAsync(ProjectId project, PolicyId policy, params BackupTask[] tasks) =>
        Bed.InTransactionAsync(tx => Tasks.CreateForFiringAsync(tx, project, policy, tasks, Cancel));

    protected async Task<(ProjectId Project, PolicyId Policy)> AddPolicyAsync()
    {
        var project = await Bed.AddProjectAsync();
        return (project, await Bed.AddPolicyAsync(project));
    }

    private async Task<BackupTask> QueueAsync(ProjectId project, PolicyId policy, JobStore jobs)
    {
        var task = Task(policy, BackupTaskStatus.Waiting, Bed.Now);
        await Bed.InTransactionAsync(async tx =>
        {
            await jobs.EnqueueAsync(
                tx,
                new NewJob
                {
                    Id = task.Job!.Value,
                    Project = project,
                    Kind = JobKind.CreateBackup,
                    Task = task.Id,
                    Volume = task.Volume,
                },
                Cancel
            );
            await Tasks.CreateForFiringAsync(tx, project, policy, [task], Cancel);
        });
        return task;
    }

    private async Task StepAsync(ProjectId project, PolicyId policy, List<BackupTask> open, Random random)
    {
        switch (random.Next(4))
        {
            case 0 or 1:
                var made = Task(policy, (BackupTaskStatus)random.Next(1, 7), Bed.Now.AddMilliseconds(random.Next(50)));
                await RecordAsync(project, policy, made);
                open.AddRange(made.Status.IsEnd() ? [] : [made]);
                break;
            case 2 when open.Count > 0:
                await Bed.InTransactionAsync(tx =>
                    TaskStore.StartAsync(tx, open[random.Next(open.Count)].Id, BackupId.New(Bed.Clock), Cancel)
                );
                break;
            case 3 when open.Count > 0:
                var ended = open[random.Next(open.Count)];
                await Bed.InTransactionAsync(tx =>
                    Tasks.FinishAsync(tx, ended.Id, new JobFailure("VolumeBackup.0027", "no", random.Next(2) == 0), Cancel)
                );
                open.Remove(ended);
                break;
        }
    }

    private async Task AssertCountersAsync()
    {
        var counted = await Bed.QueryAsync<string>(
            "SELECT policy_id || ' ' || status || ' ' || count(*) FROM task GROUP BY policy_id, status ORDER BY 1"
        );
        var kept = await Bed.QueryAsync<string>(
            "SELECT policy_id || ' ' || status || ' ' || tasks FROM task_counter WHERE tasks > 0 ORDER BY 1"
        );
        Assert.Equal(counted, kept);
    }

    private static IEnumerable<TaskQuery> Queries(ProjectId project, PolicyId policy, List<BackupTask> all, Random random)
    {
        BackupTask? Pick() => random.Next(2) == 0 ? null : all[random.Next(all.Count)];
        foreach (var ascending in (bool[])[true, false])
        {
            foreach (var status in (BackupTaskStatus?[])[null, .. BackupTaskStatuses.All])
            {
                foreach (var offset in (long[])[0, 1, 3, 20, 59, 60, 1_000_000])
                {
                    foreach (var limit in (int[])[1, 4, 20, 1000])
                    {
                        yield return new TaskQuery
                        {
                            Project = project,
                            Policy = policy,
                            Ascending = ascending,
                            Status = status,
                            Offset = offset,
                            Limit = limit,
                            Marker = Pick()?.Id,
                            Task = random.Next(6) == 0 ? all[random.Next(all.Count)].Id : null,
                        };
                    }
                }
            }
        }
    }

    /// <summary>Section 1.5 of the contract, word by word.</summary>
    private static (long Count, List<BackupTask> Tasks) Model(List<BackupTask> all, TaskQuery query)
    {
        var order = Comparer<BackupTask>.Create(
            (a, b) =>
                (a.CreatedAt.CompareTo(b.CreatedAt), string.CompareOrdinal(a.Id.ToString(), b.Id.ToString())) switch
                {
                    (0, var byId) => byId,
                    (var byTime, _) => byTime,
                }
        );
        var direction = query.Ascending ? 1 : -1;
        var matching = all.Where(t => (query.Task is null || t.Id == query.Task) && (query.Status is null || t.Status == query.Status))
            .ToList();
        IEnumerable<BackupTask> sorted = query.Ascending ? matching.Order(order) : matching.OrderDescending(order);
        if (query.Marker is { } marker)
        {
            var at = all.Single(t => t.Id == marker);
            sorted = sorted.Where(t => order.Compare(t, at) * direction > 0);
        }

        return (matching.Count, [.. sorted.Skip((int)query.Offset).Take(query.Limit)]);
    }
}
