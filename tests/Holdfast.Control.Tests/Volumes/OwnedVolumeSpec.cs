using Holdfast.Control.Backups;
using Holdfast.Control.Policies;
using Holdfast.Control.Quotas;
using Holdfast.Control.Restores;
using Holdfast.Control.Tests.Backups;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Control.Volumes;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Tests.Volumes;

/// <summary>Volumes that the service makes, and tags of policies.</summary>
public abstract class OwnedVolumeSpec : FlowSpec
{
    [Fact]
    public async Task A_new_volume_is_a_sparse_file_that_goes_with_it_and_its_backups_stay()
    {
        var metadata = new Dictionary<string, string> { ["a"] = "ä" };
        var volume = await World.MakeAsync(
            Project,
            new NewVolume
            {
                Name = "new",
                Description = "d",
                Metadata = metadata,
                SizeBytes = 3L << 30,
            },
            Cancel
        );
        var file = new Uri(volume.Source).LocalPath;
        Assert.Equal(3L << 30, new FileInfo(file).Length);
        var found = await World.Volumes.FindAsync(Project, volume.Id, Cancel);
        Assert.Equal(("new", "d", 3, true), (found!.Name, found.Description, found.SizeGib, found.IsOwned));
        Assert.Equal(metadata, found.Metadata);

        var backup = Assert
            .IsType<CreateBackupOutcome.Queued>(await World.Service.CreateAsync(Project, new BackupOrder { Volume = volume.Id }, Cancel))
            .Backup;
        Assert.Equal(RemoveVolumeOutcome.Busy, await World.Removal.DeleteAsync(Project, volume.Id, Cancel));
        await World.RunJobsAsync(Cancel);
        Assert.Equal(RemoveVolumeOutcome.NoSuchVolume, await World.Removal.DeleteAsync(await Bed.AddProjectAsync(), volume.Id, Cancel));
        Assert.True(File.Exists(file));
        Assert.Equal(RemoveVolumeOutcome.Removed, await World.Removal.DeleteAsync(Project, volume.Id, Cancel));
        Assert.False(File.Exists(file));
        Assert.Equal(BackupStatus.Available, await StatusAsync(backup));
    }

    [Fact]
    public async Task A_volume_is_extended_and_reset_only_while_nothing_works_on_it()
    {
        var operations = new VolumeOperations(Bed.Database, World.Volumes, World.Quotas, Bed.Clock);
        var volume = await World.MakeAsync(Project, new NewVolume { Name = "grows", SizeBytes = 1L << 30 }, Cancel);
        Assert.Equal(VolumeOperationOutcome.Done, (await operations.ExtendAsync(Project, volume.Id, 2L << 30, Cancel)).Outcome);
        Assert.Equal(2L << 30, (await World.Volumes.FindAsync(Project, volume.Id, Cancel))!.SizeBytes);
        Assert.Equal(2L << 30, new FileInfo(new Uri(volume.Source).LocalPath).Length);
        Assert.Equal(VolumeOperationOutcome.NotLarger, (await operations.ExtendAsync(Project, volume.Id, 2L << 30, Cancel)).Outcome);
        Assert.Equal(VolumeOperationOutcome.NotOwned, (await operations.ExtendAsync(Project, Volume.Id, 9L << 30, Cancel)).Outcome);

        Assert.Equal(VolumeOperationOutcome.Done, await ResetAsync(VolumeStatus.Error));
        Assert.Equal(VolumeOperationOutcome.InError, (await operations.ExtendAsync(Project, volume.Id, 3L << 30, Cancel)).Outcome);
        Assert.Equal(VolumeOperationOutcome.Done, await ResetAsync(VolumeStatus.Available));

        await using (var tx = await Bed.Database.BeginAsync(Cancel))
        {
            await World.Volumes.SetStatusAsync(tx, volume.Id, VolumeStatus.BackingUp, Cancel);
            await tx.CommitAsync(Cancel);
        }

        Assert.Equal(VolumeOperationOutcome.Busy, (await operations.ExtendAsync(Project, volume.Id, 3L << 30, Cancel)).Outcome);
        Assert.Equal(VolumeOperationOutcome.Busy, await ResetAsync(VolumeStatus.Available));
        Assert.Equal(
            VolumeOperationOutcome.NoSuchVolume,
            await operations.ResetStatusAsync(await Bed.AddProjectAsync(), volume.Id, VolumeStatus.Error, Cancel)
        );

        Task<VolumeOperationOutcome> ResetAsync(VolumeStatus to) => operations.ResetStatusAsync(Project, volume.Id, to, Cancel);
    }

