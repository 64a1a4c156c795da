using Holdfast.Control.Backups;
using Holdfast.Control.Drills;
using Holdfast.Control.Jobs;
using Holdfast.Control.Policies;
using Holdfast.Control.Tests.Backups;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Control.Tests.Work;
using Holdfast.Control.Volumes;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Tests.Drills;

/// <summary>What a drill proves, what it finds, and what it does when the world changes under it.</summary>
public abstract class DrillSpec : DrillFlow
{
    [Fact]
    public async Task A_drill_reads_the_newest_point_to_its_root_and_keeps_the_evidence()
    {
        var policy = await AddPolicyAsync();
        await BackUpAsync(policy);
        Change(VolumeFile, at: 5000);
        var newest = await BackUpAsync(policy);
        var root = (await World.Repository.FindAsync(newest, Cancel))!.Root;

        var ordered = await OrderAsync(Volume.Id);
        Assert.Equal((DrillState.Ordered, true), (ordered.State, ordered.IsByHand));
        await RunAsync();

        var drill = await ShowAsync(ordered.Id);
        Assert.Equal((DrillState.Proven, newest, 2L), (drill.State, drill.Backup!.Value, drill.BackupNumber));
        Assert.Equal((DrillChoice.Newest, 2L, null), (drill.Choice, drill.Choices, drill.Reason));
        Assert.Equal((root, 1_000_000L, 0L), (drill.Verified!.Root, drill.Verified.BytesVerified, drill.Verified.BytesZero));
        Assert.Equal(2, drill.Verified.Packs);
        Assert.InRange(drill.Verified.BytesRead, 1_000_000, 1_200_000);
        Assert.Equal((Bed.Now, Bed.Now), (drill.BeganAt, drill.EndedAt));
        var volume = (await World.Volumes.FindAsync(Project, Volume.Id, Cancel))!;
        Assert.Equal((Bed.Now, newest), (volume.ProvenAt, volume.ProvenBackup));
        var verdict = (await World.Backups.FindAsync(Project, newest, Cancel))!.LastVerdict!;
        Assert.Equal((VerdictBy.Drill, true), (verdict.By, verdict.IsOk));
        var job = await JobAsync();
        Assert.Equal((JobState.Succeeded, drill.Job), (job.State, job.Id));
        Assert.Contains("\"proven\":1,\"damaged\":0,", job.Figures, StringComparison.Ordinal);
        Assert.Empty(await Bed.QueryAsync<string>("SELECT job_id FROM session"));
    }

    [Theory]
    [InlineData("data/")]
    [InlineData("map/")]
    [InlineData("manifests/")]
    public async Task Damage_is_named_with_the_backup_and_the_job_and_proves_nothing(string kind)
    {
        var backup = await BackUpAsync(await AddPolicyAsync());
        var key = Assert.Single(Store.Keys, key => key.StartsWith(kind, StringComparison.Ordinal));
        Store.Damage(key, 200);

        var ordered = await OrderAsync(Volume.Id);
        await RunAsync();

        var drill = await ShowAsync(ordered.Id);
        Assert.Equal((DrillState.Damaged, backup, null), (drill.State, drill.Backup!.Value, drill.Verified));
        Assert.Contains(key, drill.Reason, StringComparison.Ordinal);
        var verdict = (await World.Backups.FindAsync(Project, backup, Cancel))!.LastVerdict!;
        Assert.Equal((VerdictBy.Drill, false), (verdict.By, verdict.IsOk));
        var job = await JobAsync();
        Assert.Equal(JobState.Failed, job.State);
        Assert.Contains($"backup {backup}", job.FailReason, StringComparison.Ordinal);
        Assert.Contains("\"damaged\":1", job.Figures, StringComparison.Ordinal);
        Assert.Null((await World.Volumes.FindAsync(Project, Volume.Id, Cancel))!.ProvenAt);
    }

