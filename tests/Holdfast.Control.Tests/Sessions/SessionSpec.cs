using System.Collections.Concurrent;
using Holdfast.Control.Backups;
using Holdfast.Control.Jobs;
using Holdfast.Control.Tests.Backups;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Engine.Basics;
using Holdfast.Testing;

namespace Holdfast.Control.Tests.Sessions;

/// <summary>What counts in the repository is what the catalog says, and a worker that lost its job changes nothing there.</summary>
public abstract class SessionSpec : FlowSpec
{
    [Fact]
    public async Task A_backup_is_committed_before_its_manifest_is_put_and_a_later_attempt_puts_the_same_bytes()
    {
        var policy = await AddPolicyAsync();
        await BackUpAsync(policy);
        Change(VolumeFile, at: 5000);
        var store = new FaultyObjectStore(Store, 0, FaultMode.BeforeEffect);
        store.BeforeMutation = (_, key) =>
        {
            if (key.Value.StartsWith("manifests/", StringComparison.Ordinal))
            {
                throw new HoldfastException(FailureKind.Unavailable, "no answer");
            }
        };
        Bed.Clock.Advance(TimeSpan.FromSeconds(1));
        await using (var dying = await World.OpenAsync(Bed, store, Folder.FullPath, Cancel))
        {
            await FireAsync(policy);
            await dying.Worker.RunOnceAsync(Bed.Now, Cancel);
        }

        var due = Convert.FromBase64String(Assert.Single(await Bed.QueryAsync<string>("SELECT sealed FROM manifest_due")));
        Assert.Equal(1, Assert.Single(await Bed.QueryAsync<long>("SELECT unsettled FROM backup WHERE status = 1 AND root IS NOT NULL")));
        Assert.Empty(await Bed.QueryAsync<string>("SELECT job_id FROM session"));

        Bed.Clock.Advance(TimeSpan.FromMinutes(5));
        Change(VolumeFile, at: 9000);
        await World.RunJobsAsync(Cancel);
        var task = (await World.TasksAsync(policy, Cancel))[^1];
        Assert.Equal(due, Store[$"manifests/{task.Backup}"]);
        Assert.Equal(BackupStatus.Available, await StatusAsync(task.Backup!.Value));
        Assert.Empty(await Bed.QueryAsync<string>("SELECT sealed FROM manifest_due"));
    }

