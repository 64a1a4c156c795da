using Holdfast.Control.Backups;
using Holdfast.Control.Jobs;
using Holdfast.Control.Tests.Backups;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Control.Tests.Work;
using Holdfast.Control.Upkeep;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Restore;
using Holdfast.Engine.Upkeep.Prune;
using Holdfast.Testing;

namespace Holdfast.Control.Tests.Upkeep;

/// <summary>Backups of a real file by real jobs, prune beside them, and what each backup must restore to.</summary>
internal sealed class PruneFlow(TestBed bed, World world, ProjectId project, VolumeId volume, string file)
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);

    private readonly Dictionary<BackupId, byte[]> _contents = [];

    public IReadOnlyCollection<BackupId> Backups => _contents.Keys;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Writes the volume's file, and backs it up by a job.</summary>
    public async Task<BackupId> BackUpAsync(byte[] content)
    {
        await File.WriteAllBytesAsync(file, content, Cancel);
        bed.Clock.Advance(TimeSpan.FromSeconds(1));
        var order = new BackupOrder { Volume = volume, Name = "b" };
        var created = Assert.IsType<CreateBackupOutcome.Queued>(await world.Service.CreateAsync(project, order, Cancel));
        await world.RunJobsAsync(Cancel);
        var backup = created.Backup;
        var found = await world.Backups.FindAsync(project, backup, Cancel);
        Assert.True(found?.Status == BackupStatus.Available, $"The backup is {found?.Status}: {found?.FailReason}");
        _contents[backup] = content;
        return backup;
    }

    public async Task DeleteAsync(BackupId backup)
    {
        Assert.IsType<DeleteBackupOutcome.Queued>(await world.Service.DeleteAsync(project, backup, Cancel));
        await world.RunJobsAsync(Cancel);
        _contents.Remove(backup);
    }

    /// <summary>A deleted backup is back.</summary>
    public void Expect(BackupId backup, byte[] content) => _contents[backup] = content;

    public byte[] ContentOf(BackupId backup) => _contents[backup];

    public void Forget(BackupId backup) => _contents.Remove(backup);

    /// <summary>Runs prune as its job does.</summary>
    public async Task<Job> PruneAsync()
    {
        var id = await QueueAsync();
        await world.UpkeepWorker.RunOnceAsync(bed.Now, Cancel);
        return await world.Jobs.FindUpkeepAsync(id, Cancel) ?? throw new InvalidOperationException("The job is gone.");
    }

    public async Task<PruneFigures> PruneToItsEndAsync()
    {
        var job = await PruneAsync();
        Assert.True(job.State == JobState.Succeeded, job.FailReason);
        return PruneFigures.FromJson(job.Figures!)!;
    }

    /// <summary>Runs prune over a ledger that a test has its hands in. A run that does not end leaves its job to the rescuer.</summary>
    public async Task<PruneFigures> PruneAsync(Func<IPruneLedger, IPruneLedger> wrap, World? by = null)
    {
        await QueueAsync();
        var job = (await world.Jobs.ClaimAsync($"by hand {JobId.New(bed.Clock)}", Lease, bed.Now, Cancel, lane: JobLane.Upkeep))!;
        var lease = new JobLease(job.Id, job.LeaseOwner!, job.Attempt);
        var ledger = new CatalogPruneLedger(bed.Database, world.Jobs, lease, Lease);
        await world.PruneRuns!.BeginAsync(ledger.Run, world.Jobs, lease, Lease, Cancel);
        var figures = await (by ?? world).Repository.PruneAsync(wrap(ledger), new PruneOptions(), Cancel);
        await bed.InTransactionAsync(tx => world.PruneRuns.EndAsync(tx, ledger.Run, figures, Cancel));
        await EndAsync(job);
        return figures;
    }

    /// <summary>What the rescuer does with a job whose process is gone: its session ends, and so may the job.</summary>
    public async Task RescueAsync()
    {
        if (await world.Jobs.FindOpenAsync(JobKind.Prune, Cancel) is { State: JobState.Running } job)
            await EndAsync(job);
    }

    public async Task CheckAsync()
    {
        foreach (var (backup, content) in _contents)
            Assert.Equal(content, await RestoreAsync(world, backup));
    }

    public static async Task<byte[]> RestoreAsync(World world, BackupId backup)
    {
        var manifest = await world.Repository.FindAsync(backup, Cancel) ?? throw new InvalidOperationException($"No manifest of {backup}.");
        var target = new MemoryDevice(manifest.VolumeSize);
        await world.Repository.RestoreAsync(backup, target, new RestoreOptions(), null, Cancel);
        return target.ToArray();
    }

    private async Task<JobId> QueueAsync()
    {
        bed.Clock.Advance(TimeSpan.FromSeconds(1));
        var id = await bed.InTransactionAsync(tx => world.Jobs.QueueUpkeepAsync(tx, JobKind.Prune, "{}", Cancel));
        return id ?? throw new InvalidOperationException("A job of prune is open already.");
    }

    private async Task EndAsync(Job job)
    {
        var lease = new JobLease(job.Id, job.LeaseOwner!, job.Attempt);
        Assert.True(await world.Ends.FailAsync(job, lease, new JobFailure("over", "over"), Cancel));
    }
}
