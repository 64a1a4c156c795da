using Holdfast.Control.Backups;
using Holdfast.Control.Jobs;
using Holdfast.Control.Restores;
using Holdfast.Control.Shares;
using Holdfast.Control.Tests.Backups;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Control.Volumes;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Tests.Shares;

/// <summary>What sharing a backup lets another project do, and what not.</summary>
public abstract class ShareSpec : FlowSpec
{
    private ProjectId Friend { get; set; }

    private ProjectId Stranger { get; set; }

    private BackupId Backup { get; set; }

    [Fact]
    public async Task A_friend_finds_it_and_makes_a_volume_of_it_and_a_stranger_does_not()
    {
        Assert.Equal(new VolumeFromBackupOutcome.NoSuchBackup(), await CopyAsync(Friend));
        var share = Assert.Single(await GrantAsync(Friend));
        Assert.Equal((Backup, Project, Friend), (share.Backup, share.From, share.To));

        Assert.Equal(
            share,
            Assert.Single(await World.Shares.ListAsync(Friend, new ShareFilter { ToMe = true }, Newest, 10, 0, Cancel)).Share
        );
        Assert.Equal(share, (await World.Shares.FindAsync(Friend, share.Id, Cancel))?.Share);
        Assert.Empty(await World.Shares.ListAsync(Friend, new ShareFilter(), Newest, 10, 0, Cancel));
        Assert.Empty(await World.Shares.ListAsync(Stranger, new ShareFilter { ToMe = true }, Newest, 10, 0, Cancel));
        Assert.Null(await World.Shares.FindAsync(Stranger, share.Id, Cancel));

        var made = Assert.IsType<VolumeFromBackupOutcome.Queued>(await CopyAsync(Friend));
        Assert.Equal(BackupStatus.Available, await StatusAsync(Backup));
        await World.RunJobsAsync(Cancel);
        Assert.Equal(BackupStatus.Available, await StatusAsync(Backup));
        var volume = await World.Volumes.FindAsync(Friend, made.Volume.Id, Cancel);
        Assert.Equal((VolumeStatus.Available, true, Friend), (volume!.Status, volume.IsOwned, volume.Project));
        Assert.Equal(File.ReadAllBytes(VolumeFile), File.ReadAllBytes(new Uri(volume.Source).LocalPath));
        Assert.Equal(new VolumeFromBackupOutcome.NoSuchBackup(), await CopyAsync(Stranger));
    }

    [Fact]
    public async Task The_owner_deletes_it_while_a_friend_restores_it_and_the_restore_ends_with_a_reason()
    {
        await GrantAsync(Friend);
        var made = Assert.IsType<VolumeFromBackupOutcome.Queued>(await CopyAsync(Friend));
        Assert.IsType<VolumeFromBackupOutcome.Queued>(await CopyAsync(Friend)); // and another
        Assert.IsType<DeleteBackupOutcome.Queued>(await World.Service.DeleteAsync(Project, Backup, Cancel));
        await World.RunJobsAsync(Cancel);

        Assert.Null(await World.Backups.FindAsync(Project, Backup, Cancel));
        var job = await World.Jobs.FindAsync(Friend, made.Job, Cancel);
        Assert.Equal(JobState.Failed, job!.State);
        Assert.Contains("deleted by its owner", job.FailReason, StringComparison.Ordinal);
        Assert.Equal(VolumeStatus.Error, (await World.Volumes.FindAsync(Friend, made.Volume.Id, Cancel))!.Status);
    }

    [Fact]
    public async Task The_owners_restore_keeps_nobody_else_from_restoring()
    {
        await GrantAsync(Friend);
        var restore = World.Service.RestoreAsync(Project, Backup, new RestoreTarget.Device(Folder["mine.img"]), overwrite: false, Cancel);
        Assert.IsType<RestoreBackupOutcome.Queued>(await restore);
        Assert.Equal(BackupStatus.Restoring, await StatusAsync(Backup));
        var filter = new BackupFilter { Statuses = [BackupStatus.Restoring] };
        Assert.Equal(1, await World.Backups.CountAsync(Project, filter, Cancel));
        Assert.IsType<VolumeFromBackupOutcome.Queued>(await CopyAsync(Friend));
        await World.RunJobsAsync(Cancel);
        Assert.Equal(0, await World.Backups.CountAsync(Project, filter, Cancel));
        Assert.Equal(File.ReadAllBytes(VolumeFile), File.ReadAllBytes(Folder["mine.img"]));
        Assert.Equal(3, (await Bed.QueryAsync<long>("SELECT count(*) FROM job WHERE state = 3"))[0]);
    }