    [Theory]
    [InlineData("index/")]
    [InlineData("data/")]
    public async Task A_worker_that_lost_its_job_neither_registers_nor_commits_anything(string at)
    {
        var policy = await AddPolicyAsync();
        await FireAsync(policy);
        var store = new FaultyObjectStore(Store, 0, FaultMode.BeforeEffect);
        var isLost = false;
        store.BeforeMutation = (_, key) =>
        {
            if (!isLost && key.Value.StartsWith(at, StringComparison.Ordinal))
            {
                isLost = true;
                Bed.ExecuteAsync("UPDATE job SET lease_owner = 'another', attempt = attempt + 1 WHERE state = 2").GetAwaiter().GetResult();
            }
        };
        await using (var late = await World.OpenAsync(Bed, store, Folder.FullPath, Cancel))
        {
            await late.Worker.RunOnceAsync(Bed.Now, Cancel);
        }

        Assert.True(isLost);
        Assert.Empty(await Bed.QueryAsync<string>("SELECT id FROM index_object"));
        Assert.Empty(await Bed.QueryAsync<string>("SELECT backup_id FROM manifest_due"));
        Assert.Empty(await Bed.QueryAsync<string>("SELECT id FROM backup WHERE root IS NOT NULL"));
        Assert.DoesNotContain(Store.Keys, key => key.StartsWith("manifests/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_running_backup_has_a_session_that_holds_its_parents_map_and_no_end_leaves_one()
    {
        var policy = await AddPolicyAsync();
        await BackUpAsync(policy);
        var root = Assert.Single(await Bed.QueryAsync<string>("SELECT root FROM backup"));
        Change(VolumeFile, at: 5000);
        var held = new ConcurrentBag<string>();
        var store = new FaultyObjectStore(Store, 0, FaultMode.BeforeEffect);
        store.BeforeMutation = (_, _) =>
        {
            const string sql = "SELECT r.root FROM session s JOIN session_root r ON r.job_id = s.job_id WHERE s.kind = 1 AND s.epoch = 1";
            foreach (var root in Bed.QueryAsync<string>(sql).GetAwaiter().GetResult())
                held.Add(root);
        };
        await using (var other = await World.OpenAsync(Bed, store, Folder.FullPath, Cancel))
        {
            await FireAsync(policy);
            await other.Worker.RunOnceAsync(Bed.Now, Cancel);
        }

        Assert.NotEmpty(held);
        Assert.All(held, one => Assert.Equal(root, one));
        Assert.Equal(2, (await Bed.QueryAsync<string>("SELECT id FROM backup WHERE status = 2 AND root IS NOT NULL")).Count);
        Assert.Empty(await Bed.QueryAsync<string>("SELECT job_id FROM session"));
        Assert.Empty(await Bed.QueryAsync<string>("SELECT job_id FROM session_root"));
    }

    [Fact]
    public async Task What_was_indexed_beside_the_service_counts_from_its_next_start_on_unless_it_is_on_its_way_out()
    {
        await BackUpAsync(await AddPolicyAsync());
        var pack = Assert.Single(Store.Keys, key => key.StartsWith("data/", StringComparison.Ordinal));
        var registered = await Bed.QueryAsync<string>("SELECT id FROM index_object");
        await Bed.ExecuteAsync("DELETE FROM index_object");
        await Bed.ExecuteAsync(
            "INSERT INTO fate (object, bytes, state, reason, epoch, run_id) VALUES (@pack, 1, 1, 1, 1, 'r')",
            new { pack }
        );
        await World.Sessions.AdoptAsync(World.Repository, Cancel);
        Assert.Empty(await Bed.QueryAsync<string>("SELECT id FROM index_object"));

        await Bed.ExecuteAsync("DELETE FROM fate");
        await World.Sessions.AdoptAsync(World.Repository, Cancel);
        Assert.Equal(registered, await Bed.QueryAsync<string>("SELECT id FROM index_object"));

        await Bed.ExecuteAsync("DELETE FROM index_object");
        Store.Lose(pack);
        await World.Sessions.AdoptAsync(World.Repository, Cancel);
        Assert.Empty(await Bed.QueryAsync<string>("SELECT id FROM index_object"));
    }

    [Theory]
    [InlineData("DELETE FROM index_object")]
    [InlineData("INSERT INTO fate (object, bytes, state, reason, epoch, run_id) VALUES (@pack, 1, 1, 1, 1, 'r')")]
    public async Task What_is_not_registered_or_is_on_its_way_out_is_stored_again(string change)
    {
        var policy = await AddPolicyAsync();
        var first = await BackUpAsync(policy);
        var packs = Store.Keys.Where(key => key.StartsWith("data/", StringComparison.Ordinal)).ToList();
        await Bed.ExecuteAsync(change, new { pack = Assert.Single(packs) });

        // A copy of the volume: nothing of it is held by a parent.
        var copy = Folder["copy.img"];
        File.Copy(VolumeFile, copy);
        var volume = await World.AddVolumeAsync(Project, copy, Cancel);
        Assert.IsType<CreateBackupOutcome.Queued>(await World.Service.CreateAsync(Project, new BackupOrder { Volume = volume.Id }, Cancel));
        await World.RunJobsAsync(Cancel);

        Assert.Equal(2, Store.Keys.Count(key => key.StartsWith("data/", StringComparison.Ordinal)));
        var second = Assert.Single(
            await Bed.QueryAsync<string>("SELECT id FROM backup WHERE status = 2 AND id <> @first", new { first = first.ToString() })
        );
        Store.Lose(packs[0]);
        await RestoreAsync(BackupId.Parse(second, null), new RestoreTarget.Device(Folder["restored"]), overwrite: false);
        Assert.Equal(File.ReadAllBytes(copy), File.ReadAllBytes(Folder["restored"]));
    }

    [Fact]
    public async Task A_deleted_backup_is_seen_no_more_and_can_be_brought_back()
    {
        World.UpkeepOptions.KeepDeletedDays = 7;
        var policy = await AddPolicyAsync(keep: 2);
        var first = await BackUpAsync(policy);
        Assert.IsType<DeleteBackupOutcome.Queued>(await World.Service.DeleteAsync(Project, first, Cancel));
        await World.RunJobsAsync(Cancel);

        Assert.Null(await World.Backups.FindAsync(Project, first, Cancel));
        Assert.Empty(await World.Backups.ListAsync(Project, new BackupFilter(), Page(10), Cancel));
        Assert.Equal(0, (await World.Quotas.UsageAsync(Project, Cancel)).Backups);
        Assert.IsType<DeleteBackupOutcome.NoSuchBackup>(await World.Service.DeleteAsync(Project, first, Cancel));
        var deleted = Assert.Single(await World.Removals.ListAsync(Project, Cancel));
        Assert.Equal((first, Bed.Now.AddDays(7)), (deleted.Id, deleted.KeptUntil!.Value));
        Assert.IsType<UndeleteOutcome.NoSuchBackup>(await World.Removals.UndeleteAsync(await Bed.AddProjectAsync(), first, Cancel));

        Assert.IsType<UndeleteOutcome.BroughtBack>(await World.Removals.UndeleteAsync(Project, first, Cancel));
        Assert.IsType<UndeleteOutcome.NoSuchBackup>(await World.Removals.UndeleteAsync(Project, first, Cancel));
        for (var more = 0; more < 4; more++)
        {
            Change(VolumeFile, at: 1000 * (more + 1));
            await BackUpAsync(policy);
        }

        // Its policy drops others, but not what somebody brought back.
        Assert.Equal(BackupStatus.Available, await StatusAsync(first));
        await RestoreAsync(first, new RestoreTarget.Device(Folder["restored"]), overwrite: false);
        Assert.Equal(Bytes(1_000_000, seed: 1), File.ReadAllBytes(Folder["restored"]));
    }

    [Fact]
    public async Task A_deleted_backup_goes_for_good_when_its_time_is_over_and_by_order()
    {
        World.UpkeepOptions.KeepDeletedDays = 7;
        var policy = await AddPolicyAsync();
        var (first, second) = (await BackUpAsync(policy), await BackUpAsync(policy));
        foreach (var backup in (BackupId[])[first, second])
        {
            Assert.IsType<DeleteBackupOutcome.Queued>(await World.Service.DeleteAsync(Project, backup, Cancel));
        }

        await World.RunJobsAsync(Cancel);
        Assert.Equal(0, await World.Removals.PurgeDueAsync(Bed.Now.AddDays(6), Cancel));
        Assert.Null(await World.Removals.PurgeAsync(await Bed.AddProjectAsync(), second, Cancel));
        Assert.NotNull(await World.Removals.PurgeAsync(Project, second, Cancel));
        await World.RunJobsAsync(Cancel);
        Assert.Null(await World.Repository.FindAsync(second, Cancel));
        Assert.NotNull(await World.Repository.FindAsync(first, Cancel));

        Assert.Equal(1, await World.Removals.PurgeDueAsync(Bed.Now.AddDays(8), Cancel));
        await World.RunJobsAsync(Cancel);
        Assert.Null(await World.Repository.FindAsync(first, Cancel));
        Assert.Empty(await Bed.QueryAsync<string>("SELECT id FROM backup"));
        Assert.DoesNotContain(Store.Keys, key => key.StartsWith("removed/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_manifest_that_may_still_arrive_is_said_to_be_removed_before_it_is()
    {
        var policy = await AddPolicyAsync();
        var backup = await BackUpAsync(policy);
        var manifest = Store[$"manifests/{backup}"];
        await Bed.ExecuteAsync("UPDATE backup SET unsettled = 1");
        Assert.IsType<DeleteBackupOutcome.Queued>(await World.Service.DeleteAsync(Project, backup, Cancel));
        await World.RunJobsAsync(Cancel);
        Assert.Contains($"removed/{backup}", Store.Keys);

        Store[$"manifests/{backup}"] = manifest;
        var listed = new List<BackupId>();
        await foreach (var found in World.Repository.ListAsync(Cancel))
        {
            listed.Add(found.Id);
        }

        Assert.Empty(listed);
    }

    [Fact]
    public async Task Of_each_kind_of_upkeep_one_job_is_open_and_those_who_back_up_never_take_it()
    {
        Assert.NotNull(await Bed.InTransactionAsync(tx => World.Jobs.QueueUpkeepAsync(tx, JobKind.Prune, "{}", Cancel)));
        Assert.Null(await Bed.InTransactionAsync(tx => World.Jobs.QueueUpkeepAsync(tx, JobKind.Prune, "{}", Cancel)));
        Bed.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.NotNull(await Bed.InTransactionAsync(tx => World.Jobs.QueueUpkeepAsync(tx, JobKind.Check, "{}", Cancel)));

        var lease = TimeSpan.FromSeconds(60);
        Assert.Null(await World.Jobs.ClaimAsync("w", lease, Bed.Now, Cancel));
        var job = (await World.Jobs.ClaimAsync("w", lease, Bed.Now, Cancel, lane: JobLane.Upkeep))!;
        Assert.Equal((JobKind.Prune, NewJob.OfService), (job.Kind, job.Project));
        Assert.True(
            await Bed.InTransactionAsync(tx =>
                World.Jobs.SetFiguresAsync(tx, new JobLease(job.Id, "w", job.Attempt), """{"packs_deleted":1}""", Cancel)
            )
        );
        Assert.Equal("""{"packs_deleted":1}""", (await World.Jobs.FindUpkeepAsync(job.Id, Cancel))!.Figures);
        Assert.Equal(
            [JobKind.Check, JobKind.Prune],
            (await World.JobLists.ListAsync(NewJob.OfService, null, 10, Cancel)).Select(one => one.Kind)
        );
        Assert.Equal(JobKind.Check, Assert.Single(await World.JobLists.ListAsync(NewJob.OfService, JobKind.Check, 10, Cancel)).Kind);
    }
}

public sealed class SessionsOnSqlite(CatalogTemplates templates) : SessionSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class SessionsOnPostgres(CatalogTemplates templates) : SessionSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
