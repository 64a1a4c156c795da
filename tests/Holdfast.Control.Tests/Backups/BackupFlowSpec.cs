using Holdfast.Control.Backups;
using Holdfast.Control.Jobs;
using Holdfast.Control.Policies;
using Holdfast.Control.Scheduling;
using Holdfast.Control.Tasks;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Control.Volumes;
using Holdfast.Engine;
using Holdfast.Testing;

namespace Holdfast.Control.Tests.Backups;

/// <summary>From the firing to the restore point and back, on real files, a real engine and a real catalog.</summary>
public abstract class BackupFlowSpec : CatalogSpec
{
    private readonly TempFolder _folder = new();
    private readonly MemoryObjectStore _store = new();
    private World _world = null!; // made in OpenedAsync
    private ProjectId _project;
    private string _file = "";
    private Volume _volume = null!; // made in OpenedAsync

    [Fact]
    public async Task A_fired_policy_makes_a_backup_that_restores_bit_for_bit()
    {
        var policy = await AddPolicyAsync();
        await FireAsync(policy);
        await _world.RunJobsAsync(Cancel);

        var task = Assert.Single(await _world.TasksAsync(policy, Cancel));
        Assert.Equal(BackupTaskStatus.Success, task.Status);
        var backup = await _world.Backups.FindAsync(_project, task.Backup!.Value, Cancel);
        Assert.Equal((BackupStatus.Available, task.BackupName, (PolicyId?)policy.Id, null), (backup!.Status, backup.Name, backup.Policy, backup.Parent));
        Assert.Equal(new FileInfo(_file).Length, backup.VolumeBytes);
        Assert.True(backup.BytesNew > 0 && backup.BytesStored > 0 && backup.BytesRead > 0);
        Assert.Equal(JobState.Succeeded, (await _world.Jobs.FindAsync(_project, task.Job!.Value, Cancel))!.State);
        Assert.Equal(VolumeStatus.Available, await VolumeStatusAsync());
        Assert.Equal(["stage=prod"], await Bed.QueryAsync<string>("SELECT key || '=' || value FROM backup_tag"));

        var target = _folder["restored.img"];
        await RestoreAsync(backup.Id, new RestoreTarget.Device(target), overwrite: false);
        Assert.Equal(File.ReadAllBytes(_file), File.ReadAllBytes(target));
        Assert.Equal(BackupStatus.Available, await StatusAsync(backup.Id));
    }

    [Fact]
    public async Task The_manifest_tells_what_a_lost_catalog_is_rebuilt_from()
    {
        var policy = await AddPolicyAsync();
        var backup = await BackUpAsync(policy);
        var task = Assert.Single(await _world.TasksAsync(policy, Cancel));
        var labels = (await _world.Repository.FindAsync(backup, Cancel))!.Labels;
        Assert.Equal(
            ("p", policy.Id.ToString(), _volume.Id.ToString(), _volume.Name, task.Id.ToString(), task.BackupName, _project.Value, """{"stage":"prod"}"""),
            (labels["policy_name"], labels["policy_id"], labels["volume_id"], labels["volume_name"], labels["task_id"], labels["name"], labels["project_id"], labels["tags"]));
        Assert.Equal((await _world.Backups.FindAsync(_project, backup, Cancel))!.CreatedAt.ToUnixTimeMilliseconds().ToString(), labels["created_at"]);
    }

    [Fact]
    public async Task The_second_backup_is_compared_with_the_first_and_stores_what_changed()
    {
        var policy = await AddPolicyAsync();
        var first = await BackUpAsync(policy);
        Change(_file, at: 300_000);
        var second = await BackUpAsync(policy);

        var backup = await _world.Backups.FindAsync(_project, second, Cancel);
        Assert.Equal(first, backup!.Parent);
        Assert.InRange(backup.BytesNew!.Value, 1, 2 * 65536);
    }

