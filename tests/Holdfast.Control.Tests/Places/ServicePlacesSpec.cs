using Holdfast.Control.Backups;
using Holdfast.Control.Places;
using Holdfast.Control.Tests.Backups;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Control.Volumes;
using DeviceAddress = Holdfast.Engine.Devices.DeviceAddress;

namespace Holdfast.Control.Tests.Places;

/// <summary>What is the service's own is no volume and no target, by whatever name.</summary>
public abstract class ServicePlacesSpec : FlowSpec
{
    [Theory]
    [InlineData("own/repository.key")]
    [InlineData("own/deeper/pack")]
    [InlineData("link/repository.key")]
    [InlineData("link")]
    [InlineData("volumes/stray.img")]
    [InlineData("link/new.img")]
    public async Task It_is_neither_registered_nor_restored_over(string name)
    {
        foreach (var folder in (string[])["own/deeper", "volumes"])
        {
            Directory.CreateDirectory(Folder[folder]);
        }

        File.CreateSymbolicLink(Folder["link"], Folder["own"]);
        foreach (var file in (string[])["own/repository.key", "own/deeper/pack", "volumes/stray.img"])
        {
            Folder.File(file, Bytes(1_000_000, seed: 9));
        }

        var before = File.Exists(Folder[name]) ? File.ReadAllBytes(Folder[name]) : null;
        var backup = await BackUpAsync(await AddPolicyAsync());

        var registered = Assert.IsType<RegisterOutcome.Refused>(await World.Volumes.RegisterAsync(Project, "v", Folder[name], Cancel));
        var restored = Assert.IsType<RestoreBackupOutcome.TargetRefused>(
            await World.Service.RestoreAsync(Project, backup, new RestoreTarget.Device(Folder[name]), overwrite: true, Cancel)
        );

        Assert.Equal((RegisterRefusal.NotADevice, RestoreRefusal.Unsuitable), (registered.Why, restored.Why));
        Assert.Contains("the service's own", registered.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.Exists(Folder[name]) ? File.ReadAllBytes(Folder[name]) : null);
    }

    [Fact]
    public async Task A_volume_that_the_service_made_is_restored_over_by_its_id_and_by_its_path()
    {
        var backup = await BackUpAsync(await AddPolicyAsync());
        var volume = await World.MakeAsync(Project, new NewVolume { Name = "made", SizeBytes = 1_000_000 }, Cancel);
        await RestoreAsync(backup, new RestoreTarget.Volume(volume.Id), overwrite: false);
        await RestoreAsync(backup, new RestoreTarget.Device(volume.Source), overwrite: true);
        Assert.Equal(File.ReadAllBytes(VolumeFile), File.ReadAllBytes(new Uri(volume.Source).LocalPath));
    }

    [Fact]
    public async Task Why_a_job_failed_names_no_path_of_the_service()
    {
        var volume = await World.MakeAsync(Project, new NewVolume { Name = "made", SizeBytes = 1_000_000 }, Cancel);
        File.Delete(new Uri(volume.Source).LocalPath);
        var queued = Assert.IsType<CreateBackupOutcome.Queued>(
            await World.Service.CreateAsync(Project, new BackupOrder { Volume = volume.Id }, Cancel)
        );
        await World.RunJobsAsync(Cancel);
        Assert.StartsWith(
            "Volume 'made' is not there. Attach its disk, or mount what its file is on. The service's log",
            (await World.Backups.FindAsync(Project, queued.Backup, Cancel))!.FailReason,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Only_whole_names_of_folders_count()
    {
        var places = new ServicePlaces([new("/srv/own", "the repository")]);
        Assert.Equal("the repository", places.NameOf(DeviceAddress.Parse("/srv/own/data/1")));
        Assert.Equal("the repository", places.NameOf(DeviceAddress.Parse("file:///srv/own")));
        Assert.Null(places.NameOf(DeviceAddress.Parse("/srv/owner/x")));
    }
}

public sealed class ServicePlacesOnSqlite(CatalogTemplates templates) : ServicePlacesSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}