    [Fact]
    public async Task An_extension_that_fails_changes_nothing_and_one_that_a_crash_cut_is_finished_by_the_same_order()
    {
        var operations = new VolumeOperations(Bed.Database, World.Volumes, World.Quotas, Bed.Clock);
        var volume = await World.MakeAsync(Project, new NewVolume { Name = "grows", SizeBytes = 1L << 30 }, Cancel);
        var file = new Uri(volume.Source).LocalPath;
        File.Move(file, file + ".away");
        await Assert.ThrowsAsync<HoldfastException>(() => operations.ExtendAsync(Project, volume.Id, 2L << 30, Cancel));
        Assert.Equal(1L << 30, (await World.Volumes.FindAsync(Project, volume.Id, Cancel))!.SizeBytes);
        File.Move(file + ".away", file);

        await Bed.ExecuteAsync("UPDATE volume SET size_bytes = @size WHERE id = @id", new { size = 2L << 30, id = volume.Id.ToString() });
        Assert.Equal(VolumeOperationOutcome.Done, (await operations.ExtendAsync(Project, volume.Id, 2L << 30, Cancel)).Outcome);
        Assert.Equal(2L << 30, new FileInfo(file).Length);
        Assert.Equal(VolumeOperationOutcome.NotLarger, (await operations.ExtendAsync(Project, volume.Id, 2L << 30, Cancel)).Outcome);
    }