    [Fact]
    public async Task A_friend_neither_deletes_it_nor_writes_it_over_a_volume_nor_shares_it_further()
    {
        await GrantAsync(Friend);
        Assert.IsType<DeleteBackupOutcome.NoSuchBackup>(await World.Service.DeleteAsync(Friend, Backup, Cancel));
        Assert.IsType<RestoreBackupOutcome.NoSuchBackup>(
            await World.Service.RestoreAsync(Friend, Backup, new RestoreTarget.Device(Folder["x"]), overwrite: true, Cancel)
        );
        Assert.IsType<ShareOutcome.NoSuchBackup>(await World.Shares.ShareAsync(Friend, Backup, [Stranger], Cancel));
        Assert.Null(await World.Backups.FindAsync(Friend, Backup, Cancel));
        Assert.Empty(await World.Backups.ListAsync(Friend, new BackupFilter(), Page(10), Cancel));
    }

    [Fact]
    public async Task To_share_again_changes_nothing_and_only_the_giver_cancels()
    {
        var first = Assert.Single(await GrantAsync(Friend));
        var again = await GrantAsync(Friend, Stranger);
        Assert.Equal((first, Stranger), (again[0], again[1].To));
        Assert.Equal(2, await World.Shares.CountAsync(Project, new ShareFilter { Backup = Backup }, Cancel));
        Assert.Equal(1, await World.Shares.CountAsync(Project, new ShareFilter { To = Friend.Value }, Cancel));

        Assert.False(await World.Shares.CancelAsync(Friend, first.Id, Cancel));
        Assert.False(await World.Shares.CancelAllAsync(Friend, Backup, Cancel));
        Assert.True(await World.Shares.CancelAsync(Project, first.Id, Cancel));
        Assert.False(await World.Shares.CancelAsync(Project, first.Id, Cancel));
        Assert.Equal(new VolumeFromBackupOutcome.NoSuchBackup(), await CopyAsync(Friend));
        Assert.True(await World.Shares.CancelAllAsync(Project, Backup, Cancel));
        Assert.True(await World.Shares.CancelAllAsync(Project, Backup, Cancel));
        Assert.Equal(0, await World.Shares.CountAsync(Project, new ShareFilter(), Cancel));
    }

    [Fact]
    public async Task It_ends_with_the_backup_and_only_an_available_one_is_shared()
    {
        await GrantAsync(Friend);
        await World.Service.DeleteAsync(Project, Backup, Cancel);
        Assert.Equal(
            new ShareOutcome.WrongState(BackupStatus.Deleting),
            await World.Shares.ShareAsync(Project, Backup, [Stranger], Cancel)
        );
        await World.RunJobsAsync(Cancel);
        Assert.Equal(0, await World.Shares.CountAsync(Friend, new ShareFilter { ToMe = true }, Cancel));
        Assert.IsType<ShareOutcome.NoSuchBackup>(await World.Shares.ShareAsync(Project, Backup, [Friend], Cancel));
    }

    protected override async ValueTask OpenedAsync()
    {
        await base.OpenedAsync();
        (Friend, Stranger) = (await Bed.AddProjectAsync(), await Bed.AddProjectAsync());
        Backup = Assert.IsType<CreateBackupOutcome.Queued>(await World.Service.CreateAsync(Project, Order("shared"), Cancel)).Backup;
        await World.RunJobsAsync(Cancel);
    }

    private static BackupSort Newest => new(BackupSortKey.CreatedAt, Descending: true);

    private async Task<IReadOnlyList<Share>> GrantAsync(params ProjectId[] to) =>
        Assert.IsType<ShareOutcome.Granted>(await World.Shares.ShareAsync(Project, Backup, to, Cancel)).Shares;

    private Task<VolumeFromBackupOutcome> CopyAsync(ProjectId project) =>
        World.FromBackup.CreateAsync(project, Backup, backup => new NewVolume { Name = "copy", SizeBytes = backup.VolumeBytes }, Cancel);
}

public sealed class ShareOnSqlite(CatalogTemplates templates) : ShareSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class ShareOnPostgres(CatalogTemplates templates) : ShareSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
