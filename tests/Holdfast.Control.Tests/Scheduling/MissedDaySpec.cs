using Holdfast.Control.Policies;
using Holdfast.Control.Protection;
using Holdfast.Control.Tests.Backups;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Control.Upkeep;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Control.Tests.Scheduling;

/// <summary>Which days of the past are overdue: those whose turns were due and did not come, and no others.</summary>
public abstract class MissedDaySpec : CatalogSpec
{
    private World _world = null!; // made in OpenedAsync
    private ProjectId _project;

    /// <summary>The clock begins on the 23rd at noon; the first turn is that of the 24th.</summary>
    [Fact]
    public async Task Days_that_no_service_saw_are_overdue_and_the_one_that_is_made_up_for_is_not()
    {
        await AddPolicyAsync(volumes: 2);
        await AddPolicyAsync(volumes: 1);
        await FireAtAsync(day: 24, hour: 0);
        await FireAtAsync(day: 28, hour: 9);

        Assert.Equal([(25, 3), (26, 3), (27, 3)], await OverdueAsync());
    }

    [Fact]
    public async Task A_turn_that_is_too_late_to_be_made_up_for_makes_its_day_overdue()
    {
        await AddPolicyAsync(volumes: 1);
        await FireAtAsync(day: 24, hour: 13);

        Assert.Equal([(24, 1)], await OverdueAsync());
    }

    /// <summary>One row a turn and volume would be too many there.</summary>
    [Fact]
    public async Task All_days_are_known_also_where_turns_are_too_many_to_be_written_down()
    {
        await AddPolicyAsync(volumes: 256);
        await FireAtAsync(day: 28, hour: 9);

        Assert.Equal([(24, 256), (25, 256), (26, 256), (27, 256)], await OverdueAsync());
        Assert.Equal(3, (await Bed.QueryAsync<long>("SELECT count(DISTINCT slot_at) FROM task WHERE status = 6"))[0]);
    }

    [Fact]
    public async Task A_day_of_many_turns_counts_a_volume_once()
    {
        await AddPolicyAsync(volumes: 2, startTime: "00:00,06:00,12:00,18:00");
        await FireAtAsync(day: 24, hour: 7);
        await FireAtAsync(day: 24, hour: 23);

        Assert.Equal([(23, 2), (24, 2)], await OverdueAsync());
    }

    [Fact]
    public async Task A_policy_that_was_off_or_made_later_makes_no_day_overdue()
    {
        var off = await AddPolicyAsync(volumes: 1);
        await _world.Policies.UpdateAsync(_project, off.Id, new PolicyChange { Enabled = false }, Cancel);
        await FireAtAsync(day: 27, hour: 9);
        await _world.Policies.UpdateAsync(_project, off.Id, new PolicyChange { Enabled = true }, Cancel);
        await AddPolicyAsync(volumes: 1);
        await FireAtAsync(day: 27, hour: 10);

        Assert.Empty(await OverdueAsync());
    }

    [Fact]
    public async Task A_schedule_that_was_changed_later_is_not_asked_about_days_before()
    {
        var policy = await AddPolicyAsync(volumes: 1, startTime: "22:00");
        await FireAtAsync(day: 23, hour: 22);
        await FireAtAsync(day: 24, hour: 22);
        var change = new PolicyChange { StartTime = "00:00,06:00" };
        await _world.Policies.UpdateAsync(_project, policy.Id, change, Cancel);
        await FireAtAsync(day: 25, hour: 0);

        Assert.Empty(await OverdueAsync());
    }

    [Fact]
    public async Task A_volume_that_came_into_the_policy_after_a_turn_did_not_miss_it()
    {
        var policy = await AddPolicyAsync(volumes: 1);
        Bed.Clock.SetUtcNow(At(day: 25, hour: 12));
        var later = await Bed.AddVolumesAsync(_project, 1);
        await _world.PolicyVolumes.AssociateAsync(_project, policy.Id, [later[0].ToString()], Cancel);
        await FireAtAsync(day: 27, hour: 9);

        Assert.Equal([(24, 1), (25, 1), (26, 2)], await OverdueAsync());
    }

    [Fact]
    public async Task What_was_missed_stays_so_when_the_policy_is_changed_or_removed()
    {
        var policy = await AddPolicyAsync(volumes: 1);
        await FireAtAsync(day: 26, hour: 9);
        await _world.Policies.UpdateAsync(_project, policy.Id, new PolicyChange { Enabled = false }, Cancel);
        Assert.Equal([(24, 1), (25, 1)], await OverdueAsync());

        await _world.Policies.RemoveAsync(_project, policy.Id, Cancel);
        Assert.Equal([(24, 1), (25, 1)], await OverdueAsync());
        Assert.All(await DaysAsync(new ProjectId("other")), day => Assert.Equal(0, day.Overdue));
    }

    [Fact]
    public async Task Days_that_a_clock_only_pretended_are_not_overdue_when_they_come()
    {
        await AddPolicyAsync(volumes: 1);
        await FireAtAsync(day: 24, hour: 0);
        await FireAtAsync(day: 29, hour: 9);
        Bed.Clock.AdjustTime(At(day: 24, hour: 12));
        var mending = new ClockUpkeep(Bed.Database, Bed.Clock, NullLogger<ClockUpkeep>.Instance);
        await mending.RunOnceAsync(Bed.Now, Cancel);
        Bed.Clock.SetUtcNow(At(day: 29, hour: 12));

        Assert.Empty(await OverdueAsync());
    }

    protected override async ValueTask OpenedAsync()
    {
        _world = World.WithoutRepository(Bed);
        _project = await Bed.AddProjectAsync();
    }

    protected override ValueTask CloseAsync() => _world.DisposeAsync();

    private static DateTimeOffset At(int day, int hour) => new(2026, 11, day, hour, 0, 1, TimeSpan.Zero);

    private Task<IReadOnlyList<DayFigures>> DaysAsync(ProjectId project) =>
        new DayFigureStore(Bed.Database, Bed.Clock).ListAsync(project, 30, Cancel);

    private async Task<IEnumerable<(int Day, long Volumes)>> OverdueAsync() =>
        (await DaysAsync(_project)).Where(day => day.Overdue > 0).Select(day => (day.Day.Day, day.Overdue));

    private async Task FireAtAsync(int day, int hour)
    {
        Bed.Clock.SetUtcNow(At(day, hour));
        await _world.Scheduler.RunOnceAsync(Bed.Now, Cancel);
    }

    private async Task<Policy> AddPolicyAsync(int volumes, string startTime = "00:00")
    {
        var draft = new PolicyDraft
        {
            Name = "p",
            Enabled = true,
            Schedule = new Schedule { StartTime = startTime, Frequency = 1 },
            Retention = new RetentionRule { Count = 7 },
        };
        return await _world.AddPolicyAsync(_project, draft, await Bed.AddVolumesAsync(_project, volumes), Cancel);
    }
}

public sealed class MissedDayOnSqlite(CatalogTemplates templates) : MissedDaySpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class MissedDayOnPostgres(CatalogTemplates templates) : MissedDaySpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