    [Fact]
    public async Task A_device_that_is_registered_already_is_named_to_its_own_project_alone()
    {
        var file = Path.Combine(Path.GetDirectoryName(VolumeFile) ?? "", "once.img");
        await File.WriteAllBytesAsync(file, new byte[5000], Cancel);
        var volume = Assert.IsType<RegisterOutcome.Registered>(await World.Volumes.RegisterAsync(Project, "mine", file, Cancel)).Volume;

        var own = Assert.IsType<RegisterOutcome.Refused>(await World.Volumes.RegisterAsync(Project, "again", file, Cancel));
        var others = Assert.IsType<RegisterOutcome.Refused>(
            await World.Volumes.RegisterAsync(new ProjectId("another"), "again", file, Cancel)
        );

        Assert.Equal((RegisterRefusal.AlreadyRegistered, RegisterRefusal.AlreadyRegistered), (own.Why, others.Why));
        Assert.Contains($"as volume 'mine' ({volume.Id}) already", own.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("mine", others.Message, StringComparison.Ordinal);
        Assert.DoesNotContain($"{volume.Id}", others.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Volumes_are_made_registered_extended_and_restored_only_within_the_quota()
    {
        var operations = new VolumeOperations(Bed.Database, World.Volumes, World.Quotas, Bed.Clock);
        var backup = Assert.IsType<CreateBackupOutcome.Queued>(await World.Service.CreateAsync(Project, Order("b"), Cancel)).Backup;
        await World.RunJobsAsync(Cancel);
        var volume = await World.MakeAsync(Project, new NewVolume { Name = "one", SizeBytes = 1L << 30 }, Cancel);
        var open = new Quota(Quota.Unlimited, Quota.Unlimited);
        await World.Quotas.SetAsync(Project, open with { Volumes = 2 }, Cancel);
        Assert.Equal(QuotaKind.Volumes, await RefusedAsync(1));
        Assert.Equal(
            QuotaKind.Volumes,
            Assert
                .IsType<VolumeFromBackupOutcome.QuotaExceeded>(
                    await World.FromBackup.CreateAsync(Project, backup, _ => new NewVolume { Name = "v", SizeBytes = 1 << 30 }, Cancel)
                )
                .Breach.Kind
        );
        var other = Path.Combine(Path.GetDirectoryName(VolumeFile) ?? "", "other.img");
        await File.WriteAllBytesAsync(other, new byte[5000], Cancel);
        Assert.IsType<RegisterOutcome.QuotaExceeded>(
            await World.Volumes.RegisterAsync(Project, "other", other, Cancel)
        );
        Assert.Equal(VolumeOperationOutcome.Done, (await operations.ExtendAsync(Project, volume.Id, 2L << 30, Cancel)).Outcome);

        await World.Quotas.SetAsync(Project, open with { Gigabytes = 3 }, Cancel);
        Assert.Equal(QuotaKind.Gigabytes, (await operations.ExtendAsync(Project, volume.Id, 3L << 30, Cancel)).Breach?.Kind);
        Assert.Equal(2L << 30, new FileInfo(new Uri(volume.Source).LocalPath).Length);
        Assert.Equal(QuotaKind.Gigabytes, await RefusedAsync(1));

        await World.Quotas.SetAsync(Project, open with { PerVolumeGigabytes = 2 }, Cancel);
        Assert.Equal(QuotaKind.PerVolumeGigabytes, await RefusedAsync(3));
        Assert.Equal(QuotaKind.PerVolumeGigabytes, (await operations.ExtendAsync(Project, volume.Id, 3L << 30, Cancel)).Breach?.Kind);
        Assert.Equal(2, (await World.Volumes.ListAsync(Project, Cancel)).Count);
        Assert.Single(Directory.GetFiles(World.VolumeOptions.Folder));

        async Task<QuotaKind> RefusedAsync(long gib) =>
            Assert
                .IsType<CreateVolumeOutcome.QuotaExceeded>(
                    await World.Owned.CreateAsync(Project, new NewVolume { Name = "two", SizeBytes = gib << 30 }, Cancel)
                )
                .Breach.Kind;
    }

    [Fact]
    public async Task A_device_that_the_service_did_not_make_is_never_deleted()
    {
        Assert.Equal(RemoveVolumeOutcome.NotOwned, await World.Removal.DeleteAsync(Project, Volume.Id, Cancel));
        Assert.True(File.Exists(VolumeFile));
        Assert.NotNull(await World.Volumes.FindAsync(Project, Volume.Id, Cancel));
    }

    [Fact]
    public async Task A_volume_whose_file_is_gone_can_be_deleted_all_the_same()
    {
        var volume = await World.MakeAsync(Project, new NewVolume { Name = "", SizeBytes = 1 << 20 }, Cancel);
        File.Delete(new Uri(volume.Source).LocalPath);
        Assert.Equal(RemoveVolumeOutcome.Removed, await World.Removal.DeleteAsync(Project, volume.Id, Cancel));
    }

    [Fact]
    public async Task A_volume_from_a_backup_is_at_least_as_large_and_leaves_nothing_when_it_is_refused()
    {
        var backup = Assert.IsType<CreateBackupOutcome.Queued>(await World.Service.CreateAsync(Project, Order("b"), Cancel)).Backup;
        Assert.IsType<VolumeFromBackupOutcome.WrongState>(
            await World.FromBackup.CreateAsync(Project, backup, _ => new NewVolume { Name = "v", SizeBytes = 1 << 30 }, Cancel)
        );
        await World.RunJobsAsync(Cancel);
        Assert.Equal(
            new VolumeFromBackupOutcome.TooSmall(1_000_000),
            await World.FromBackup.CreateAsync(Project, backup, _ => new NewVolume { Name = "v", SizeBytes = 999_999 }, Cancel)
        );
        Assert.Equal(Volume.Id, Assert.Single(await World.Volumes.ListAsync(Project, Cancel)).Id);

        var larger = Assert.IsType<VolumeFromBackupOutcome.Queued>(
            await World.FromBackup.CreateAsync(Project, backup, _ => new NewVolume { Name = "v", SizeBytes = 2_000_000 }, Cancel)
        );
        await World.RunJobsAsync(Cancel);
        var bytes = File.ReadAllBytes(new Uri(larger.Volume.Source).LocalPath);
        Assert.Equal(File.ReadAllBytes(VolumeFile), bytes[..1_000_000]);
        Assert.Equal(new byte[1_000_000], bytes[1_000_000..]);
    }

    [Fact]
    public async Task A_volume_is_renamed_and_keeps_what_is_not_named()
    {
        Assert.Null(await World.Volumes.UpdateAsync(await Bed.AddProjectAsync(), Volume.Id, new VolumeChange("x", null, null), Cancel));
        await World.Volumes.UpdateAsync(Project, Volume.Id, new VolumeChange(null, "what it is", null), Cancel);
        await World.Volumes.UpdateAsync(
            Project,
            Volume.Id,
            new VolumeChange("renamed", null, _ => new Dictionary<string, string> { ["k"] = "v" }),
            Cancel
        );
        var found = await World.Volumes.FindAsync(Project, Volume.Id, Cancel);
        Assert.Equal(("renamed", "what it is", "v"), (found!.Name, found.Description, found.Metadata["k"]));
    }

    [Fact]
    public async Task Tags_are_put_replaced_and_removed_all_or_none()
    {
        var policy = await AddPolicyAsync();
        async Task<Dictionary<string, string>> TagsAsync() => new((await World.Policies.FindAsync(Project, policy.Id, Cancel))!.Tags);

        Assert.Equal(
            TagOutcome.Done,
            await World.PolicyTags.PutAsync(Project, policy.Id, new Dictionary<string, string> { ["stage"] = "test", ["a"] = "" }, Cancel)
        );
        Assert.Equal(new() { ["stage"] = "test", ["a"] = "" }, await TagsAsync());
        var nine = Enumerable.Range(0, 9).ToDictionary(i => $"k{i}", i => "v");
        Assert.Equal(TagOutcome.TooMany, await World.PolicyTags.PutAsync(Project, policy.Id, nine, Cancel));
        Assert.Equal(2, (await TagsAsync()).Count);
        Assert.Equal(TagOutcome.NoSuchTag, await World.PolicyTags.RemoveAsync(Project, policy.Id, "b", Cancel));
        Assert.Equal(
            TagOutcome.Done,
            await World.PolicyTags.RemoveManyAsync(Project, policy.Id, [("stage", "prod"), ("a", null), ("none", null)], Cancel)
        );
        Assert.Equal(new() { ["stage"] = "test" }, await TagsAsync());
        Assert.Equal([("stage", "test")], await World.PolicyTags.AllAsync(Project, Cancel));
        var stranger = await Bed.AddProjectAsync();
        Assert.Equal(TagOutcome.NoSuchPolicy, await World.PolicyTags.RemoveAsync(stranger, policy.Id, "stage", Cancel));
        Assert.Empty(await World.PolicyTags.AllAsync(stranger, Cancel));
    }
}

public sealed class OwnedVolumeOnSqlite(CatalogTemplates templates) : OwnedVolumeSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class OwnedVolumeOnPostgres(CatalogTemplates templates) : OwnedVolumeSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