    [Fact]
    public async Task A_damaged_earlier_manifest_does_not_keep_a_volume_from_being_backed_up()
    {
        var policy = await AddPolicyAsync();
        var first = await BackUpAsync(policy);
        _store.Damage(_store.Keys.Single(key => key.Contains(first.ToString(), StringComparison.Ordinal)), 40);
        Change(_file, at: 300_000);
        var second = await _world.Backups.FindAsync(_project, await BackUpAsync(policy), Cancel);
        Assert.Equal((BackupStatus.Available, null), (second!.Status, second.Parent));
    }

    [Fact]
    public async Task A_volume_that_vanished_fails_the_task_with_the_reason()
    {
        var policy = await AddPolicyAsync();
        File.Delete(_file);
        await FireAsync(policy);
        await _world.RunJobsAsync(Cancel);

        var task = Assert.Single(await _world.TasksAsync(policy, Cancel));
        Assert.Equal((BackupTaskStatus.Failed, TaskCodes.VolumeGone), (task.Status, task.Code));
        Assert.Contains(_file, task.Message, StringComparison.Ordinal);
        var backup = await _world.Backups.FindAsync(_project, task.Backup!.Value, Cancel);
        Assert.Equal((BackupStatus.Error, TaskCodes.VolumeGone, task.Message), (backup!.Status, backup.FailCode, backup.FailReason));
        Assert.Equal(VolumeStatus.Available, await VolumeStatusAsync());
    }

    [Fact]
    public async Task A_volume_in_error_is_not_backed_up()
    {
        var policy = await AddPolicyAsync();
        await FireAsync(policy);
        await Bed.ExecuteAsync("UPDATE volume SET status = 5");
        await _world.RunJobsAsync(Cancel);
        var task = Assert.Single(await _world.TasksAsync(policy, Cancel));
        Assert.Equal((BackupTaskStatus.Failed, TaskCodes.WrongVolumeState, null), (task.Status, task.Code, task.Backup));
        Assert.IsType<CreateBackupOutcome.Busy>(await _world.Service.CreateAsync(_project, _volume.Id, "x", null, Cancel));
    }

    [Fact]
    public async Task A_volume_that_grew_is_backed_up_whole_and_has_its_new_size()
    {
        var policy = await AddPolicyAsync();
        File.AppendAllText(_file, new string('x', 8192));
        var backup = await _world.Backups.FindAsync(_project, await BackUpAsync(policy), Cancel);
        Assert.Equal(_volume.SizeBytes + 8192, backup!.VolumeBytes);
        Assert.Equal(_volume.SizeBytes + 8192, (await _world.Volumes.FindAsync(_project, _volume.Id, Cancel))!.SizeBytes);
    }

    [Fact]
    public async Task A_crash_between_manifest_and_catalog_is_completed_by_the_next_run()
    {
        var policy = await AddPolicyAsync();
        await FireAsync(policy);
        var job = (await _world.Jobs.ClaimAsync("dies", TimeSpan.FromSeconds(60), Bed.Now, Cancel))!;
        Assert.IsType<JobOutcome.Done>(await _world.Ends.HandlerOf(job).RunAsync(job, new JobLease(job.Id, "dies", 1), Cancel)); // and is never written
        Assert.Equal(BackupStatus.Creating, await StatusAsync(job.Backup!.Value));
        var objects = _store.Keys;
        Change(_file, at: 0); // what was backed up is what the manifest says, not what the volume holds now

        Bed.Clock.Advance(TimeSpan.FromSeconds(61));
        await _world.Rescuer.RunOnceAsync(Bed.Now, Cancel);
        await _world.RunJobsAsync(Cancel);

        Assert.Equal(BackupTaskStatus.Success, Assert.Single(await _world.TasksAsync(policy, Cancel)).Status);
        Assert.Equal(BackupStatus.Available, await StatusAsync(job.Backup.Value));
        Assert.Equal(objects, _store.Keys);
    }

