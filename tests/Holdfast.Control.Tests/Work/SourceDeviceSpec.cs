using Holdfast.Control.Backups;
using Holdfast.Control.Policies;
using Holdfast.Control.Tasks;
using Holdfast.Control.Tests.Backups;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Control.Volumes;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Devices;
using RestoreTarget = Holdfast.Control.Backups.RestoreTarget;

namespace Holdfast.Control.Tests.Work;

/// <summary>A backup of something that is not the volume is a failure, and costs no good backup.</summary>
public abstract class SourceDeviceSpec : FlowSpec
{
    [Theory]
    [InlineData("cut to nothing")]
    [InlineData("gone")]
    [InlineData("a folder")]
    public async Task A_volume_that_is_not_there_fails_the_task_and_its_good_backups_stay(string what)
    {
        var policy = await AddPolicyAsync(keep: 2);
        var good = new[] { await BackUpAsync(policy), await BackUpAsync(policy) };
        File.Delete(VolumeFile);
        if (what == "cut to nothing")
        {
            await File.WriteAllBytesAsync(VolumeFile, [], Cancel);
        }
        else if (what == "a folder")
        {
            Directory.CreateDirectory(VolumeFile);
        }

        for (var i = 0; i < 2; i++)
        {
            var task = await RunAsync(policy);
            Assert.Equal((BackupTaskStatus.Failed, TaskCodes.VolumeGone), (task.Status, task.Code));
            Assert.Contains($"'{Volume.Name}'", task.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("volume.img", task.Message, StringComparison.Ordinal);
            Assert.Null(await World.Repository.FindAsync(task.Backup!.Value, Cancel));
        }

        Assert.All(good, backup => Assert.Equal(BackupStatus.Available, StatusAsync(backup).GetAwaiter().GetResult()));
        Assert.Equal(Volume.SizeBytes, (await World.Volumes.FindAsync(Project, Volume.Id, Cancel))!.SizeBytes);
    }

    [Fact]
    public async Task Another_device_fails_the_task_until_it_is_accepted()
    {
        var policy = await AddPolicyAsync();
        await RegisterAsOtherAsync();

        var task = await RunAsync(policy);
        Assert.Equal((BackupTaskStatus.Failed, TaskCodes.AnotherDevice), (task.Status, task.Code));
        Assert.Contains("elsewhere", task.Message, StringComparison.Ordinal);
        Assert.Contains("--accept-device", task.Message, StringComparison.Ordinal);

        Assert.IsType<RegisterOutcome.Registered>(await World.Volumes.AcceptDeviceAsync(Project, Volume.Id, Cancel));
        Assert.Equal(BackupTaskStatus.Success, (await RunAsync(policy)).Status);
        Assert.Null(await World.Volumes.AcceptDeviceAsync(await Bed.AddProjectAsync(), Volume.Id, Cancel));
        await File.WriteAllBytesAsync(VolumeFile, [], Cancel);
        Assert.IsType<RegisterOutcome.Refused>(await World.Volumes.AcceptDeviceAsync(Project, Volume.Id, Cancel));
    }

    [Fact]
    public async Task Nothing_is_restored_into_another_device_than_was_registered()
    {
        var backup = await BackUpAsync(await AddPolicyAsync());
        var before = File.ReadAllBytes(VolumeFile);
        await RegisterAsOtherAsync();
        var refused = Assert.IsType<RestoreBackupOutcome.TargetRefused>(
            await World.Service.RestoreAsync(Project, backup, new RestoreTarget.Volume(Volume.Id), overwrite: true, Cancel)
        );
        Assert.Equal(RestoreRefusal.Unsuitable, refused.Why);
        Assert.Contains("elsewhere", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(VolumeFile));
    }

    [Fact]
    public async Task A_file_that_is_replaced_as_a_whole_is_the_same_volume()
    {
        var policy = await AddPolicyAsync();
        await BackUpAsync(policy);
        File.Move(Folder.File("new.img", Bytes(1_200_000, seed: 9)), VolumeFile, overwrite: true);
        var backup = await World.Backups.FindAsync(Project, await BackUpAsync(policy), Cancel);
        Assert.Equal((1_200_000, 2), (backup!.VolumeBytes, backup.Number));
    }

    [Fact]
    public async Task A_volume_of_an_earlier_version_is_known_by_its_first_good_backup()
    {
        await Bed.ExecuteAsync("UPDATE volume SET identity = NULL");
        await BackUpAsync(await AddPolicyAsync());
        var identity = DeviceIdentity.TryParse((await World.Volumes.FindAsync(Project, Volume.Id, Cancel))!.Identity);
        Assert.Equal((DeviceKind.File, 1_000_000), (identity!.Kind, identity.Size));
    }

    [Fact]
    public async Task The_size_that_counts_is_the_one_that_the_device_has_now()
    {
        var backup = await BackUpAsync(await AddPolicyAsync());
        var target = await World.AddVolumeAsync(Project, Folder.File("target.img", new byte[1000]), Cancel);
        var into = new RestoreTarget.Volume(target.Id);
        var refused = Assert.IsType<RestoreBackupOutcome.TargetRefused>(
            await World.Service.RestoreAsync(Project, backup, into, overwrite: true, Cancel)
        );
        Assert.Equal(RestoreRefusal.TooSmall, refused.Why);

        File.Move(Folder.File("large.img", new byte[1_000_000]), Folder["target.img"], overwrite: true);
        await RestoreAsync(backup, into, overwrite: true);
        Assert.Equal(File.ReadAllBytes(VolumeFile), File.ReadAllBytes(Folder["target.img"]));
    }

    [Fact]
    public async Task What_clocks_said_neither_keeps_nor_drops_a_backup()
    {
        var policy = await AddPolicyAsync(keep: 2);
        var right = Bed.Now;
        Bed.Clock.AdjustTime(right.AddDays(6000));
        var ahead = new[] { await MakeAsync(policy), await MakeAsync(policy) };
        Bed.Clock.AdjustTime(right);
        var first = await MakeAsync(policy);
        Assert.Equal([(ahead[1], 2), (first, 3)], await LeftAsync());
        var second = await MakeAsync(policy);
        Assert.Equal([(first, 3), (second, 4)], await LeftAsync());
        Assert.Equal(first, (await World.Backups.FindAsync(Project, second, Cancel))!.Parent);
        Assert.Equal(4, (await World.Repository.FindAsync(second, Cancel))!.Number);
    }

    [Fact]
    public async Task A_number_is_never_given_again()
    {
        var policy = await AddPolicyAsync();
        var first = await BackUpAsync(policy);
        await World.Service.DeleteAsync(Project, first, Cancel);
        await World.RunJobsAsync(Cancel);
        Assert.Equal([(await BackUpAsync(policy), 2)], await LeftAsync());
    }

    /// <summary>Runs the policy; tells the backup by its number, since times are not to be trusted.</summary>
    private async Task<BackupId> MakeAsync(Policy policy)
    {
        await RunAsync(policy);
        return (await LeftAsync())[^1].Backup;
    }

    private async Task<(BackupId Backup, long Number)[]> LeftAsync() =>
        [
            .. (await World.Backups.ListAsync(Project, new BackupFilter(), Page(10), Cancel))
                .OrderBy(backup => backup.Number)
                .Select(backup => (backup.Id, backup.Number)),
        ];

    /// <summary>As if the file had lain on another file system when it was registered.</summary>
    private async Task RegisterAsOtherAsync()
    {
        var registered = DeviceIdentity.TryParse(Volume.Identity)! with { FileSystem = "elsewhere" };
        await Bed.InTransactionAsync(tx =>
            tx.ExecuteAsync("UPDATE volume SET identity = @identity", new { identity = registered.ToText() }, Cancel)
        );
    }

    private async Task<BackupTask> RunAsync(Policy policy)
    {
        Bed.Clock.Advance(TimeSpan.FromSeconds(1));
        await FireAsync(policy);
        await World.RunJobsAsync(Cancel);
        return (await World.TasksAsync(policy, Cancel))[^1];
    }
}

public sealed class SourceDeviceOnSqlite(CatalogTemplates templates) : SourceDeviceSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class SourceDeviceOnPostgres(CatalogTemplates templates) : SourceDeviceSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
