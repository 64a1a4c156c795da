using Holdfast.Control.Protection;
using Holdfast.Control.Tests.Backups;
using Holdfast.Control.Tests.Tasks;

namespace Holdfast.Control.Tests.Protection;

/// <summary>What is told of a volume is what its backups, its policy and its last order say.</summary>
public abstract class ProtectionSpec : FlowSpec
{
    [Fact]
    public async Task A_volume_waits_for_its_first_backup_is_late_with_it_has_it_and_is_overdue_again()
    {
        Assert.Equal(ProtectionState.Unprotected, (await LookAsync()).State);

        var policy = await AddPolicyAsync();
        Assert.Equal(ProtectionState.Waiting, (await LookAsync()).State);

        Bed.Clock.Advance(TimeSpan.FromHours(37));
        Assert.Equal((ProtectionState.Overdue, null), ((await LookAsync()).State, (await LookAsync()).Newest));

        var backup = await BackUpAsync(policy);
        var seen = await LookAsync();
        Assert.Equal((ProtectionState.Protected, backup, "p"), (seen.State, seen.Newest?.Id, seen.PolicyName));
        Assert.True(seen.Newest?.BytesRead > 0);
        Assert.Equal(0, seen.Last?.Failures);

        Bed.Clock.Advance(TimeSpan.FromHours(35));
        Assert.Equal(ProtectionState.Protected, (await LookAsync()).State);
        Bed.Clock.Advance(TimeSpan.FromHours(2));
        Assert.Equal(ProtectionState.Overdue, (await LookAsync()).State);
    }

    [Fact]
    public async Task One_whose_last_orders_failed_has_failed_with_the_reason_until_one_succeeds()
    {
        var policy = await AddPolicyAsync();
        var good = await BackUpAsync(policy);
        var content = await File.ReadAllBytesAsync(VolumeFile, Cancel);
        File.Delete(VolumeFile);
        for (var failures = 1; failures <= 2; failures++)
        {
            await FireAsync(policy);
            await World.RunJobsAsync(Cancel);
            var seen = await LookAsync();
            Assert.Equal((ProtectionState.Failed, good), (seen.State, seen.Newest?.Id));
            Assert.Equal(failures, seen.Last?.Failures);
            Assert.Contains("volume.img", seen.Last?.Reason, StringComparison.Ordinal);
        }

        await File.WriteAllBytesAsync(VolumeFile, content, Cancel);
        var healed = await BackUpAsync(policy);
        Assert.Equal((ProtectionState.Protected, healed), ((await LookAsync()).State, (await LookAsync()).Newest?.Id));
    }

    /// <summary>A good backup says nothing for a volume that a restore was cut off in: nothing backs it up any more.</summary>
    [Fact]
    public async Task One_that_a_restore_was_cut_off_in_has_failed_until_one_has_succeeded()
    {
        var policy = await AddPolicyAsync();
        var good = await BackUpAsync(policy);
        await Bed.ExecuteAsync("UPDATE volume SET status = 5");

        var half = await LookAsync();

        Assert.Equal((ProtectionState.Failed, true, good, false), (half.State, half.IsInError, half.Newest?.Id, half.IsOverdue));
        Assert.Contains("a restore into it did not come", VolumeReason.Of(half, half.State, Bed.Now).Text, StringComparison.Ordinal);
        await Bed.ExecuteAsync("UPDATE volume SET status = 1");
        Assert.Equal((ProtectionState.Protected, false), ((await LookAsync()).State, (await LookAsync()).IsInError));
    }

    /// <summary>A failure after the clock was set back by a year is still the last word.</summary>
    [Fact]
    public async Task What_came_last_is_told_without_the_clock()
    {
        var policy = await AddPolicyAsync();
        await BackUpAsync(policy);
        Bed.Clock.AdjustTime(Bed.Now.AddYears(-1));
        Assert.True((await LookAsync()).IsDatedAhead);

        File.Delete(VolumeFile);
        await FireAsync(policy);
        await World.RunJobsAsync(Cancel);

        Assert.Equal(ProtectionState.Failed, (await LookAsync()).State);
    }

    [Fact]
    public async Task One_in_a_policy_that_is_off_is_unprotected_and_one_with_a_damaged_backup_is_damaged()
    {
        var policy = await AddPolicyAsync();
        var first = await BackUpAsync(policy);
        Change(VolumeFile, at: 5000);
        var second = await BackUpAsync(policy);
        await Bed.ExecuteAsync($"UPDATE backup SET verdict_at = 1, verdict_by = 3, verdict_ok = 0 WHERE id = '{second}'");

        var damaged = await LookAsync();
        Assert.Equal((ProtectionState.Damaged, 1, first), (damaged.State, damaged.DamagedBackups, damaged.Newest?.Id));

        await Bed.ExecuteAsync("UPDATE backup SET verdict_ok = 1");
        await Bed.ExecuteAsync("UPDATE policy SET enabled = 0, next_fire_at = NULL");
        var off = await LookAsync();
        Assert.Equal((ProtectionState.Unprotected, policy.Id, false), (off.State, off.Policy, off.IsPolicyOn));
        Assert.Null(off.WantedSince);
    }