    [Fact]
    public async Task A_store_that_dies_at_any_call_costs_a_retry_and_no_backup()
    {
        var policy = await AddPolicyAsync();
        for (var call = 1; ; call++)
        {
            var faulty = new FaultyObjectStore(_store, call, call % 2 == 0 ? FaultMode.AfterEffect : FaultMode.BeforeEffect);
            Change(_file, at: 1000 * call);
            await using (var dying = await World.OpenAsync(Bed, faulty, _folder.FullPath, Cancel))
            {
                Assert.IsType<FiringOutcome.Fired>(await dying.Firing.FireNowAsync(_project, policy.Id, Cancel));
                await dying.RunJobsAsync(Cancel);
            }

            Bed.Clock.Advance(TimeSpan.FromMinutes(5));
            await _world.RunJobsAsync(Cancel);
            var task = (await _world.TasksAsync(policy, Cancel))[^1];
            Assert.Equal(BackupTaskStatus.Success, task.Status);
            Assert.Equal(BackupStatus.Available, await StatusAsync(task.Backup!.Value));
            if (!faulty.IsDead)
            {
                Assert.True(call > 3, $"A backup makes only {call} calls?");
                return;
            }
        }
    }

    [Fact]
    public async Task A_deleted_backup_is_gone_from_catalog_and_repository()
    {
        var backup = await BackUpAsync(await AddPolicyAsync());
        Assert.IsType<DeleteBackupOutcome.Queued>(await _world.Service.DeleteAsync(_project, backup, Cancel));
        Assert.Equal(new DeleteBackupOutcome.WrongState(BackupStatus.Deleting), await _world.Service.DeleteAsync(_project, backup, Cancel));
        Assert.Equal(new RestoreBackupOutcome.WrongState(BackupStatus.Deleting), await _world.Service.RestoreAsync(_project, backup, new RestoreTarget.Device(_folder["x"]), overwrite: true, Cancel));
        await _world.RunJobsAsync(Cancel);

        Assert.Null(await _world.Backups.FindAsync(_project, backup, Cancel));
        Assert.Null(await _world.Repository.FindAsync(backup, Cancel));
        Assert.IsType<DeleteBackupOutcome.NoSuchBackup>(await _world.Service.DeleteAsync(_project, backup, Cancel));
    }

    [Fact]
    public async Task Another_project_sees_none_of_it()
    {
        var backup = await BackUpAsync(await AddPolicyAsync());
        var stranger = await Bed.AddProjectAsync();
        Assert.Null(await _world.Backups.FindAsync(stranger, backup, Cancel));
        Assert.IsType<DeleteBackupOutcome.NoSuchBackup>(await _world.Service.DeleteAsync(stranger, backup, Cancel));
        Assert.IsType<RestoreBackupOutcome.NoSuchBackup>(await _world.Service.RestoreAsync(stranger, backup, new RestoreTarget.Device(_folder["x"]), overwrite: true, Cancel));
        Assert.IsType<CreateBackupOutcome.NoSuchVolume>(await _world.Service.CreateAsync(stranger, _volume.Id, "x", null, Cancel));
    }

    [Fact]
    public async Task A_backup_by_hand_has_its_name_and_needs_the_volume_to_be_free()
    {
        var queued = Assert.IsType<CreateBackupOutcome.Queued>(await _world.Service.CreateAsync(_project, _volume.Id, "before the upgrade", "by hand", Cancel));
        Assert.IsType<CreateBackupOutcome.Busy>(await _world.Service.CreateAsync(_project, _volume.Id, "again", null, Cancel));
        Assert.Equal(BackupStatus.Creating, await StatusAsync(queued.Backup));
        await _world.RunJobsAsync(Cancel);
        var backup = await _world.Backups.FindAsync(_project, queued.Backup, Cancel);
        Assert.Equal((BackupStatus.Available, "before the upgrade", "by hand", null), (backup!.Status, backup.Name, backup.Description, backup.Policy));
    }

