using Holdfast.Control.Drills;
using Holdfast.Control.Jobs;
using Holdfast.Control.Loops;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Control.Tests.Work;
using Holdfast.Control.Upkeep;
using Holdfast.Control.Work;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Tests.Drills;

/// <summary>Whose turn it is, which point is looked at, and orders by hand beside the schedule.</summary>
public abstract class DrillScheduleSpec : DrillFlow
{
    [Fact]
    public async Task The_day_s_drills_begin_at_their_hour_once_and_those_by_hand_do_not_count_for_them()
    {
        await BackUpAsync(await AddPolicyAsync());
        using var schedule = ScheduleAt("13:00");
        await schedule.RunOnceAsync(Bed.Now, Cancel);
        Assert.Null(await World.Jobs.FindOpenAsync(JobKind.Drill, Cancel));

        Bed.Clock.Advance(TimeSpan.FromMinutes(70));
        await OrderAsync(Volume.Id);
        await schedule.RunOnceAsync(Bed.Now, Cancel);
        await RunAsync();
        await schedule.RunOnceAsync(Bed.Now, Cancel);
        await RunAsync();
        await schedule.RunOnceAsync(Bed.Now, Cancel);

        Assert.Null(await World.Jobs.FindOpenAsync(JobKind.Drill, Cancel));
        Assert.Equal(
            [(DrillState.Proven, false), (DrillState.Proven, true)],
            (await World.Drills.ListAsync(Project, null, 10, Cancel)).Select(drill => (drill.State, drill.IsByHand)).Order()
        );
        Assert.Equal(2, (await World.JobLists.ListAsync(NewJob.OfService, JobKind.Drill, 10, Cancel)).Count);
    }

    [Fact]
    public async Task What_was_ordered_while_the_clock_was_ahead_keeps_no_later_turn_back()
    {
        await BackUpAsync(await AddPolicyAsync());
        using var schedule = ScheduleAt("13:00");
        Bed.Clock.Advance(TimeSpan.FromMinutes(70));
        await schedule.RunOnceAsync(Bed.Now, Cancel);
        await RunAsync();
        await Bed.ExecuteAsync(
            "UPDATE job SET created_at = created_at + @month WHERE kind = @kind",
            new { month = (long)TimeSpan.FromDays(30).TotalMilliseconds, kind = (int)JobKind.Drill }
        );

        Bed.Clock.Advance(TimeSpan.FromDays(1));
        await schedule.RunOnceAsync(Bed.Now, Cancel);

        Assert.NotNull(await World.Jobs.FindOpenAsync(JobKind.Drill, Cancel));
    }

    private UpkeepSchedule ScheduleAt(string time) =>
        new(
            Bed.Database,
            World.Jobs,
            [World.Ends.HandlerOf(new JobKindOnly(JobKind.Drill).Job)],
            Options.Create(new UpkeepOptions { DrillAt = time }),
            Options.Create(new SecondCopyOptions()),
            Bed.Clock,
            NullLogger<UpkeepSchedule>.Instance
        );

    [Fact]
    public async Task Turns_go_round_by_so_many_volumes_a_day_and_a_damaged_one_keeps_none_from_its_turn()
    {
        World.UpkeepOptions.DrillVolumes = 2;
        var volumes = new List<VolumeId>();
        foreach (var name in (string[])["a", "b", "c", "d", "e", "f"])
        {
            volumes.Add((await AddVolumeAsync(name, backups: 1)).Volume.Id);
        }

        var first = Assert.Single(Store.Keys, key => key.StartsWith("data/", StringComparison.Ordinal) && key == OldestPack());
        Store.Damage(first, 200);
        var days = new List<VolumeId>();
        for (var day = 0; day < 6; day++)
        {
            await RunScheduledAsync();
            var seen = (await World.Drills.ListAsync(Project, null, 2, Cancel)).Select(drill => drill.Volume).ToList();
            Assert.Equal(2, seen.Distinct().Count());
            days.AddRange(seen);
        }

        Assert.All(volumes, volume => Assert.Equal(2, days.Count(one => one == volume)));
        Assert.Contains(await World.Drills.ListAsync(Project, null, 20, Cancel), drill => drill.State == DrillState.Damaged);

        string OldestPack() => Store.Keys.Where(key => key.StartsWith("data/", StringComparison.Ordinal)).MinBy(key => key[8..])!;
    }

    [Fact]
    public async Task The_schedule_looks_at_the_newest_point_and_an_older_one_by_turns()
    {
        var (volume, _) = await AddVolumeAsync("a", backups: 4);
        var points = await World.Backups.RestorePointsAsync(volume.Id, Cancel);
        for (var day = 0; day < 4; day++)
        {
            await RunScheduledAsync();
        }

        var drills = (await World.Drills.ListAsync(Project, volume.Id, 10, Cancel)).Reverse().ToList();
        Assert.Equal(
            [DrillChoice.Newest, DrillChoice.Older, DrillChoice.Newest, DrillChoice.Older],
            drills.Select(drill => drill.Choice)
        );
        foreach (var drill in drills)
        {
            var (chosen, _) = DrillChoices.Choose(drill.Id, points, drill.Choice == DrillChoice.Older ? DrillChoice.Newest : null);
            Assert.Equal((chosen.Id, 4L), (drill.Backup!.Value, drill.Choices));
        }

        Assert.All(drills.Where(drill => drill.Choice == DrillChoice.Older), drill => Assert.NotEqual(4, drill.BackupNumber));
    }

