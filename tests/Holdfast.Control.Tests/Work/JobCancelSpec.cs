using Holdfast.Control.Backups;
using Holdfast.Control.Jobs;
using Holdfast.Control.Tasks;
using Holdfast.Control.Tests.Backups;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Control.Volumes;
using Holdfast.Control.Work;

namespace Holdfast.Control.Tests.Work;

/// <summary>What is left of orders that are canceled before they begin.</summary>
public abstract class JobCancelSpec : FlowSpec
{
    private JobCancellation Cancellation => new(Bed.Database, World.Jobs, World.Ends);

    [Fact]
    public async Task A_backup_by_hand_that_waits_ends_and_the_volume_is_free_again()
    {
        var order = new BackupOrder { Volume = Volume.Id, Name = "byhand" };
        var queued = Assert.IsType<CreateBackupOutcome.Queued>(await World.Service.CreateAsync(Project, order, Cancel));
        var job = await JobAsync(queued.Job);
        Assert.Equal(CancelOutcome.Ended, await Cancellation.CancelAsync(job, "ann", Cancel));

        job = await JobAsync(queued.Job);
        Assert.Equal((JobState.Failed, TaskCodes.CopyFailed, "Canceled by 'ann'."), (job.State, job.ErrorCode, job.FailReason));
        var backup = await World.Backups.FindAsync(Project, queued.Backup, Cancel);
        Assert.Equal((BackupStatus.Error, "Canceled by 'ann'."), (backup!.Status, backup.FailReason));
        Assert.Equal(CancelOutcome.Over, await Cancellation.CancelAsync(job, "bob", Cancel));
        Assert.False(await World.Worker.RunOnceAsync(Bed.Now, Cancel));
        Assert.IsType<CreateBackupOutcome.Queued>(await World.Service.CreateAsync(Project, order, Cancel));
    }

    [Fact]
    public async Task A_turn_of_a_policy_that_waits_fails_and_the_next_one_comes()
    {
        var policy = await AddPolicyAsync();
        await FireAsync(policy);
        var task = Assert.Single(await World.TasksAsync(policy, Cancel));
        Assert.Equal(CancelOutcome.Ended, await Cancellation.CancelAsync(await JobAsync(task.Job!.Value), "ann", Cancel));
        task = Assert.Single(await World.TasksAsync(policy, Cancel));
        Assert.Equal((BackupTaskStatus.Failed, "Canceled by 'ann'."), (task.Status, task.Message));

        await FireAsync(policy);
        await World.RunJobsAsync(Cancel);
        Assert.Contains(await World.TasksAsync(policy, Cancel), one => one.Status == BackupTaskStatus.Success);
    }

    [Fact]
    public async Task A_restore_that_waits_ends_and_the_volume_is_as_it_was()
    {
        var backup = await BackUpAsync(await AddPolicyAsync());
        var before = File.ReadAllBytes(VolumeFile);
        var queued = Assert.IsType<RestoreBackupOutcome.Queued>(
            await World.Service.RestoreAsync(Project, backup, new RestoreTarget.Volume(Volume.Id), overwrite: true, Cancel)
        );
        Assert.Equal(CancelOutcome.Ended, await Cancellation.CancelAsync(await JobAsync(queued.Job), "ann", Cancel));
        Assert.Equal(VolumeStatus.Available, (await World.Volumes.FindAsync(Volume.Id, Cancel))!.Status);
        Assert.Equal(before, File.ReadAllBytes(VolumeFile));
    }

    [Fact]
    public async Task A_deletion_is_not_canceled()
    {
        var backup = await BackUpAsync(await AddPolicyAsync());
        var queued = Assert.IsType<DeleteBackupOutcome.Queued>(await World.Service.DeleteAsync(Project, backup, Cancel));
        Assert.Equal(CancelOutcome.Refused, await Cancellation.CancelAsync(await JobAsync(queued.Job), "ann", Cancel));
        await World.RunJobsAsync(Cancel);
        Assert.Equal(JobState.Succeeded, (await JobAsync(queued.Job)).State);
    }

    private async Task<Job> JobAsync(JobId id) =>
        await World.Jobs.FindAsync(Project, id, Cancel) ?? throw new InvalidOperationException("The job is gone.");
}

public sealed class JobCancelOnSqlite(CatalogTemplates templates) : JobCancelSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class JobCancelOnPostgres(CatalogTemplates templates) : JobCancelSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
