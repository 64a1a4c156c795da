using Holdfast.Control.Drills;
using Holdfast.Control.Jobs;
using Holdfast.Control.Notifications;
using Holdfast.Control.Policies;
using Holdfast.Control.Tests.Backups;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Control.Upkeep;

namespace Holdfast.Control.Tests.Notifications;

/// <summary>What is told of what happened, over a real catalog and real backups: once, by whomever, and whatever clocks say.</summary>
public abstract class WatcherSpec : FlowSpec
{
    private NotifyWorld _notify = null!; // made in OpenedAsync
    private long _ended;

    protected override async ValueTask OpenedAsync()
    {
        await base.OpenedAsync();
        _notify = new NotifyWorld(Bed.Database, World.Repository, Bed);
    }

    protected override async ValueTask CloseAsync()
    {
        _notify.Dispose();
        await base.CloseAsync();
    }

    [Fact]
    public async Task A_failure_is_told_once_and_its_end_once()
    {
        var policy = await AddPolicyAsync();
        await _notify.AddWebhookAsync(Project);
        var good = await BackUpAsync(policy);
        await LookAsync();
        Assert.Empty(await ToldAsync());

        var content = await FailAsync(policy);
        await LookAsync();
        await LookAsync();
        Assert.Equal([NotifyEvent.VolumeFailed], await ToldAsync());
        var payload = NotifyMessage.FromJson(Assert.Single(await PayloadsAsync()));
        Assert.Equal(("volume_failed", "error", Volume.Id.ToString()), (payload.Event, payload.Severity, payload.Volume?.Id));
        Assert.Equal((good.ToString(), "https://backup.example.com/"), (payload.LastGood?.Id, payload.Link));
        Assert.Contains("volume.img", payload.Why, StringComparison.Ordinal);
        Assert.Contains("holdfast ", payload.Do, StringComparison.Ordinal);

        await FailAsync(policy);
        await FailAsync(policy);
        await LookAsync();
        Assert.Equal([NotifyEvent.VolumeFailed], await ToldAsync());

        await HealAsync(policy, content);
        await LookAsync();
        await LookAsync();
        Assert.Equal([NotifyEvent.VolumeFailed, NotifyEvent.VolumeRecovered], await ToldAsync());
    }

    [Fact]
    public async Task A_volume_that_a_restore_was_cut_off_in_is_told_and_so_is_its_end()
    {
        var policy = await AddPolicyAsync();
        await _notify.AddWebhookAsync(Project);
        await BackUpAsync(policy);
        await Bed.ExecuteAsync("UPDATE volume SET status = 5");
        await LookAsync();
        await LookAsync();
        Assert.Equal([NotifyEvent.VolumeFailed], await ToldAsync());
        Assert.Contains("a restore into it", NotifyMessage.FromJson(Assert.Single(await PayloadsAsync())).What, StringComparison.Ordinal);

        await Bed.ExecuteAsync("UPDATE volume SET status = 1");
        await LookAsync();
        await LookAsync();
        Assert.Equal([NotifyEvent.VolumeFailed, NotifyEvent.VolumeRecovered], await ToldAsync());
    }

