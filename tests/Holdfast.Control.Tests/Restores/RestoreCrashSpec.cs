using Holdfast.Control.Backups;
using Holdfast.Control.Jobs;
using Holdfast.Control.Tests.Backups;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Control.Tests.Work;
using Holdfast.Control.Volumes;
using Holdfast.Control.Work;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Objects;
using Holdfast.Testing;

namespace Holdfast.Control.Tests.Restores;

/// <summary>A restore that dies anywhere is rescued, run again, and knows what it has half written for its own.</summary>
public abstract class RestoreCrashSpec : FlowSpec
{
    [Fact]
    public async Task A_restore_that_dies_at_any_read_is_finished_by_the_next_attempt()
    {
        var backup = await BackUpAsync(await AddPolicyAsync());
        var died = 0;
        for (var read = 1; ; read++)
        {
            var target = await World.MakeAsync(Project, new NewVolume { Name = $"t{read}", SizeBytes = 1_200_000 }, Cancel);
            var queued = await OrderAsync(backup, new RestoreTarget.Volume(target.Id));
            var store = new DyingStore(Store) { DiesAtRead = read };
            var outcome = await DieAsync(store);
            var half = File.ReadAllBytes(new Uri(target.Source).LocalPath);
            died += half.AsSpan().ContainsAnyExcept((byte)0) && outcome is null ? 1 : 0;

            Assert.Equal(JobState.Running, (await World.Jobs.FindAsync(Project, queued, Cancel))!.State);
            await RescueAsync();
            await World.RunJobsAsync(Cancel);

            var job = await World.Jobs.FindAsync(Project, queued, Cancel);
            Assert.True(job!.State == JobState.Succeeded, $"Died at read {read}: {job.FailReason}");
            Assert.Equal(VolumeStatus.Available, (await World.Volumes.FindAsync(Project, target.Id, Cancel))!.Status);
            Assert.Equal(File.ReadAllBytes(VolumeFile), File.ReadAllBytes(new Uri(target.Source).LocalPath)[..1_000_000]);
            if (outcome is not null)
            {
                Assert.True(read > 3, $"A restore makes only {read} reads?");
                return; // it had written all of it, and only its end was lost
            }
        }
    }

    [Fact]
    public async Task A_new_file_that_was_finished_before_its_end_was_lost_is_no_strangers()
    {
        var backup = await BackUpAsync(await AddPolicyAsync());
        var queued = await OrderAsync(backup, new RestoreTarget.Device(Folder["new.img"]));
        Assert.IsType<JobOutcome.Done>(await DieAsync(new DyingStore(Store)));
        Assert.True(File.Exists(Folder["new.img"]));
        await RescueAsync();
        await World.RunJobsAsync(Cancel);
        Assert.Equal(JobState.Succeeded, (await World.Jobs.FindAsync(Project, queued, Cancel))!.State);
        Assert.Equal(File.ReadAllBytes(VolumeFile), File.ReadAllBytes(Folder["new.img"]));
    }

    [Fact]
    public async Task What_somebody_put_in_the_place_of_a_half_written_file_is_left_alone()
    {
        var backup = await BackUpAsync(await AddPolicyAsync());
        var queued = await OrderAsync(backup, new RestoreTarget.Device(Folder["new.img"]));
        Assert.IsType<JobOutcome.Done>(await DieAsync(new DyingStore(Store)));
        File.Move(Folder.File("theirs.img", Bytes(1_000_000, seed: 5)), Folder["new.img"], overwrite: true);
        await RescueAsync();
        await World.RunJobsAsync(Cancel);
        Assert.Equal(JobState.Failed, (await World.Jobs.FindAsync(Project, queued, Cancel))!.State);
        Assert.Equal(Bytes(1_000_000, seed: 5), File.ReadAllBytes(Folder["new.img"]));
    }

    [Fact]
    public async Task A_restore_that_shutdown_interrupts_goes_on_at_the_next_start()
    {
        var backup = await BackUpAsync(await AddPolicyAsync());
        var target = await World.MakeAsync(Project, new NewVolume { Name = "t", SizeBytes = 1_000_000 }, Cancel);
        var queued = await OrderAsync(backup, new RestoreTarget.Volume(target.Id));
        using (var shutdown = new CancellationTokenSource())
        {
            var store = new DyingStore(Store) { Reading = key => CancelAtData(key, shutdown) };
            await using var stopping = await World.OpenAsync(Bed, store, Folder.FullPath, Cancel);
            await stopping.Worker.RunOnceAsync(Bed.Now, shutdown.Token);
        }

        var waiting = await World.Jobs.FindAsync(Project, queued, Cancel);
        Assert.Equal((JobState.Queued, 0), (waiting!.State, waiting.Attempt));
        await World.RunJobsAsync(Cancel);
        Assert.Equal(File.ReadAllBytes(VolumeFile), File.ReadAllBytes(new Uri(target.Source).LocalPath));
        Assert.Equal(VolumeStatus.Available, (await World.Volumes.FindAsync(Project, target.Id, Cancel))!.Status);
    }

    private static void CancelAtData(ObjectKey key, CancellationTokenSource shutdown)
    {
        if (key.Value.StartsWith("data", StringComparison.Ordinal))
        {
            shutdown.Cancel();
        }
    }

    private async Task<JobId> OrderAsync(BackupId backup, RestoreTarget target) =>
        Assert.IsType<RestoreBackupOutcome.Queued>(await World.Service.RestoreAsync(Project, backup, target, overwrite: false, Cancel)).Job;

    /// <summary>Runs the waiting job on a store that dies, and never writes its end. Null when the store died.</summary>
    private async Task<JobOutcome?> DieAsync(DyingStore store)
    {
        await using var dying = await World.OpenAsync(Bed, store, Folder.FullPath, Cancel);
        var job = (await World.Jobs.ClaimAsync("dies", TimeSpan.FromSeconds(60), Bed.Now, Cancel))!;
        store.IsArmed = true;
        try
        {
            return await dying.Ends.RunAsync(job, new JobLease(job.Id, "dies", job.Attempt), Cancel);
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.Unavailable)
        {
            return null;
        }
    }

    private async Task RescueAsync()
    {
        for (var i = 0; i < 2; i++)
        {
            Bed.Clock.Advance(TimeSpan.FromSeconds(61));
            await World.Rescuer.RunOnceAsync(Bed.Now, Cancel);
        }
    }

    /// <summary>Dies for good at its n-th read.</summary>
    private sealed class DyingStore(IObjectStore inner) : ForwardingObjectStore(inner)
    {
        private int _reads;

        public bool IsArmed { get; set; }

        public int DiesAtRead { get; init; } = int.MaxValue;

        public Action<ObjectKey>? Reading { get; init; }

        public override ValueTask ReadAsync(ObjectKey key, long offset, Memory<byte> into, CancellationToken cancel)
        {
            CountRead(key);
            return base.ReadAsync(key, offset, into, cancel);
        }

        public override ValueTask<long?> FindSizeAsync(ObjectKey key, CancellationToken cancel)
        {
            CountRead(key);
            return base.FindSizeAsync(key, cancel);
        }

        private void CountRead(ObjectKey key)
        {
            Reading?.Invoke(key);
            if (IsArmed && Interlocked.Increment(ref _reads) >= DiesAtRead)
            {
                throw new HoldfastException(FailureKind.Unavailable, "The store died.");
            }
        }
    }
}

public sealed class RestoreCrashOnSqlite(CatalogTemplates templates) : RestoreCrashSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class RestoreCrashOnPostgres(CatalogTemplates templates) : RestoreCrashSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
