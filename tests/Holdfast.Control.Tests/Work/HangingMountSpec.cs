using Holdfast.Control.Backups;
using Holdfast.Control.Policies;
using Holdfast.Control.Scheduling;
using Holdfast.Control.Tasks;
using Holdfast.Control.Tests.Backups;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Control.Volumes;
using RestoreTarget = Holdfast.Control.Backups.RestoreTarget;

namespace Holdfast.Control.Tests.Work;

/// <summary>What becomes of orders whose device is on a mount that does not answer, and of those beside it.</summary>
public abstract class HangingMountSpec : FlowSpec
{
    protected override TimeSpan? FilePatience => TimeSpan.FromSeconds(3);

    [Fact]
    public async Task A_volume_on_a_mount_that_hangs_fails_its_task_with_the_reason_and_holds_up_no_other()
    {
        using var mount = await HangingFileSystem.MountAsync(Cancel);
        var hanging = await World.AddVolumeAsync(Project, mount.File, Cancel);
        var policy = await World.AddPolicyAsync(
            Project,
            new PolicyDraft
            {
                Name = "both",
                Enabled = true,
                Schedule = new Schedule { StartTime = "00:00", Frequency = 1 },
                Retention = new RetentionRule { Count = 7 },
            },
            [Volume.Id, hanging.Id],
            Cancel
        );
        mount.Hang();

        // More often than threads may hang at one place.
        for (var i = 0; i < 4; i++)
        {
            Bed.Clock.Advance(TimeSpan.FromSeconds(1));
            await FireBothAsync(policy);
            await World.RunJobsAsync(Cancel);
        }

        var tasks = await World.TasksAsync(policy, Cancel);
        var (failed, good) = (tasks.Where(task => task.Volume == hanging.Id).ToList(), tasks.Where(task => task.Volume == Volume.Id));
        Assert.All(good, task => Assert.Equal(BackupTaskStatus.Success, task.Status));
        Assert.Equal(4, failed.Count);
        Assert.All(
            failed,
            task =>
            {
                Assert.Equal((BackupTaskStatus.Failed, TaskCodes.VolumeGone), (task.Status, task.Code));
                Assert.Contains($"'{hanging.Name}' does not answer", task.Message, StringComparison.Ordinal);
                Assert.DoesNotContain(mount.File, task.Message, StringComparison.Ordinal);
            }
        );

        mount.Answer();
        BackupTask last;
        do
        {
            Bed.Clock.Advance(TimeSpan.FromSeconds(1));
            await FireBothAsync(policy);
            await World.RunJobsAsync(Cancel);
            last = (await World.TasksAsync(policy, Cancel)).Last(task => task.Volume == hanging.Id);
        } while (last.Status != BackupTaskStatus.Success); // the threads that hung end in their own time
    }

    private async Task FireBothAsync(Policy policy) =>
        Assert.Equal(new FiringOutcome.Fired(2), await World.Firing.FireNowAsync(Project, policy.Id, Cancel));

    [Fact]
    public async Task Orders_for_a_mount_that_hangs_are_answered()
    {
        using var mount = await HangingFileSystem.MountAsync(Cancel);
        var hanging = await World.AddVolumeAsync(Project, mount.File, Cancel);
        var backup = await BackUpAsync(await AddPolicyAsync());
        mount.Hang();

        Assert.IsType<CreateBackupOutcome.Queued>(
            await World.Service.CreateAsync(Project, new BackupOrder { Volume = hanging.Id, Name = "by-hand" }, Cancel)
        );
        await World.RunJobsAsync(Cancel);
        foreach (var target in (RestoreTarget[])[new RestoreTarget.Volume(hanging.Id), new RestoreTarget.Device(mount.File)])
        {
            var refused = Assert.IsType<RestoreBackupOutcome.TargetRefused>(
                await World.Service.RestoreAsync(Project, backup, target, overwrite: true, Cancel)
            );
            Assert.Equal(RestoreRefusal.NotWritable, refused.Why);
            Assert.Contains("does not answer", refused.Message, StringComparison.Ordinal);
        }
    }
}

public sealed class HangingMountOnSqlite(CatalogTemplates templates) : HangingMountSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}