    [Fact]
    public async Task What_goes_on_stands_in_the_digest_with_how_often_and_one_that_is_all_well_has_the_counts()
    {
        var policy = await AddPolicyAsync();
        await _notify.AddWebhookAsync(Project);
        await BackUpAsync(policy);
        await LookAsync();
        Bed.Clock.Advance(TimeSpan.FromHours(19)); // 07:00 of the next day
        await LookAsync();
        await LookAsync();
        Assert.Equal([NotifyEvent.Digest], await ToldAsync());
        var well = NotifyMessage.FromJson((await PayloadsAsync())[^1]);
        Assert.Equal(("info", 0), (well.Severity, well.Digest?.OpenTotal));
        Assert.Equal((1, 1), (well.Digest?.Volumes.Total, well.Digest?.Volumes.Protected));

        for (var i = 0; i < 5; i++)
        {
            await FailAsync(policy);
        }

        await LookAsync();
        Bed.Clock.Advance(TimeSpan.FromHours(24));
        await LookAsync();
        Assert.Equal([NotifyEvent.Digest, NotifyEvent.VolumeFailed, NotifyEvent.Digest], await ToldAsync());
        var ill = NotifyMessage.FromJson((await PayloadsAsync())[^1]);
        Assert.Equal("error", ill.Severity);
        Assert.Contains(ill.Digest?.Open ?? [], one => one.Text.Contains("still failing, 5th time", StringComparison.Ordinal));
        Assert.Contains("still failing, 5th time", MessageText.BodyOf(ill), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Overdue_is_told_once_and_not_of_what_was_told_to_fail()
    {
        var policy = await AddPolicyAsync();
        await _notify.AddWebhookAsync(Project);
        await BackUpAsync(policy);
        Bed.Clock.Advance(TimeSpan.FromHours(40));
        await LookAsync();
        await LookAsync();
        Assert.Equal([NotifyEvent.VolumeOverdue], await ToldAsync());

        var content = await FailAsync(policy);
        await LookAsync();
        await HealAsync(policy, content);
        await LookAsync();
        Assert.Equal([NotifyEvent.VolumeOverdue, NotifyEvent.VolumeFailed, NotifyEvent.VolumeRecovered], await ToldAsync());

        await FailAsync(policy);
        await LookAsync();
        Bed.Clock.Advance(TimeSpan.FromHours(40));
        await LookWithoutDigestAsync();
        Assert.Equal(NotifyEvent.VolumeFailed, (await ToldAsync())[^1]);
    }

    [Fact]
    public async Task Two_watchers_at_once_tell_once()
    {
        var policy = await AddPolicyAsync();
        await _notify.AddWebhookAsync(Project);
        await BackUpAsync(policy);
        await using var database = Bed.OpenAnother();
        using var other = new NotifyWorld(database, World.Repository, Bed);
        await FailAsync(policy);
        Bed.Clock.Advance(TimeSpan.FromHours(19));

        await Task.WhenAll(
            Enumerable.Range(0, 6).Select(i => Task.Run(() => (i % 2 == 0 ? other : _notify).Watcher.LookAsync(Bed.Now, Cancel)))
        );
        await LookAsync();

        Assert.Equal([NotifyEvent.VolumeFailed], (await ToldAsync()).Where(one => one != NotifyEvent.Digest));
        Assert.Empty((await ToldAsync()).Where(one => one == NotifyEvent.Digest).Skip(1));
    }

    /// <summary>A process that dies after the first of its statements has told nothing, and the next look tells all of it.</summary>
    [Fact]
    public async Task A_crash_between_cause_and_message_loses_neither()
    {
        var policy = await AddPolicyAsync();
        await _notify.AddWebhookAsync(Project);
        await FailAsync(policy);
        var (column, gone) = ("notify_delivery", "notify_delivery_away");
        await Bed.ExecuteAsync($"ALTER TABLE {column} RENAME TO {gone}");
        await Assert.ThrowsAnyAsync<Exception>(LookAsync);
        await Bed.ExecuteAsync($"ALTER TABLE {gone} RENAME TO {column}");
        Assert.Empty(await Bed.QueryAsync<string>("SELECT id FROM notify_incident"));

        await LookAsync();
        Assert.Equal([NotifyEvent.VolumeFailed], await ToldAsync());
    }

    [Fact]
    public async Task A_clock_that_is_set_back_a_year_tells_nothing_twice_and_loses_nothing()
    {
        var policy = await AddPolicyAsync();
        await _notify.AddWebhookAsync(Project);
        await BackUpAsync(policy);
        await LookAsync();
        Bed.Clock.Advance(TimeSpan.FromHours(40));
        await LookAsync();
        var before = await ToldAsync();
        Assert.Contains(NotifyEvent.VolumeOverdue, before);

        Bed.Clock.AdjustTime(Bed.Now.AddYears(-1));
        await LookAsync();
        Assert.Equal(before, await ToldAsync());

        var content = await FailAsync(policy);
        await LookAsync();
        Assert.Equal([.. before, NotifyEvent.VolumeFailed], await ToldAsync());
        Assert.NotNull(await _notify.Deliveries.ClaimAsync("me", Bed.Now, Cancel)); // made before the clock was set back, and due
        await HealAsync(policy, content);
        await LookAsync();
        Assert.Equal([.. before, NotifyEvent.VolumeFailed, NotifyEvent.VolumeRecovered], await ToldAsync());

        Bed.Clock.AdjustTime(Bed.Now.AddYears(1));
        await LookAsync();
        Assert.Single((await ToldAsync()).Skip(before.Count), one => one == NotifyEvent.VolumeFailed);
    }

    [Fact]
    public async Task Rules_say_who_is_told_what()
    {
        var policy = await AddPolicyAsync();
        var failures = await _notify.AddWebhookAsync(Project, name: "failures");
        var nothing = await _notify.AddWebhookAsync(Project, name: "digests");
        var usual = await _notify.AddWebhookAsync(Project, name: "usual");
        await AddRuleAsync(failures, [NotifyEvent.VolumeFailed], NotifySeverity.Error);
        await AddRuleAsync(nothing, [NotifyEvent.Digest, NotifyEvent.VolumeUnprotected], NotifySeverity.Info);
        var content = await FailAsync(policy);
        await LookAsync();
        await HealAsync(policy, content);
        await LookAsync();
        await Bed.ExecuteAsync("UPDATE policy SET enabled = 0, next_fire_at = NULL");
        await LookAsync();

        Assert.Equal([NotifyEvent.VolumeFailed], await ToldAsync(failures));
        Assert.Equal([NotifyEvent.VolumeUnprotected], await ToldAsync(nothing));
        Assert.Equal([NotifyEvent.VolumeFailed, NotifyEvent.VolumeRecovered], await ToldAsync(usual));
    }

    [Fact]
    public async Task A_volume_that_goes_or_that_nothing_backs_up_any_more_has_not_recovered()
    {
        await AddPolicyAsync();
        await _notify.AddWebhookAsync(Project);
        Bed.Clock.Advance(TimeSpan.FromHours(40));
        await LookAsync();
        Assert.Equal([NotifyEvent.VolumeOverdue], await ToldAsync());

        await Bed.ExecuteAsync("DELETE FROM policy_volume");
        await LookAsync();
        Assert.Equal([NotifyEvent.VolumeOverdue], await ToldAsync());
        Assert.Equal(["volume_unprotected"], await OpenCausesAsync());

        await Bed.ExecuteAsync("DELETE FROM volume");
        await LookAsync();
        Assert.Equal([NotifyEvent.VolumeOverdue], await ToldAsync());
        Assert.Empty(await OpenCausesAsync());
    }

    [Fact]
    public async Task Damage_is_told_and_that_it_is_over()
    {
        var policy = await AddPolicyAsync();
        var backup = await BackUpAsync(policy);
        await _notify.AddWebhookAsync(Project);
        await Bed.ExecuteAsync($"UPDATE backup SET verdict_at = 1, verdict_by = 3, verdict_ok = 0 WHERE id = '{backup}'");
        await LookAsync();
        await Bed.ExecuteAsync("UPDATE backup SET verdict_ok = 1");
        await LookAsync();
        Assert.Equal([NotifyEvent.VolumeDamaged, NotifyEvent.VolumeRecovered], await ToldAsync());
    }

    /// <summary>Of the drills of a long time the last counts; one that ends when the clock is a year behind counts as the last.</summary>
    [Fact]
    public async Task A_drill_that_failed_is_told_once_again_when_it_is_graver_and_when_it_is_proven()
    {
        await _notify.AddWebhookAsync(Project);
        await DrillAsync(DrillState.Failed, minute: 1);
        await DrillAsync(DrillState.Proven, minute: 2);
        await LookAsync();
        Assert.Empty(await ToldAsync());

        await DrillAsync(DrillState.Failed, minute: -500_000);
        await LookAsync();
        await DrillAsync(DrillState.Failed, minute: 3);
        await LookAsync();
        Assert.Equal([NotifyEvent.DrillFailed], await ToldAsync());
        Assert.Equal([2L], await Bed.QueryAsync<long>("SELECT times FROM notify_incident WHERE resolved_at IS NULL AND event = 6"));

        await DrillAsync(DrillState.Damaged, minute: 4);
        await LookAsync();
        await DrillAsync(DrillState.Proven, minute: -600_000);
        await LookAsync();
        await LookAsync();
        Assert.Equal([NotifyEvent.DrillFailed, NotifyEvent.DrillFailed, NotifyEvent.VolumeRecovered], await ToldAsync());
    }

    [Fact]
    public async Task Damage_that_a_check_found_is_over_when_every_share_was_read_since()
    {
        await _notify.AddWebhookAsync(Project);
        await CheckAsync(JobState.Failed);
        await LookAsync();
        await CheckAsync(JobState.Failed);
        await LookAsync();
        for (var i = 0; i < 29; i++)
        {
            await CheckAsync(JobState.Succeeded);
        }

        await LookAsync();
        Assert.Equal([NotifyEvent.DamageFound], await ToldAsync());
        await CheckAsync(JobState.Succeeded);
        await LookAsync();
        Assert.Equal([NotifyEvent.DamageFound, NotifyEvent.ServiceRecovered], await ToldAsync());
    }

    [Fact]
    public async Task A_second_copy_that_fails_is_told_once_and_its_end_once()
    {
        await _notify.AddWebhookAsync(Project);
        await EndAsync(JobKind.Copy, JobState.Failed);
        await LookAsync();
        Assert.Empty(await ToldAsync()); // none is configured any more

        _notify.SecondCopy = new SecondCopyPlace("elsewhere", _ => throw new InvalidOperationException("is not opened"));
        await LookAsync();
        await EndAsync(JobKind.Copy, JobState.Failed);
        await EndAsync(JobKind.Drill, JobState.Failed);
        await LookAsync();
        Assert.Equal([NotifyEvent.UpkeepFailed], await ToldAsync());

        await EndAsync(JobKind.Copy, JobState.Succeeded);
        await LookAsync();
        Assert.Equal([NotifyEvent.UpkeepFailed, NotifyEvent.ServiceRecovered], await ToldAsync());
    }

    [Fact]
    public async Task A_part_is_told_when_it_stays_ill_and_by_its_machine_that_it_is_well()
    {
        await _notify.AddWebhookAsync(Project);
        await Bed.ExecuteAsync($"INSERT INTO process (id, host, began_at, seen_at) VALUES ('1', 'here:1', 0, {Bed.Database.Dialect.Now})");
        using var other = new NotifyWorld(Bed.Database, World.Repository, Bed, machine: "there");
        _notify.Parts.Add(new ServicePart(ServicePart.FreeSpace, "Little is free.", "df -h"));
        await LookAsync();
        Assert.Empty(await ToldAsync());

        Bed.Clock.Advance(TimeSpan.FromMinutes(1));
        await LookAsync();
        await other.Watcher.LookAsync(Bed.Now, Cancel);
        Assert.Equal([NotifyEvent.RepositoryNearlyFull], await ToldAsync());

        _notify.Parts[0] = _notify.Parts[0] with { Trouble = null };
        await LookAsync();
        Assert.Equal([NotifyEvent.RepositoryNearlyFull, NotifyEvent.ServiceRecovered], await ToldAsync());
    }

    /// <summary>Removing the last target forgets what was told, so whoever comes next is told what is wrong then.</summary>
    [Fact]
    public async Task A_new_first_target_is_told_what_is_wrong()
    {
        var policy = await AddPolicyAsync();
        var first = await _notify.AddWebhookAsync(Project);
        await FailAsync(policy);
        await LookAsync();
        Assert.True(await _notify.Targets.RemoveAsync(Project, first.Id, Cancel));
        await LookAsync();
        Assert.Empty(await ToldAsync());

        await _notify.AddWebhookAsync(Project);
        await LookAsync();
        Assert.Equal([NotifyEvent.VolumeFailed], await ToldAsync());
    }

    private Task LookAsync() => _notify.Watcher.LookAsync(Bed.Now, Cancel);

    private async Task LookWithoutDigestAsync()
    {
        await Bed.ExecuteAsync("DELETE FROM notify_digest");
        await LookAsync();
    }

    private Task<IReadOnlyList<NotifyEvent>> ToldAsync() => _notify.ToldAsync(Project);

    private async Task<IReadOnlyList<NotifyEvent>> ToldAsync(NotifyTarget target) =>
        [.. (await _notify.Deliveries.ListAsync(Project, target.Id, 100, Cancel)).Reverse().Select(one => one.Event)];

    private Task<IReadOnlyList<string>> PayloadsAsync() =>
        Bed.QueryAsync<string>("SELECT payload FROM notify_delivery ORDER BY number");

    private async Task<IReadOnlyList<string>> OpenCausesAsync() =>
        [
            .. (await Bed.QueryAsync<string>("SELECT cause FROM notify_incident WHERE resolved_at IS NULL ORDER BY cause")).Select(
                cause => cause.Split('/')[0]
            ),
        ];

    /// <summary>Runs the policy with the volume's file away.</summary>
    private async Task<byte[]> FailAsync(Policy policy)
    {
        var content = File.Exists(VolumeFile) ? await File.ReadAllBytesAsync(VolumeFile, Cancel) : [];
        File.Delete(VolumeFile);
        await FireAsync(policy);
        await World.RunJobsAsync(Cancel);
        return content;
    }

    private async Task HealAsync(Policy policy, byte[] content)
    {
        await File.WriteAllBytesAsync(VolumeFile, content, Cancel);
        await BackUpAsync(policy);
    }

    private async Task AddRuleAsync(NotifyTarget target, IReadOnlyList<NotifyEvent>? events, NotifySeverity least) =>
        Assert.IsType<NotifyOutcome<NotifyRule>.Done>(await _notify.Rules.CreateAsync(Project, target.Id, events, least, Cancel));

    private Task DrillAsync(DrillState state, long minute) =>
        Bed.ExecuteAsync(
            """
            INSERT INTO drill (id, project_id, volume_id, volume_name, state, by_hand, ordered_at, began_at, ended_at, backup_id,
              backup_number, root, bytes_verified, reason)
            VALUES (@id, @project, @volume, 'v', @state, 0, @at, @at, @at, 'b', 1, @root, 1, @reason)
            """,
            new
            {
                id = DrillId.New(Bed.Clock).ToString(),
                project = Project.Value,
                volume = Volume.Id.ToString(),
                state = (int)state,
                at = Bed.Now.AddMinutes(minute).ToUnixTimeMilliseconds(),
                root = state == DrillState.Proven ? "00" : null,
                reason = state == DrillState.Proven ? null : "why not",
            }
        );

    private Task CheckAsync(JobState state) => EndAsync(JobKind.Check, state);

    /// <summary>A job of the service's own that has ended.</summary>
    private Task EndAsync(JobKind kind, JobState state) =>
        Bed.ExecuteAsync(
            """
            INSERT INTO job (id, project_id, kind, state, arguments, created_at, run_after, begin_at, finished_at, attempt, error_code,
              fail_reason)
            VALUES (@id, '', @kind, @state, '{}', @at, @at, @at, @at, 1, @code, @code)
            """,
            new
            {
                id = JobId.New(Bed.Clock).Value,
                kind = (int)kind,
                at = ++_ended,
                state = (int)state,
                code = state == JobState.Failed ? "VolumeBackup.0001" : null,
            }
        );
}

public sealed class WatcherOnSqlite(CatalogTemplates templates) : WatcherSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class WatcherOnPostgres(CatalogTemplates templates) : WatcherSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