    [Fact]
    public async Task A_manifest_that_is_not_there_is_damage()
    {
        var backup = await BackUpAsync(await AddPolicyAsync());
        Store.Lose($"manifests/{backup}");
        var ordered = await OrderAsync(Volume.Id);
        await RunAsync();

        var drill = await ShowAsync(ordered.Id);
        Assert.Equal(DrillState.Damaged, drill.State);
        Assert.Contains($"manifests/{backup}", drill.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_bad_read_is_no_damage()
    {
        await BackUpAsync(await AddPolicyAsync());
        var ordered = await OrderAsync(Volume.Id);
        var isBad = true;
        await RunOnAsync(key =>
        {
            if (isBad && key.StartsWith("data/", StringComparison.Ordinal))
            {
                isBad = false;
                throw new HoldfastException(FailureKind.Corrupted, "one bad moment");
            }
        });

        Assert.False(isBad);
        Assert.Equal(DrillState.Proven, (await ShowAsync(ordered.Id)).State);
    }

    [Fact]
    public async Task A_long_drill_tells_in_its_log_how_far_it_is()
    {
        await BackUpAsync(await AddPolicyAsync());
        var ordered = await OrderAsync(Volume.Id);
        var isSlow = true;
        await RunOnAsync(key =>
        {
            if (isSlow && key.StartsWith("data/", StringComparison.Ordinal))
            {
                isSlow = false;
                Bed.Clock.Advance(TimeSpan.FromSeconds(31));
            }
        });

        Assert.False(isSlow);
        Assert.Equal(DrillState.Proven, (await ShowAsync(ordered.Id)).State);
        var lines = await World.Logs.ReadAsync((await JobAsync()).Id, 0, 100, null, Cancel);
        Assert.Contains(lines, line => line.Message.Contains(" %: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Where_the_repository_is_away_nothing_is_said_and_the_turn_waits()
    {
        var backup = await BackUpAsync(await AddPolicyAsync());
        var ordered = await OrderAsync(Volume.Id);
        var config = Store["config"];
        Store.Lose("config");
        await RunAsync();

        Assert.Equal(DrillState.Ordered, (await ShowAsync(ordered.Id)).State);
        Assert.Equal(JobState.Queued, (await JobAsync()).State);
        Assert.Null((await World.Backups.FindAsync(Project, backup, Cancel))!.LastVerdict);

        Store["config"] = config;
        Bed.Clock.Advance(TimeSpan.FromMinutes(1));
        await RunAsync();
        Assert.Equal(DrillState.Proven, (await ShowAsync(ordered.Id)).State);
    }

    [Fact]
    public async Task A_repository_that_stays_away_fails_the_turn_and_not_the_backup()
    {
        var backup = await BackUpAsync(await AddPolicyAsync());
        var ordered = await OrderAsync(Volume.Id);
        Store.Lose("config");
        for (var attempt = 0; attempt < World.JobOptions.MaxAttempts; attempt++)
        {
            await RunAsync();
            Bed.Clock.Advance(TimeSpan.FromHours(1));
        }

        var drill = await ShowAsync(ordered.Id);
        Assert.Equal(DrillState.Failed, drill.State);
        Assert.Contains("away", drill.Reason, StringComparison.Ordinal);
        Assert.Null((await World.Backups.FindAsync(Project, backup, Cancel))!.LastVerdict);
        Assert.Equal(JobState.Failed, (await JobAsync()).State);
        Assert.Null(await World.Jobs.FindOpenAsync(JobKind.Drill, Cancel));
    }

    [Fact]
    public async Task A_drill_whose_worker_dies_at_any_read_is_done_by_the_next_attempt()
    {
        await BackUpAsync(await AddPolicyAsync());
        for (var diesAt = 1; ; diesAt++)
        {
            var ordered = await OrderAsync(Volume.Id);
            var reads = 0;
            var isDead = await DieAsync(_ =>
            {
                if (Interlocked.Increment(ref reads) >= diesAt)
                {
                    throw new InvalidOperationException("dies");
                }
            });
            for (var i = 0; i < 2; i++)
            {
                Bed.Clock.Advance(TimeSpan.FromSeconds(61));
                await World.Rescuer.RunOnceAsync(Bed.Now, Cancel);
            }

            await RunAsync();
            Assert.Equal(DrillState.Proven, (await ShowAsync(ordered.Id)).State);
            Assert.Equal(JobState.Succeeded, (await JobAsync()).State);
            Assert.Empty(await Bed.QueryAsync<string>("SELECT id FROM drill WHERE state < 3"));
            if (!isDead)
            {
                Assert.True(diesAt > 3, $"A drill makes only {diesAt} reads?");
                return;
            }
        }
    }

    [Fact]
    public async Task A_backup_that_is_deleted_while_it_is_read_is_read_to_its_end()
    {
        World.UpkeepOptions.KeepDeletedDays = 7;
        var backup = await BackUpAsync(await AddPolicyAsync());
        var ordered = await OrderAsync(Volume.Id);
        var isDeleted = 0; // several may read at once
        var held = new List<string>();
        await RunOnAsync(key =>
        {
            if (key.StartsWith("data/", StringComparison.Ordinal) && Interlocked.Exchange(ref isDeleted, 1) == 0)
            {
                DeleteAsync(backup).GetAwaiter().GetResult();
                held.AddRange(Bed.QueryAsync<string>("SELECT root FROM session_root").GetAwaiter().GetResult());
            }
        });

        Assert.Equal(DrillState.Proven, (await ShowAsync(ordered.Id)).State);
        Assert.Single(held);
    }

    [Fact]
    public async Task A_backup_that_is_gone_when_its_manifest_is_read_gives_the_turn_to_another()
    {
        var policy = await AddPolicyAsync();
        var older = await BackUpAsync(policy);
        Change(VolumeFile, at: 5000);
        var newest = await BackUpAsync(policy);
        var ordered = await OrderAsync(Volume.Id);
        var reads = 0;
        await RunOnAsync(key =>
        {
            // The first time it is looked for before it is held, the second time when it is read.
            if (key == $"manifests/{newest}" && ++reads == 2)
            {
                DeleteAsync(newest).GetAwaiter().GetResult();
                throw new HoldfastException(FailureKind.NotFound, "gone");
            }
        });

        var drill = await ShowAsync(ordered.Id);
        Assert.Equal((DrillState.Proven, older, 1L), (drill.State, drill.Backup!.Value, drill.Choices));
    }

    [Fact]
    public async Task A_volume_that_is_removed_before_its_turn_is_drilled_as_long_as_it_has_points()
    {
        var backup = await BackUpAsync(await AddPolicyAsync());
        var ordered = await OrderAsync(Volume.Id);
        Assert.Equal(RemoveVolumeOutcome.Removed, await World.Removal.ForgetAsync(Project, Volume.Id, Cancel));
        await RunAsync();
        Assert.Equal((DrillState.Proven, backup), await StateAsync(ordered.Id));

        await Bed.ExecuteAsync("UPDATE drill SET state = 1, ended_at = NULL, root = NULL, by_hand = 1");
        await DeleteAsync(backup);
        await Bed.InTransactionAsync(tx => World.Jobs.QueueUpkeepAsync(tx, JobKind.Drill, DrillStore.ByHandArguments, Cancel));
        await RunAsync();
        var drill = await ShowAsync(ordered.Id);
        Assert.Equal(DrillState.Failed, drill.State);
        Assert.Contains("no restore point", drill.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_restored_is_not_ordered()
    {
        Assert.IsType<DrillOrderOutcome.NothingToRestore>(await World.Drills.OrderAsync(Project, Volume.Id, Cancel));
        Assert.IsType<DrillOrderOutcome.NoSuchVolume>(await World.Drills.OrderAsync(Project, VolumeId.New(Bed.Clock), Cancel));
        await BackUpAsync(await AddPolicyAsync());
        Assert.IsType<DrillOrderOutcome.NoSuchVolume>(
            await World.Drills.OrderAsync(await Bed.AddProjectAsync(), Volume.Id, Cancel)
        );
        Assert.Empty(await World.JobLists.ListAsync(NewJob.OfService, JobKind.Drill, 10, Cancel));
    }
}

/// <summary>Orders drills and runs them on stores that do what a test says.</summary>
public abstract class DrillFlow : FlowSpec
{
    protected async Task<Drill> OrderAsync(VolumeId volume)
    {
        Bed.Clock.Advance(TimeSpan.FromSeconds(1));
        return Assert.Single(
            Assert.IsType<DrillOrderOutcome.Ordered>(await World.Drills.OrderAsync(Project, volume, Cancel)).Drills
        );
    }

    /// <summary>Runs upkeep until none is left to run now.</summary>
    protected async Task RunAsync()
    {
        while (await World.UpkeepWorker.RunOnceAsync(Bed.Now, Cancel)) { }
    }

    /// <summary>The same in another process, which calls back before each read of an object.</summary>
    protected async Task RunOnAsync(Action<string> reading)
    {
        var store = new WatchedStore(Store);
        await using var other = await World.OpenAsync(Bed, store, Folder.FullPath, Cancel);
        Configure(other);
        store.Reading = reading;
        while (await other.UpkeepWorker.RunOnceAsync(Bed.Now, Cancel)) { }
    }

    /// <summary>Runs the waiting job in a process that never writes its end. False when it would have come to one.</summary>
    protected async Task<bool> DieAsync(Action<string> reading)
    {
        var store = new WatchedStore(Store);
        await using var dying = await World.OpenAsync(Bed, store, Folder.FullPath, Cancel);
        Configure(dying);
        var job = (await World.Jobs.ClaimAsync("dies", TimeSpan.FromSeconds(60), Bed.Now, Cancel, lane: JobLane.Upkeep))!;
        store.Reading = reading;
        try
        {
            await dying.Ends.RunAsync(job, new JobLease(job.Id, "dies", job.Attempt), Cancel);
            return false;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }

    /// <summary>As this process is.</summary>
    private void Configure(World other)
    {
        other.UpkeepOptions.KeepDeletedDays = World.UpkeepOptions.KeepDeletedDays;
        other.UpkeepOptions.DrillVolumes = World.UpkeepOptions.DrillVolumes;
    }

    protected async Task DeleteAsync(BackupId backup)
    {
        Assert.IsType<DeleteBackupOutcome.Queued>(await World.Service.DeleteAsync(Project, backup, Cancel));
        await World.RunJobsAsync(Cancel);
    }

    protected async Task<Drill> ShowAsync(DrillId id) => (await World.Drills.FindAsync(Project, id, Cancel))!;

    protected async Task<(DrillState State, BackupId? Backup)> StateAsync(DrillId id) =>
        await ShowAsync(id) is var drill ? (drill.State, drill.Backup) : default;

    protected async Task<Job> JobAsync() => (await World.JobLists.ListAsync(NewJob.OfService, JobKind.Drill, 1, Cancel))[0];

    /// <summary>Another volume with a policy of its own and so many backups, each other than the one before.</summary>
    protected async Task<(Volume Volume, Policy Policy)> AddVolumeAsync(string name, int backups)
    {
        var file = Folder.File($"{name}.img", Bytes(300_000, seed: name[0]));
        var volume = await World.AddVolumeAsync(Project, file, Cancel);
        var policy = await World.AddPolicyAsync(
            Project,
            new PolicyDraft
            {
                Name = name,
                Enabled = true,
                Schedule = new Schedule { StartTime = "00:00", Frequency = 1 },
                Retention = new RetentionRule { Count = 50 },
            },
            [volume.Id],
            Cancel
        );
        for (var i = 0; i < backups; i++)
        {
            Change(file, at: i * 1000);
            await BackUpAsync(policy);
        }

        return (volume, policy);
    }
}

public sealed class DrillsOnSqlite(CatalogTemplates templates) : DrillSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class DrillsOnPostgres(CatalogTemplates templates) : DrillSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
