using Holdfast.Control.Backups;
using Holdfast.Control.Jobs;
using Holdfast.Control.Tests.Backups;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Control.Volumes;

namespace Holdfast.Control.Tests.Restores;

/// <summary>From the restore point to a target, or to a refusal.</summary>
public abstract class RestoreFlowSpec : FlowSpec
{
    [Theory]
    [InlineData(RestoreRefusal.InvalidTarget)]
    [InlineData(RestoreRefusal.NoSuchVolume)]
    [InlineData(RestoreRefusal.Unsuitable)]
    [InlineData(RestoreRefusal.NotConfirmed)]
    [InlineData(RestoreRefusal.TooSmall)]
    [InlineData(RestoreRefusal.BackupRunning)]
    public async Task A_target_that_is_not_fit_is_refused_and_nothing_is_changed(RestoreRefusal why)
    {
        var backup = await BackUpAsync(await AddPolicyAsync());
        var other = Folder.File("other.img", Bytes(4096, seed: 5));
        var content = File.ReadAllBytes(other);
        RestoreTarget target = why switch
        {
            RestoreRefusal.InvalidTarget => new RestoreTarget.Device("relative/path"),
            RestoreRefusal.NoSuchVolume => new RestoreTarget.Volume(VolumeId.New(Bed.Clock)),
            RestoreRefusal.Unsuitable => new RestoreTarget.Device(other),
            RestoreRefusal.NotConfirmed => new RestoreTarget.Device(Folder.File("big.img", Bytes(2_000_000, seed: 6))),
            RestoreRefusal.TooSmall => new RestoreTarget.Volume((await World.AddVolumeAsync(Project, other, Cancel)).Id),
            _ => new RestoreTarget.Device(VolumeFile), // a registered volume with a job
        };
        if (why == RestoreRefusal.BackupRunning)
        {
            await World.Service.CreateAsync(Project, Order("x"), Cancel);
        }

        var refused = Assert.IsType<RestoreBackupOutcome.TargetRefused>(
            await World.Service.RestoreAsync(Project, backup, target, overwrite: why != RestoreRefusal.NotConfirmed, Cancel)
        );

        Assert.Equal(why, refused.Why);
        Assert.Equal(BackupStatus.Available, await StatusAsync(backup));
        Assert.Equal(content, File.ReadAllBytes(other));
    }

    [Fact]
    public async Task A_restore_into_its_own_volume_brings_the_old_bytes_back()
    {
        var before = File.ReadAllBytes(VolumeFile);
        var backup = await BackUpAsync(await AddPolicyAsync());
        Change(VolumeFile, at: 100_000);

        var queued = Assert.IsType<RestoreBackupOutcome.Queued>(
            await World.Service.RestoreAsync(Project, backup, new RestoreTarget.Volume(Volume.Id), overwrite: true, Cancel)
        );
        Assert.Equal(BackupStatus.Restoring, await StatusAsync(backup));
        Assert.Equal(
            new RestoreBackupOutcome.WrongState(BackupStatus.Restoring),
            await World.Service.RestoreAsync(Project, backup, new RestoreTarget.Device(Folder["y"]), overwrite: true, Cancel)
        );
        Assert.Equal(new DeleteBackupOutcome.WrongState(BackupStatus.Restoring), await World.Service.DeleteAsync(Project, backup, Cancel));
        await World.RunJobsAsync(Cancel);

        Assert.Equal(JobState.Succeeded, (await World.Jobs.FindAsync(Project, queued.Job, Cancel))!.State);
        Assert.Equal(before, File.ReadAllBytes(VolumeFile));
        Assert.Equal((BackupStatus.Available, VolumeStatus.Available), (await StatusAsync(backup), await VolumeStatusAsync()));
    }

    [Fact]
    public async Task Damage_that_a_restore_finds_is_told_and_leaves_the_volume_in_error_until_it_is_restored_again()
    {
        var policy = await AddPolicyAsync();
        var good = await BackUpAsync(policy);
        Change(VolumeFile, at: 900_000);
        var packs = Store.Keys.ToHashSet();
        var bad = await BackUpAsync(policy);
        foreach (var pack in Store.Keys.Where(key => !packs.Contains(key) && key.StartsWith("data", StringComparison.Ordinal)))
        {
            Store.Damage(pack, 100);
        }

        await RestoreAsync(bad, new RestoreTarget.Volume(Volume.Id), overwrite: true);
        Assert.Equal((BackupStatus.Available, VolumeStatus.Error), (await StatusAsync(bad), await VolumeStatusAsync()));
        Assert.False((await World.Backups.FindAsync(Project, bad, Cancel))!.LastVerdict!.IsOk);
        await RestoreAsync(bad, new RestoreTarget.Volume(Volume.Id), overwrite: true); // may be tried again

        await RestoreAsync(good, new RestoreTarget.Volume(Volume.Id), overwrite: true);
        Assert.Equal((BackupStatus.Available, VolumeStatus.Available), (await StatusAsync(good), await VolumeStatusAsync()));
        Assert.True((await World.Backups.FindAsync(Project, good, Cancel))!.LastVerdict!.IsOk);
    }

    [Fact]
    public async Task A_target_that_became_unfit_before_the_restore_ran_is_not_written_to()
    {
        var backup = await BackUpAsync(await AddPolicyAsync());
        var target = Folder["appears.img"];
        await World.Service.RestoreAsync(Project, backup, new RestoreTarget.Device(target), overwrite: false, Cancel);
        await File.WriteAllTextAsync(target, "somebody else's", Cancel);
        await World.RunJobsAsync(Cancel);
        Assert.Equal("somebody else's", await File.ReadAllTextAsync(target, Cancel));
        Assert.Equal(BackupStatus.Available, await StatusAsync(backup));
        Assert.Equal("VolumeBackup.0200", (await Bed.QueryAsync<string>("SELECT error_code FROM job WHERE kind = 3"))[0]);
    }
}

public sealed class RestoreFlowOnSqlite(CatalogTemplates templates) : RestoreFlowSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class RestoreFlowOnPostgres(CatalogTemplates templates) : RestoreFlowSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
