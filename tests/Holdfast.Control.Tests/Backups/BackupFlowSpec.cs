using Holdfast.Control.Backups;
using Holdfast.Control.Jobs;
using Holdfast.Control.Policies;
using Holdfast.Control.Quotas;
using Holdfast.Control.Scheduling;
using Holdfast.Control.Tasks;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Control.Tests.Work;
using Holdfast.Control.Volumes;
using Holdfast.Control.Work;
using Holdfast.Engine.Basics;
using Holdfast.Testing;

namespace Holdfast.Control.Tests.Backups;

/// <summary>From the firing to the restore point, and its end.</summary>
public abstract class BackupFlowSpec : FlowSpec
{
    [Fact]
    public async Task A_fired_policy_makes_a_backup_that_restores_bit_for_bit()
    {
        var policy = await AddPolicyAsync();
        await FireAsync(policy);
        await World.RunJobsAsync(Cancel);

        var task = Assert.Single(await World.TasksAsync(policy, Cancel));
        Assert.Equal(BackupTaskStatus.Success, task.Status);
        var backup = await World.Backups.FindAsync(Project, task.Backup!.Value, Cancel);
        Assert.Equal(
            (BackupStatus.Available, task.BackupName, (PolicyId?)policy.Id, null),
            (backup!.Status, backup.Name, backup.Policy, backup.Parent)
        );
        Assert.Equal(new FileInfo(VolumeFile).Length, backup.VolumeBytes);
        Assert.True(backup.BytesNew > 0 && backup.BytesStored > 0 && backup.BytesRead > 0);
        Assert.Equal(JobState.Succeeded, (await World.Jobs.FindAsync(Project, task.Job!.Value, Cancel))!.State);
        Assert.Equal(VolumeStatus.Available, await VolumeStatusAsync());
        Assert.Equal(["stage=prod"], await Bed.QueryAsync<string>("SELECT key || '=' || value FROM backup_tag"));

        var target = Folder["restored.img"];
        await RestoreAsync(backup.Id, new RestoreTarget.Device(target), overwrite: false);
        Assert.Equal(File.ReadAllBytes(VolumeFile), File.ReadAllBytes(target));
        Assert.Equal(BackupStatus.Available, await StatusAsync(backup.Id));
    }

    [Fact]
    public async Task The_manifest_tells_what_a_lost_catalog_is_rebuilt_from()
    {
        var policy = await AddPolicyAsync();
        var backup = await BackUpAsync(policy);
        var task = Assert.Single(await World.TasksAsync(policy, Cancel));
        var labels = (await World.Repository.FindAsync(backup, Cancel))!.Labels;
        Assert.Equal(
            (
                "p",
                policy.Id.ToString(),
                Volume.Id.ToString(),
                Volume.Name,
                task.Id.ToString(),
                task.BackupName,
                Project.Value,
                """{"stage":"prod"}"""
            ),
            (
                labels["policy_name"],
                labels["policy_id"],
                labels["volume_id"],
                labels["volume_name"],
                labels["task_id"],
                labels["name"],
                labels["project_id"],
                labels["tags"]
            )
        );
        Assert.Equal(
            (await World.Backups.FindAsync(Project, backup, Cancel))!.CreatedAt.ToUnixTimeMilliseconds().ToString(),
            labels["created_at"]
        );
    }

    [Fact]
    public async Task The_second_backup_is_compared_with_the_first_and_stores_what_changed()
    {
        var policy = await AddPolicyAsync();
        var first = await BackUpAsync(policy);
        Change(VolumeFile, at: 300_000);
        var second = await BackUpAsync(policy);

        var backup = await World.Backups.FindAsync(Project, second, Cancel);
        Assert.Equal(first, backup!.Parent);
        Assert.InRange(backup.BytesNew!.Value, 1, 2 * 65536);
    }

    [Fact]
    public async Task A_damaged_earlier_manifest_does_not_keep_a_volume_from_being_backed_up()
    {
        var policy = await AddPolicyAsync();
        var first = await BackUpAsync(policy);
        Store.Damage(Store.Keys.Single(key => key.Contains(first.ToString(), StringComparison.Ordinal)), 40);
        Change(VolumeFile, at: 300_000);
        var second = await World.Backups.FindAsync(Project, await BackUpAsync(policy), Cancel);
        Assert.Equal((BackupStatus.Available, null), (second!.Status, second.Parent));
    }