    [Fact]
    public async Task One_that_is_ordered_while_the_day_s_drills_run_comes_before_those_that_wait()
    {
        World.UpkeepOptions.DrillVolumes = 2;
        foreach (var name in (string[])["a", "b"])
        {
            await AddVolumeAsync(name, backups: 1);
        }

        await QueueAsync();
        var ordered = new List<Drill>();
        var isOrdered = 0; // several may read at once
        await RunOnAsync(key =>
        {
            if (key.StartsWith("data/", StringComparison.Ordinal) && Interlocked.Exchange(ref isOrdered, 1) == 0)
            {
                OrderTwoAsync().GetAwaiter().GetResult();
            }
        });

        var ended = await World.Drills.ListAsync(Project, null, 10, Cancel);
        Assert.Equal(3, ended.Count);
        Assert.All(ended, drill => Assert.Equal(DrillState.Proven, drill.State));
        Assert.Equal(
            ordered.Select(one => one.Id.Value).Order(),
            ended.Where(drill => drill.IsByHand).Select(drill => drill.Id.Value).Order()
        );
        Assert.Single(await World.JobLists.ListAsync(NewJob.OfService, JobKind.Drill, 10, Cancel));

        // The turn that waits, and one of a volume whose turn it is right now.
        async Task OrderTwoAsync()
        {
            var open = await World.Drills.ListAsync(Project, null, 10, Cancel);
            var waiting = open.Single(drill => drill.State == DrillState.Ordered);
            var running = open.Single(drill => drill.State == DrillState.Running);
            ordered.Add(await OrderAsync(waiting.Volume));
            ordered.Add(await OrderAsync(running.Volume));
            Assert.Equal(waiting.Id, ordered[0].Id);
            Assert.NotEqual(running.Id, ordered[1].Id);
        }
    }

    [Fact]
    public async Task One_that_is_ordered_in_the_moment_in_which_a_job_ends_is_not_forgotten()
    {
        await BackUpAsync(await AddPolicyAsync());
        foreach (var fails in (bool[])[false, true])
        {
            var first = await OrderAsync(Volume.Id);
            var job = (await World.Jobs.ClaimAsync("w", TimeSpan.FromSeconds(60), Bed.Now, Cancel, lane: JobLane.Upkeep))!;
            var lease = new JobLease(job.Id, "w", job.Attempt);
            var outcome = await World.Ends.RunAsync(job, lease, Cancel);
            var late = await OrderAsync(Volume.Id);
            Assert.Equal(job.Id, (await World.Jobs.FindOpenAsync(JobKind.Drill, Cancel))!.Id);
            if (fails)
            {
                Assert.True(await World.Ends.FailAsync(job, lease, new JobFailure("VolumeBackup.0200", "no"), Cancel));
            }
            else
            {
                Assert.True(await World.Ends.SucceedAsync(job, lease, Assert.IsType<JobOutcome.Done>(outcome), Cancel));
            }

            Assert.NotEqual(first.Id, late.Id);
            await RunAsync();
            Assert.Equal(DrillState.Proven, (await ShowAsync(late.Id)).State);
        }
    }

    [Fact]
    public async Task A_job_that_is_run_again_gives_no_volume_a_second_turn()
    {
        World.UpkeepOptions.DrillVolumes = 1;
        await AddVolumeAsync("a", 1);
        await AddVolumeAsync("b", 1);
        await QueueAsync();
        var isDead = false;
        Assert.True(
            await DieAsync(key =>
            {
                isDead |= key.StartsWith("data/", StringComparison.Ordinal);
                if (isDead)
                {
                    throw new InvalidOperationException("dies");
                }
            })
        );
        for (var i = 0; i < 2; i++)
        {
            Bed.Clock.Advance(TimeSpan.FromSeconds(61));
            await World.Rescuer.RunOnceAsync(Bed.Now, Cancel);
        }

        await RunAsync();
        Assert.Equal(DrillState.Proven, Assert.Single(await World.Drills.ListAsync(Project, null, 10, Cancel)).State);
    }

    [Fact]
    public async Task Evidence_goes_when_it_is_old_and_what_the_volume_says_of_itself_stays()
    {
        await BackUpAsync(await AddPolicyAsync());
        await OrderAsync(Volume.Id);
        await RunAsync();
        await OrderAsync(Volume.Id);
        var proven = (await World.Volumes.FindAsync(Project, Volume.Id, Cancel))!.ProvenAt;

        Assert.Equal(0, await World.Drills.RemoveEndedAsync(Bed.Now.AddMinutes(-1), 100, Cancel));
        Assert.Equal(1, await World.Drills.RemoveEndedAsync(Bed.Now.AddMinutes(1), 100, Cancel));

        Assert.Equal(DrillState.Ordered, Assert.Single(await World.Drills.ListAsync(Project, null, 10, Cancel)).State);
        Assert.Equal(proven, (await World.Volumes.FindAsync(Project, Volume.Id, Cancel))!.ProvenAt);
        Assert.NotNull(proven);
    }

    private async Task QueueAsync() =>
        Assert.NotNull(await Bed.InTransactionAsync(tx => World.Jobs.QueueUpkeepAsync(tx, JobKind.Drill, "{}", Cancel)));

    private async Task RunScheduledAsync()
    {
        Bed.Clock.Advance(TimeSpan.FromDays(1));
        await QueueAsync();
        await RunAsync();
    }

    /// <summary>A job of which nothing counts but the kind.</summary>
    private sealed record JobKindOnly(JobKind Kind)
    {
        public Job Job =>
            new()
            {
                Id = new JobId(""),
                Project = NewJob.OfService,
                Kind = Kind,
                State = JobState.Queued,
                Arguments = "{}",
                CreatedAt = default,
                RunAfter = default,
                Attempt = 0,
            };
    }
}

public sealed class DrillScheduleOnSqlite(CatalogTemplates templates) : DrillScheduleSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class DrillScheduleOnPostgres(CatalogTemplates templates) : DrillScheduleSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