    [Fact]
    public async Task Backups_are_listed_newest_first_by_filter_and_marker()
    {
        var policy = await AddPolicyAsync();
        var ids = new List<BackupId>();
        for (var i = 0; i < 3; i++)
        {
            ids.Add(await BackUpAsync(policy));
        }

        ids.Reverse();
        Assert.Equal(ids, (await _world.Backups.ListAsync(_project, new BackupFilter { Policy = policy.Id, Volume = _volume.Id, Status = BackupStatus.Available }, 10, marker: null, Cancel)).Select(b => b.Id));
        Assert.Equal(ids[1..2], (await _world.Backups.ListAsync(_project, new BackupFilter(), 1, ids[0], Cancel)).Select(b => b.Id));
        Assert.Empty(await _world.Backups.ListAsync(_project, new BackupFilter { Name = "another" }, 10, marker: null, Cancel));
    }

    [Theory]
    [InlineData(RestoreRefusal.InvalidTarget)]
    [InlineData(RestoreRefusal.NoSuchVolume)]
    [InlineData(RestoreRefusal.Unsuitable)]
    [InlineData(RestoreRefusal.NotConfirmed)]
    [InlineData(RestoreRefusal.TooSmall)]
    [InlineData(RestoreRefusal.Busy)]
    public async Task A_target_that_is_not_fit_is_refused_and_nothing_is_changed(RestoreRefusal why)
    {
        var backup = await BackUpAsync(await AddPolicyAsync());
        var other = _folder.File("other.img", Bytes(4096, seed: 5));
        var content = File.ReadAllBytes(other);
        RestoreTarget target = why switch
        {
            RestoreRefusal.InvalidTarget => new RestoreTarget.Device("relative/path"),
            RestoreRefusal.NoSuchVolume => new RestoreTarget.Volume(VolumeId.New(Bed.Clock)),
            RestoreRefusal.Unsuitable => new RestoreTarget.Device(other),
            RestoreRefusal.NotConfirmed => new RestoreTarget.Device(_folder.File("big.img", Bytes(2_000_000, seed: 6))),
            RestoreRefusal.TooSmall => new RestoreTarget.Volume((await _world.AddVolumeAsync(_project, other, Cancel)).Id),
            _ => new RestoreTarget.Device(_file), // a registered volume with a job
        };
        if (why == RestoreRefusal.Busy)
        {
            await _world.Service.CreateAsync(_project, _volume.Id, "x", null, Cancel);
        }

        var refused = Assert.IsType<RestoreBackupOutcome.TargetRefused>(
            await _world.Service.RestoreAsync(_project, backup, target, overwrite: why != RestoreRefusal.NotConfirmed, Cancel));

        Assert.Equal(why, refused.Why);
        Assert.Equal(BackupStatus.Available, await StatusAsync(backup));
        Assert.Equal(content, File.ReadAllBytes(other));
    }

    [Fact]
    public async Task A_restore_into_its_own_volume_brings_the_old_bytes_back()
    {
        var before = File.ReadAllBytes(_file);
        var backup = await BackUpAsync(await AddPolicyAsync());
        Change(_file, at: 100_000);

        var queued = Assert.IsType<RestoreBackupOutcome.Queued>(await _world.Service.RestoreAsync(_project, backup, new RestoreTarget.Volume(_volume.Id), overwrite: true, Cancel));
        Assert.Equal(BackupStatus.Restoring, await StatusAsync(backup));
        Assert.Equal(new RestoreBackupOutcome.WrongState(BackupStatus.Restoring), await _world.Service.RestoreAsync(_project, backup, new RestoreTarget.Device(_folder["y"]), overwrite: true, Cancel));
        Assert.Equal(new DeleteBackupOutcome.WrongState(BackupStatus.Restoring), await _world.Service.DeleteAsync(_project, backup, Cancel));
        await _world.RunJobsAsync(Cancel);

        Assert.Equal(JobState.Succeeded, (await _world.Jobs.FindAsync(_project, queued.Job, Cancel))!.State);
        Assert.Equal(before, File.ReadAllBytes(_file));
        Assert.Equal((BackupStatus.Available, VolumeStatus.Available), (await StatusAsync(backup), await VolumeStatusAsync()));
    }