    [Fact]
    public async Task A_volume_that_vanished_fails_the_task_with_the_reason()
    {
        var policy = await AddPolicyAsync();
        File.Delete(VolumeFile);
        await FireAsync(policy);
        await World.RunJobsAsync(Cancel);

        var task = Assert.Single(await World.TasksAsync(policy, Cancel));
        Assert.Equal((BackupTaskStatus.Failed, TaskCodes.VolumeGone), (task.Status, task.Code));
        Assert.StartsWith($"Volume '{Volume.Name}' is not there.", task.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(VolumeFile, task.Message, StringComparison.Ordinal);
        var backup = await World.Backups.FindAsync(Project, task.Backup!.Value, Cancel);
        Assert.Equal((BackupStatus.Error, TaskCodes.VolumeGone, task.Message), (backup!.Status, backup.FailCode, backup.FailReason));
        Assert.Equal(VolumeStatus.Available, await VolumeStatusAsync());
    }

    [Fact]
    public async Task A_volume_in_error_is_not_backed_up()
    {
        var policy = await AddPolicyAsync();
        await FireAsync(policy);
        await Bed.ExecuteAsync("UPDATE volume SET status = 5");
        await World.RunJobsAsync(Cancel);
        var task = Assert.Single(await World.TasksAsync(policy, Cancel));
        Assert.Equal((BackupTaskStatus.Failed, TaskCodes.WrongVolumeState, null), (task.Status, task.Code, task.Backup));
        Assert.IsType<CreateBackupOutcome.WrongState>(await World.Service.CreateAsync(Project, Order("x"), Cancel));
    }

    [Fact]
    public async Task A_volume_that_grew_is_backed_up_whole_and_has_its_new_size()
    {
        var policy = await AddPolicyAsync();
        File.AppendAllText(VolumeFile, new string('x', 8192));
        var backup = await World.Backups.FindAsync(Project, await BackUpAsync(policy), Cancel);
        Assert.Equal(Volume.SizeBytes + 8192, backup!.VolumeBytes);
        Assert.Equal(Volume.SizeBytes + 8192, (await World.Volumes.FindAsync(Project, Volume.Id, Cancel))!.SizeBytes);
    }

    [Fact]
    public async Task A_crash_between_manifest_and_catalog_is_completed_by_the_next_run()
    {
        var policy = await AddPolicyAsync();
        await FireAsync(policy);
        var job = (await World.Jobs.ClaimAsync("dies", TimeSpan.FromSeconds(60), Bed.Now, Cancel))!;
        // and is never written
        Assert.IsType<JobOutcome.Done>(await World.Ends.RunAsync(job, new JobLease(job.Id, "dies", 1), Cancel));
        Assert.Equal(BackupStatus.Creating, await StatusAsync(job.Backup!.Value));
        var objects = Store.Keys;
        Change(VolumeFile, at: 0); // what was backed up is what the manifest says, not what the volume holds now

        Bed.Clock.Advance(TimeSpan.FromSeconds(61));
        await World.Rescuer.RunOnceAsync(Bed.Now, Cancel);
        Bed.Clock.Advance(TimeSpan.FromSeconds(31));
        await World.Rescuer.RunOnceAsync(Bed.Now, Cancel);
        await World.RunJobsAsync(Cancel);

        Assert.Equal(BackupTaskStatus.Success, Assert.Single(await World.TasksAsync(policy, Cancel)).Status);
        Assert.Equal(BackupStatus.Available, await StatusAsync(job.Backup.Value));
        Assert.Equal(objects, Store.Keys);
    }

    [Fact]
    public async Task A_manifest_that_a_worker_put_after_it_lost_its_job_is_the_backup()
    {
        var policy = await AddPolicyAsync();
        await FireAsync(policy);
        var job = (await World.Jobs.ClaimAsync("late", TimeSpan.FromSeconds(60), Bed.Now, Cancel))!;
        var lease = new JobLease(job.Id, "late", 1);
        var store = new FaultyObjectStore(Store, 0, FaultMode.BeforeEffect);
        var isPut = false;
        store.BeforeMutation = (_, key) =>
        {
            if (key.Value.StartsWith("manifests", StringComparison.Ordinal) && !isPut)
            {
                isPut = true;
                World.Ends.RunAsync(job, lease, Cancel).GetAwaiter().GetResult();
            }
        };
        await using var successor = await World.OpenAsync(Bed, store, Folder.FullPath, Cancel);
        var done = Assert.IsType<JobOutcome.Done>(await successor.Ends.RunAsync(job, lease, Cancel));
        Assert.True(await successor.Ends.SucceedAsync(job, lease, done, Cancel));
        Assert.Equal(BackupStatus.Available, await StatusAsync(job.Backup!.Value));
    }

    [Fact]
    public async Task A_store_that_dies_at_any_call_costs_a_retry_and_no_backup()
    {
        var policy = await AddPolicyAsync();
        for (var call = 1; ; call++)
        {
            var faulty = new FaultyObjectStore(Store, call, call % 2 == 0 ? FaultMode.AfterEffect : FaultMode.BeforeEffect);
            Change(VolumeFile, at: 1000 * call);
            await using (var dying = await World.OpenAsync(Bed, faulty, Folder.FullPath, Cancel))
            {
                Assert.IsType<FiringOutcome.Fired>(await dying.Firing.FireNowAsync(Project, policy.Id, Cancel));
                await dying.RunJobsAsync(Cancel);
            }

            Bed.Clock.Advance(TimeSpan.FromMinutes(5));
            await World.RunJobsAsync(Cancel);
            var task = (await World.TasksAsync(policy, Cancel))[^1];
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
        Assert.IsType<DeleteBackupOutcome.Queued>(await World.Service.DeleteAsync(Project, backup, Cancel));
        Assert.Equal(new DeleteBackupOutcome.WrongState(BackupStatus.Deleting), await World.Service.DeleteAsync(Project, backup, Cancel));
        Assert.Equal(
            new RestoreBackupOutcome.WrongState(BackupStatus.Deleting),
            await World.Service.RestoreAsync(Project, backup, new RestoreTarget.Device(Folder["x"]), overwrite: true, Cancel)
        );
        await World.RunJobsAsync(Cancel);

        Assert.Null(await World.Backups.FindAsync(Project, backup, Cancel));
        Assert.Null(await World.Repository.FindAsync(backup, Cancel));
        Assert.IsType<DeleteBackupOutcome.NoSuchBackup>(await World.Service.DeleteAsync(Project, backup, Cancel));
    }

    [Fact]
    public async Task Another_project_sees_none_of_it()
    {
        var backup = await BackUpAsync(await AddPolicyAsync());
        var stranger = await Bed.AddProjectAsync();
        Assert.Null(await World.Backups.FindAsync(stranger, backup, Cancel));
        Assert.IsType<DeleteBackupOutcome.NoSuchBackup>(await World.Service.DeleteAsync(stranger, backup, Cancel));
        Assert.IsType<RestoreBackupOutcome.NoSuchBackup>(
            await World.Service.RestoreAsync(stranger, backup, new RestoreTarget.Device(Folder["x"]), overwrite: true, Cancel)
        );
        Assert.IsType<CreateBackupOutcome.NoSuchVolume>(await World.Service.CreateAsync(stranger, Order("x"), Cancel));
    }

    [Fact]
    public async Task A_backup_by_hand_has_its_name_and_needs_the_volume_to_be_free()
    {
        var queued = Assert.IsType<CreateBackupOutcome.Queued>(
            await World.Service.CreateAsync(Project, Order("before the upgrade", "by hand"), Cancel)
        );
        Assert.IsType<CreateBackupOutcome.Busy>(await World.Service.CreateAsync(Project, Order("again"), Cancel));
        Assert.Equal(BackupStatus.Creating, await StatusAsync(queued.Backup));
        await World.RunJobsAsync(Cancel);
        var backup = await World.Backups.FindAsync(Project, queued.Backup, Cancel);
        Assert.Equal(
            (BackupStatus.Available, "before the upgrade", "by hand", null),
            (backup!.Status, backup.Name, backup.Description, backup.Policy)
        );
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
        Assert.Equal(
            ids,
            (
                await World.Backups.ListAsync(
                    Project,
                    new BackupFilter
                    {
                        Policy = policy.Id,
                        Volume = Volume.Id,
                        Statuses = [BackupStatus.Available],
                    },
                    Page(10),
                    Cancel
                )
            ).Select(b => b.Id)
        );
        Assert.Equal(
            ids[1..2],
            (await World.Backups.ListAsync(Project, new BackupFilter(), new BackupPage { Limit = 1, Marker = ids[0] }, Cancel)).Select(b =>
                b.Id
            )
        );
        Assert.Empty(await World.Backups.ListAsync(Project, new BackupFilter { Name = "another" }, Page(10), Cancel));
    }

    [Fact]
    public async Task Retention_drops_the_oldest_after_each_success()
    {
        var policy = await AddPolicyAsync(keep: 2);
        var byHand = Assert.IsType<CreateBackupOutcome.Queued>(await World.Service.CreateAsync(Project, Order("by hand"), Cancel));
        await World.RunJobsAsync(Cancel);
        var made = new List<BackupId>();
        for (var i = 0; i < 4; i++)
        {
            made.Add(await BackUpAsync(policy));
        }

        var left = (await World.Backups.ListAsync(Project, new BackupFilter(), Page(10), Cancel)).Select(b => b.Id).ToHashSet();
        Assert.Equal([made[2], made[3], byHand.Backup], left);
        Assert.Null(await World.Repository.FindAsync(made[0], Cancel));
        var numbers = (await World.Backups.ListAsync(Project, new BackupFilter(), Page(10), Cancel)).ToDictionary(b => b.Id, b => b.Number);
        Assert.Equal((1L, 4L, 5L), (numbers[byHand.Backup], numbers[made[2]], numbers[made[3]]));
    }

    [Theory]
    [InlineData(2, BackupTaskStatus.Success)]
    [InlineData(1, BackupTaskStatus.Failed)] // less than the policy keeps
    public async Task A_limit_counts_what_is_left_when_the_run_and_its_retention_are_over(int limit, BackupTaskStatus expected)
    {
        var policy = await AddPolicyAsync(keep: 2);
        await BackUpAsync(policy);
        await BackUpAsync(policy);
        World.QuotaOptions.BackupsPerVolume = limit;
        await World.Quotas.SetAsync(Project, new Quota(limit, Quota.Unlimited), Cancel);
        Bed.Clock.Advance(TimeSpan.FromSeconds(1));
        await FireAsync(policy);
        await World.RunJobsAsync(Cancel);
        Assert.Equal(expected, (await World.TasksAsync(policy, Cancel))[^1].Status);
        var usage = await World.Quotas.UsageAsync(Project, Cancel);
        Assert.Equal(2, usage.Backups);
    }

    [Fact]
    public async Task A_preview_says_what_retention_would_do_and_does_nothing()
    {
        var policy = await AddPolicyAsync(keep: 9);
        var first = await BackUpAsync(policy);
        await BackUpAsync(policy);
        await BackUpAsync(policy);
        await World.Policies.UpdateAsync(Project, policy.Id, new PolicyChange { RetentionCount = 2, Enabled = false }, Cancel);

        var preview = Assert.Single((await World.Preview.OfPolicyAsync(Project, policy.Id, Cancel))!);

        Assert.Equal((Volume.Id, 3), (preview.Volume, preview.Backups.Count));
        Assert.Equal(
            (first, false, "not one of the newest 2"),
            (preview.Backups[0].Backup, preview.Backups[0].Keep, preview.Backups[0].Reason)
        );
        await World.Retention.RunAllAsync(Cancel); // of a disabled policy: nothing
        Assert.Equal(BackupStatus.Available, await StatusAsync(first));
        await World.Policies.UpdateAsync(Project, policy.Id, new PolicyChange { Enabled = true }, Cancel);
        await World.Retention.RunAllAsync(Cancel);
        Assert.Equal(BackupStatus.Deleting, await StatusAsync(first));
        Assert.Null(await World.Preview.OfPolicyAsync(await Bed.AddProjectAsync(), policy.Id, Cancel));
    }

    [Fact]
    public async Task A_failed_removal_shows_and_can_be_ordered_again()
    {
        var backup = await BackUpAsync(await AddPolicyAsync());
        await World.Service.DeleteAsync(Project, backup, Cancel);
        await using (
            var dying = await World.OpenAsync(Bed, new FaultyObjectStore(Store, 1, FaultMode.BeforeEffect), Folder.FullPath, Cancel)
        )
        {
            for (var attempt = 0; attempt < 3; attempt++)
            {
                await dying.RunJobsAsync(Cancel);
                Bed.Clock.Advance(TimeSpan.FromMinutes(5));
            }
        }

        Assert.Equal(BackupStatus.ErrorDeleting, await StatusAsync(backup));
        await World.Retention.RunAllAsync(Cancel); // by itself, within the hour
        Assert.Equal(BackupStatus.Deleting, await StatusAsync(backup));
        await Bed.ExecuteAsync("UPDATE backup SET status = 7, fail_code = 'c', fail_reason = 'r'");
        Assert.IsType<DeleteBackupOutcome.Queued>(await World.Service.DeleteAsync(Project, backup, Cancel));
        await World.RunJobsAsync(Cancel);
        Assert.Null(await World.Backups.FindAsync(Project, backup, Cancel));
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
