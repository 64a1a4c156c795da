using Holdfast.Control.Backups;
using Holdfast.Control.Jobs;
using Holdfast.Control.Restores;
using Holdfast.Control.Tasks;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Control.Volumes;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Tests.Backups;

/// <summary>What is ordered of one volume or one backup by several at the same moment.</summary>
public abstract class OrdersAtOnceSpec : FlowSpec
{
    private const int Callers = 8;

    [Fact]
    public async Task Of_many_backups_of_a_volume_one_is_taken()
    {
        for (var round = 0; round < 3; round++)
        {
            var outcomes = await AtOnceAsync(_ => World.Service.CreateAsync(Project, Order("b"), Cancel));
            Assert.Single(outcomes.OfType<CreateBackupOutcome.Queued>());
            Assert.Equal(Callers - 1, outcomes.OfType<CreateBackupOutcome.Busy>().Count());
            await World.RunJobsAsync(Cancel);
        }

        Assert.Equal(3, (await World.Backups.ListAsync(Project, new BackupFilter(), Page(10), Cancel)).Count);
    }

    [Fact]
    public async Task Of_many_restores_into_a_volume_one_is_taken_and_its_backups_are_as_before()
    {
        var policy = await AddPolicyAsync(keep: 99);
        var backups = new List<BackupId>();
        for (var i = 0; i < Callers; i++)
        {
            backups.Add(await BackUpAsync(policy));
        }

        var target = await World.MakeAsync(Project, new NewVolume { Name = "target", SizeBytes = 1_000_000 }, Cancel);
        var outcomes = await AtOnceAsync(i =>
            World.Service.RestoreAsync(Project, backups[i], new RestoreTarget.Volume(target.Id), overwrite: true, Cancel)
        );
        var taken = Array.FindIndex(outcomes, outcome => outcome is RestoreBackupOutcome.Queued);
        Assert.Single(outcomes.OfType<RestoreBackupOutcome.Queued>());
        Assert.All(outcomes.OfType<RestoreBackupOutcome.TargetRefused>(), refused => Assert.Equal(RestoreRefusal.Busy, refused.Why));
        for (var i = 0; i < Callers; i++)
        {
            Assert.Equal(i == taken ? BackupStatus.Restoring : BackupStatus.Available, await StatusAsync(backups[i]));
        }
    }

    [Fact]
    public async Task Of_many_volumes_from_one_backup_one_is_made_and_the_others_leave_no_file()
    {
        var backup = await BackUpAsync(await AddPolicyAsync());
        var outcomes = await AtOnceAsync(i =>
            World.FromBackup.CreateAsync(Project, backup, made => new NewVolume { Name = $"v{i}", SizeBytes = made.VolumeBytes }, Cancel)
        );
        var made = Assert.Single(outcomes.OfType<VolumeFromBackupOutcome.Queued>()).Volume;
        Assert.All(
            outcomes.Where(outcome => outcome is not VolumeFromBackupOutcome.Queued),
            outcome => Assert.Equal(new VolumeFromBackupOutcome.WrongState(BackupStatus.Restoring), outcome)
        );
        Assert.Equal(VolumeStatus.Restoring, (await World.Volumes.FindAsync(Project, made.Id, Cancel))!.Status);
        var file = new Uri(made.Source).LocalPath;
        Assert.Equal([file], Directory.GetFiles(Path.GetDirectoryName(file)!)); // the folder of a file
        Assert.Equal(2, (await World.Volumes.ListAsync(Project, Cancel)).Count);

        await World.RunJobsAsync(Cancel);
        Assert.Equal(File.ReadAllBytes(VolumeFile), File.ReadAllBytes(file));
        Assert.Equal(VolumeStatus.Available, (await World.Volumes.FindAsync(Project, made.Id, Cancel))!.Status);
    }

    /// <summary>Who asks is told what was ordered; who decides reads what was done.</summary>
    [Fact]
    public async Task A_volume_is_shown_as_what_was_ordered_of_it_while_its_row_says_what_was_done()
    {
        async Task IsAsync(VolumeStatus shown, VolumeStatus recorded)
        {
            var found = await World.Volumes.FindAsync(Project, Volume.Id, Cancel);
            var updated = await World.Volumes.UpdateAsync(Project, Volume.Id, new VolumeChange(Description: "asked"), Cancel);
            var (listed, named) = (
                Assert.Single(await World.Volumes.ListAsync(Project, Cancel)),
                Assert.Single(await World.Volumes.FindByNameAsync(Project, Volume.Name, Cancel))
            );
            // of a volume that is there
            Assert.Equal([shown, shown, shown, shown], ((Volume?[])[found, updated, listed, named]).Select(volume => volume!.Status));
            await using var tx = await Bed.Database.BeginAsync(Cancel);
            Assert.Equal(recorded, (await VolumeStore.FindAsync(tx, Volume.Id, Cancel))!.Status);
        }

        await IsAsync(VolumeStatus.Available, VolumeStatus.Available);
        var backup = Assert.IsType<CreateBackupOutcome.Queued>(await World.Service.CreateAsync(Project, Order("b"), Cancel)).Backup;
        await IsAsync(VolumeStatus.BackingUp, VolumeStatus.Available);
        await World.RunJobsAsync(Cancel);
        await IsAsync(VolumeStatus.Available, VolumeStatus.Available);
        Assert.IsType<RestoreBackupOutcome.Queued>(
            await World.Service.RestoreAsync(Project, backup, new RestoreTarget.Volume(Volume.Id), overwrite: true, Cancel)
        );
        await IsAsync(VolumeStatus.Restoring, VolumeStatus.Available);
        await World.RunJobsAsync(Cancel);
        await IsAsync(VolumeStatus.Available, VolumeStatus.Available);

        // A policy's turn may wait behind a restore: what runs is shown, not what waits.
        Assert.IsType<RestoreBackupOutcome.Queued>(
            await World.Service.RestoreAsync(Project, backup, new RestoreTarget.Volume(Volume.Id), overwrite: true, Cancel)
        );
        await FireAsync(await AddPolicyAsync());
        await using (var tx = await Bed.Database.BeginAsync(Cancel))
        {
            await tx.ExecuteAsync(
                "UPDATE job SET state = 2, begin_at = 1, lease_owner = 'somebody', lease_until = 1, attempt = 1 WHERE volume_id = "
                    + "@volume AND state = 1 AND kind = 1",
                new { volume = Volume.Id.ToString() },
                Cancel
            );
            await tx.CommitAsync(Cancel);
        }

        await IsAsync(VolumeStatus.BackingUp, VolumeStatus.Available);
    }