    [Fact]
    public async Task Damage_that_a_restore_finds_is_told_and_leaves_the_volume_in_error_until_it_is_restored_again()
    {
        var policy = await AddPolicyAsync();
        var good = await BackUpAsync(policy);
        Change(_file, at: 900_000);
        var packs = _store.Keys.ToHashSet();
        var bad = await BackUpAsync(policy);
        foreach (var pack in _store.Keys.Where(key => !packs.Contains(key) && key.StartsWith("data", StringComparison.Ordinal)))
        {
            _store.Damage(pack, 100);
        }

        await RestoreAsync(bad, new RestoreTarget.Volume(_volume.Id), overwrite: true);
        Assert.Equal((BackupStatus.ErrorRestoring, VolumeStatus.Error), (await StatusAsync(bad), await VolumeStatusAsync()));
        Assert.Equal(TaskCodes.RestoreFailed, (await _world.Backups.FindAsync(_project, bad, Cancel))!.FailCode);

        await RestoreAsync(good, new RestoreTarget.Volume(_volume.Id), overwrite: true);
        Assert.Equal((BackupStatus.Available, VolumeStatus.Available), (await StatusAsync(good), await VolumeStatusAsync()));
    }

    [Fact]
    public async Task A_target_that_became_unfit_before_the_restore_ran_is_not_written_to()
    {
        var backup = await BackUpAsync(await AddPolicyAsync());
        var target = _folder["appears.img"];
        await _world.Service.RestoreAsync(_project, backup, new RestoreTarget.Device(target), overwrite: false, Cancel);
        await File.WriteAllTextAsync(target, "somebody else's", Cancel);
        await _world.RunJobsAsync(Cancel);
        Assert.Equal("somebody else's", await File.ReadAllTextAsync(target, Cancel));
        Assert.Equal(BackupStatus.Available, await StatusAsync(backup));
        Assert.Equal("VolumeBackup.0200", (await Bed.QueryAsync<string>("SELECT error_code FROM job WHERE kind = 3"))[0]);
    }

    [Fact]
    public async Task Retention_drops_the_oldest_after_each_success_and_records_why()
    {
        var policy = await AddPolicyAsync(keep: 2);
        var byHand = Assert.IsType<CreateBackupOutcome.Queued>(await _world.Service.CreateAsync(_project, _volume.Id, "by hand", null, Cancel));
        await _world.RunJobsAsync(Cancel);
        var made = new List<BackupId>();
        for (var i = 0; i < 4; i++)
        {
            made.Add(await BackUpAsync(policy));
        }

        var left = (await _world.Backups.ListAsync(_project, new BackupFilter(), 10, marker: null, Cancel)).Select(b => b.Id).ToHashSet();
        Assert.Equal([made[2], made[3], byHand.Backup], left);
        Assert.Null(await _world.Repository.FindAsync(made[0], Cancel));
        var records = (await _world.Records.ListAsync(policy.Id, 10, Cancel)).ToDictionary(r => r.Backup, r => (r.Kept, r.Reason));
        Assert.Equal(
            new Dictionary<BackupId, (bool, string)> { [made[0]] = (false, "not one of the newest 2"), [made[1]] = (false, "not one of the newest 2"), [made[2]] = (true, "one of the newest 2"), [made[3]] = (true, "one of the newest 2") },
            records);
    }

    [Fact]
    public async Task A_preview_says_what_retention_would_do_and_does_nothing()
    {
        var policy = await AddPolicyAsync(keep: 9);
        var first = await BackUpAsync(policy);
        await BackUpAsync(policy);
        await BackUpAsync(policy);
        await _world.Policies.UpdateAsync(_project, policy.Id, new PolicyChange { RetentionCount = 2, Enabled = false }, Cancel);

        var preview = Assert.Single((await _world.Retention.PreviewAsync(_project, policy.Id, Cancel))!);

        Assert.Equal((_volume.Id, 3), (preview.Volume, preview.Backups.Count));
        Assert.Equal((first, false, "not one of the newest 2"), (preview.Backups[0].Backup, preview.Backups[0].Keep, preview.Backups[0].Reason));
        await _world.Retention.RunOnceAsync(Bed.Now, Cancel); // of a disabled policy: nothing
        Assert.Equal(BackupStatus.Available, await StatusAsync(first));
        await _world.Policies.UpdateAsync(_project, policy.Id, new PolicyChange { Enabled = true }, Cancel);
        await _world.Retention.RunOnceAsync(Bed.Now, Cancel);
        Assert.Equal(BackupStatus.Deleting, await StatusAsync(first));
        Assert.Null(await _world.Retention.PreviewAsync(await Bed.AddProjectAsync(), policy.Id, Cancel));
    }