    /// <summary>Days are those of the ends of orders; what was deleted since counts still, and a day without any is there, too.</summary>
    [Fact]
    public async Task A_days_backups_are_counted_when_they_end()
    {
        var policy = await AddPolicyAsync();
        await BackUpAsync(policy);
        Bed.Clock.Advance(TimeSpan.FromDays(2));
        Change(VolumeFile, at: 5000);
        await BackUpAsync(policy);
        await BackUpAsync(policy);
        File.Delete(VolumeFile);
        await FireAsync(policy);
        await World.RunJobsAsync(Cancel);
        var read = Assert.Single(await Bed.QueryAsync<long>("SELECT CAST(sum(bytes_read) AS bigint) FROM backup"));
        await Bed.ExecuteAsync("DELETE FROM backup");

        var days = await new DayFigureStore(Bed.Database, Bed.Clock).ListAsync(Project, 4, Cancel);

        Assert.Equal([(0, 0), (1, 0), (0, 0), (2, 1)], days.Select(day => (day.Succeeded, day.Failed)));
        Assert.Equal(DateOnly.FromDateTime(Bed.Now.UtcDateTime), days[^1].Day);
        Assert.True(read > 0);
        Assert.Equal(read, days.Sum(day => day.BytesRead));
        Assert.All(
            await new DayFigureStore(Bed.Database, Bed.Clock).ListAsync(new ProjectId("other"), 4, Cancel),
            day => Assert.Equal(0, day.Succeeded)
        );
    }

    /// <summary>What was read yesterday says of today what is read today.</summary>
    [Fact]
    public async Task Facts_that_were_read_long_ago_tell_what_became_overdue_since()
    {
        await BackUpAsync(await AddPolicyAsync());
        var facts = Assert.Single(await new ProtectionStore(Bed.Database, Bed.Clock).FactsAsync(Cancel));

        Assert.Equal(ProtectionState.Protected, facts.StateAt(Bed.Now.AddHours(35)));
        Assert.Equal(ProtectionState.Overdue, facts.StateAt(Bed.Now.AddHours(37)));
    }

    private async Task<VolumeProtection> LookAsync()
    {
        var store = new ProtectionStore(Bed.Database, Bed.Clock);
        var seen = Assert.Single(await store.ListAsync(Project, Cancel));
        Assert.Equal(seen, Assert.Single(await store.ListAsync(project: null, Cancel)));
        Assert.Equal(seen, await store.FindAsync(Project, seen.Volume, Cancel));
        Assert.Null(await store.FindAsync(new ProjectId("other"), seen.Volume, Cancel));
        Assert.Empty(await store.ListAsync(new ProjectId("other"), Cancel));
        var (sights, others) = (await store.SightsAsync(Project, Cancel), await store.SightsAsync(new ProjectId("other"), Cancel));
        Assert.Equal(
            new VolumeSight(seen.Volume, seen.Name, seen.State, seen.Newest?.BegunAt, seen.IsDatedAhead),
            Assert.Single(sights.All)
        );
        Assert.Equal(seen, Assert.Single(await store.ListAsync(sights, [new VolumeId(Guid.Empty), seen.Volume], Cancel)));
        Assert.Empty(others.All);
        Assert.Empty(await store.ListAsync(others, [seen.Volume], Cancel));
        AssertSame(seen, Assert.Single(await store.FactsAsync(Cancel)));
        return seen;
    }

    private void AssertSame(VolumeProtection seen, VolumeFacts facts)
    {
        var newest = seen.Newest;
        Assert.Equal((seen.Volume, seen.Name, seen.Project.Value), (facts.Volume, facts.Name, facts.Project));
        Assert.Equal((seen.ProjectName, seen.State, seen.ProvenAt), (facts.ProjectName, facts.StateAt(Bed.Now), facts.ProvenAt));
        Assert.Equal((newest?.BegunAt, newest?.Took, newest?.Verdict?.At), (facts.BegunAt, facts.Took, facts.VerdictAt));
        Assert.Equal(
            (newest?.BytesRead, newest?.BytesNew, newest?.BytesStored, seen.DamagedBackups),
            (facts.BytesRead, facts.BytesNew, facts.BytesStored, facts.DamagedBackups)
        );
        Assert.Equal((seen.Last?.EndedAt, seen.Last?.Failures ?? 0, seen.IsInError), (facts.EndedAt, facts.Failures, facts.IsInError));
    }
}

public sealed class ProtectionOnSqlite(CatalogTemplates templates) : ProtectionSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class ProtectionOnPostgres(CatalogTemplates templates) : ProtectionSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