    [Fact]
    public async Task A_restore_says_whether_a_backup_or_another_restore_is_in_its_way()
    {
        var policy = await AddPolicyAsync();
        var (first, second) = (await BackUpAsync(policy), await BackUpAsync(policy));
        Assert.IsType<RestoreBackupOutcome.Queued>(
            await World.Service.RestoreAsync(Project, first, new RestoreTarget.Volume(Volume.Id), overwrite: true, Cancel)
        );
        Assert.Equal(RestoreRefusal.Busy, await RefusalAsync(second));
        Assert.IsType<CreateBackupOutcome.WrongState>(await World.Service.CreateAsync(Project, Order("during"), Cancel));
        await World.RunJobsAsync(Cancel);

        Assert.IsType<CreateBackupOutcome.Queued>(await World.Service.CreateAsync(Project, Order("after"), Cancel));
        Assert.Equal(RestoreRefusal.BackupRunning, await RefusalAsync(second));
    }

    /// <summary>Nobody wants to lose a night's backup to one by hand that has not ended yet.</summary>
    [Fact]
    public async Task A_turn_of_a_policy_waits_for_what_was_ordered_by_hand()
    {
        var policy = await AddPolicyAsync();
        Assert.IsType<CreateBackupOutcome.Queued>(await World.Service.CreateAsync(Project, Order("byhand"), Cancel));
        await FireAsync(policy);
        Assert.Equal(BackupTaskStatus.Waiting, Assert.Single(await World.TasksAsync(policy, Cancel)).Status);

        await World.RunJobsAsync(Cancel);
        Assert.Equal(BackupTaskStatus.Success, Assert.Single(await World.TasksAsync(policy, Cancel)).Status);
    }

    [Fact]
    public async Task A_backup_whose_manifest_is_damaged_leaves_the_volume_as_it_was()
    {
        var backup = await BackUpAsync(await AddPolicyAsync());
        Store.Damage($"manifests/{backup}", 60);
        var before = File.ReadAllBytes(VolumeFile);

        var queued = Assert.IsType<RestoreBackupOutcome.Queued>(
            await World.Service.RestoreAsync(Project, backup, new RestoreTarget.Volume(Volume.Id), overwrite: true, Cancel)
        );
        await World.RunJobsAsync(Cancel);

        var job = await World.Jobs.FindAsync(Project, queued.Job, Cancel);
        Assert.Equal((JobState.Failed, TaskCodes.RestoreFailed), (job!.State, job.ErrorCode));
        Assert.DoesNotContain("now holds", job.FailReason, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(VolumeFile));
        Assert.Equal((BackupStatus.Available, VolumeStatus.Available), (await StatusAsync(backup), await VolumeStatusAsync()));
        var verdict = (await World.Backups.FindAsync(Project, backup, Cancel))!.LastVerdict;
        Assert.Equal((VerdictBy.Restore, job.FailReason, Bed.Now), (verdict!.By, verdict.Reason, verdict.At));
    }

    private async Task<RestoreRefusal> RefusalAsync(BackupId backup) =>
        Assert
            .IsType<RestoreBackupOutcome.TargetRefused>(
                await World.Service.RestoreAsync(Project, backup, new RestoreTarget.Volume(Volume.Id), overwrite: true, Cancel)
            )
            .Why;

    private static async Task<T[]> AtOnceAsync<T>(Func<int, Task<T>> order)
    {
        using var start = new Barrier(Callers);
        return await Task.WhenAll(
            Enumerable
                .Range(0, Callers)
                .Select(i =>
                    Task.Factory.StartNew(
                            () =>
                            {
                                start.SignalAndWait(Cancel);
                                return order(i);
                            },
                            Cancel,
                            TaskCreationOptions.LongRunning,
                            TaskScheduler.Default
                        )
                        .Unwrap()
                )
        );
    }
}

public sealed class OrdersAtOnceOnSqlite(CatalogTemplates templates) : OrdersAtOnceSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class OrdersAtOnceOnPostgres(CatalogTemplates templates) : OrdersAtOnceSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