    [Fact]
    public async Task A_failed_removal_shows_and_can_be_ordered_again()
    {
        var backup = await BackUpAsync(await AddPolicyAsync());
        await _world.Service.DeleteAsync(_project, backup, Cancel);
        await using (var dying = await World.OpenAsync(Bed, new FaultyObjectStore(_store, 1, FaultMode.BeforeEffect), _folder.FullPath, Cancel))
        {
            for (var attempt = 0; attempt < 3; attempt++)
            {
                await dying.RunJobsAsync(Cancel);
                Bed.Clock.Advance(TimeSpan.FromMinutes(5));
            }
        }

        Assert.Equal(BackupStatus.ErrorDeleting, await StatusAsync(backup));
        Assert.IsType<DeleteBackupOutcome.Queued>(await _world.Service.DeleteAsync(_project, backup, Cancel));
        await _world.RunJobsAsync(Cancel);
        Assert.Null(await _world.Backups.FindAsync(_project, backup, Cancel));
    }

    protected override async ValueTask OpenedAsync()
    {
        _world = await World.OpenAsync(Bed, _store, _folder.FullPath, Cancel);
        _project = await Bed.AddProjectAsync();
        _file = _folder.File("volume.img", Bytes(1_000_000, seed: 1));
        _volume = await _world.AddVolumeAsync(_project, _file, Cancel);
    }

    protected override async ValueTask CloseAsync()
    {
        await _world.DisposeAsync();
        _folder.Dispose();
    }

    private Task<Policy> AddPolicyAsync(int keep = 7) => _world.AddPolicyAsync(
        _project,
        new PolicyDraft { Name = "p", Enabled = true, Schedule = new Schedule { StartTime = "00:00", Frequency = 1 }, Retention = new Retention { Count = keep }, Tags = new Dictionary<string, string> { ["stage"] = "prod" } },
        [_volume.Id],
        Cancel);

    private async Task FireAsync(Policy policy) => Assert.Equal(new FiringOutcome.Fired(1), await _world.Firing.FireNowAsync(_project, policy.Id, Cancel));

    private async Task<BackupId> BackUpAsync(Policy policy)
    {
        Bed.Clock.Advance(TimeSpan.FromSeconds(1));
        await FireAsync(policy);
        await _world.RunJobsAsync(Cancel);
        var task = (await _world.TasksAsync(policy, Cancel))[^1];
        Assert.True(task.Status == BackupTaskStatus.Success, task.Message);
        return task.Backup!.Value;
    }

    private async Task RestoreAsync(BackupId backup, RestoreTarget target, bool overwrite)
    {
        Assert.IsType<RestoreBackupOutcome.Queued>(await _world.Service.RestoreAsync(_project, backup, target, overwrite, Cancel));
        await _world.RunJobsAsync(Cancel);
    }

    private async Task<BackupStatus?> StatusAsync(BackupId id) => (await _world.Backups.FindAsync(_project, id, Cancel))?.Status;

    private async Task<VolumeStatus> VolumeStatusAsync() => (await _world.Volumes.FindAsync(_project, _volume.Id, Cancel))!.Status;

    private static byte[] Bytes(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static void Change(string file, long at)
    {
        using var stream = File.OpenWrite(file);
        stream.Position = at;
        stream.Write(Bytes(100, seed: (int)at + 3));
    }
}

public sealed class BackupFlowOnSqlite(CatalogTemplates templates) : BackupFlowSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class BackupFlowOnPostgres(CatalogTemplates templates) : BackupFlowSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
