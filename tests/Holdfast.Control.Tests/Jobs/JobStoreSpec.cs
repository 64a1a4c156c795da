using System.Collections.Concurrent;
using Holdfast.Control.Jobs;
using Holdfast.Control.Tests.Tasks;

namespace Holdfast.Control.Tests.Jobs;

public abstract class JobStoreSpec : CatalogSpec
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);

    private JobStore? _jobs;

    private JobStore Jobs => _jobs ??= new JobStore(Bed.Database, Bed.Clock);

    [Fact]
    public async Task A_queued_job_is_claimed_once_and_comes_back_as_it_was_queued()
    {
        var job = NewJob() with { Arguments = """{"a":1}""" };
        await EnqueueAsync(job);
        Assert.Equal(JobState.Queued, (await Jobs.FindAsync(job.Project, job.Id, Cancel))!.State);
        Assert.Null(await Jobs.FindAsync(new ProjectId("another"), job.Id, Cancel));

        var claimed = await Jobs.ClaimAsync("w1", Lease, Bed.Now, Cancel);

        Assert.Equal(
            (job.Id, JobState.Running, 1, "w1", job.Arguments),
            (claimed!.Id, claimed.State, claimed.Attempt, claimed.LeaseOwner, claimed.Arguments)
        );
        Assert.Equal((job.Volume, job.Kind, job.Project), (claimed.Volume, claimed.Kind, claimed.Project));
        Assert.Null(await Jobs.ClaimAsync("w2", Lease, Bed.Now, Cancel));
    }

    [Fact]
    public async Task Ten_workers_claim_each_job_exactly_once()
    {
        var queued = Enumerable.Range(0, 100).Select(_ => NewJob()).ToList();
        await Bed.InTransactionAsync(async tx =>
        {
            foreach (var job in queued)
            {
                await Jobs.EnqueueAsync(tx, job, Cancel);
            }
        });

        var claimed = new ConcurrentBag<JobId>();
        await Task.WhenAll(
            Enumerable
                .Range(0, 10)
                .Select(async worker =>
                {
                    // Each as a process of its own: nothing is shared but the catalog.
                    await using var database = Bed.OpenAnother();
                    var jobs = new JobStore(database, Bed.Clock);
                    for (var n = 0; await jobs.ClaimAsync($"{worker}/{n}", Lease, Bed.Now, Cancel) is { } job; n++)
                    {
                        claimed.Add(job.Id);
                    }
                })
        );

        Assert.Equal(queued.Select(j => j.Id.Value).Order(), claimed.Select(j => j.Value).Order());
    }

    [Fact]
    public async Task Two_jobs_of_one_volume_never_run_at_once_however_many_claim()
    {
        var volume = VolumeId.New(Bed.Clock);
        for (var i = 0; i < 6; i++)
        {
            await EnqueueAsync(NewJob() with { Volume = volume });
        }

        for (var round = 0; round < 6; round++)
        {
            var claims = await Task.WhenAll(
                Enumerable.Range(0, 6).Select(w => Task.Run(() => Jobs.ClaimAsync($"{round}/{w}", Lease, Bed.Now, Cancel)))
            );
            var job = Assert.Single(claims, claim => claim is not null);
            Assert.True(await Bed.InTransactionAsync(tx => Jobs.FinishAsync(tx, HeldBy(job!), failure: null, Cancel)));
        }

        Assert.Null(await Jobs.ClaimAsync("w", Lease, Bed.Now, Cancel));
    }

    [Fact]
    public async Task Jobs_without_a_volume_do_not_wait_for_each_other()
    {
        await EnqueueAsync(NewJob() with { Volume = null });
        await EnqueueAsync(NewJob() with { Volume = null });
        Assert.NotNull(await Jobs.ClaimAsync("a", Lease, Bed.Now, Cancel));
        Assert.NotNull(await Jobs.ClaimAsync("b", Lease, Bed.Now, Cancel));
    }

    [Fact]
    public async Task Who_lost_the_lease_changes_nothing()
    {
        await EnqueueAsync(NewJob());
        var first = HeldBy((await Jobs.ClaimAsync("w1", Lease, Bed.Now, Cancel))!);
        var until = Bed.Now + Lease;
        Bed.Clock.Advance(Lease + TimeSpan.FromSeconds(1));
        Assert.True(await Bed.InTransactionAsync(tx => Jobs.RescueAsync(tx, first, until, failure: null, Bed.Now, Cancel)));
        var second = (await Jobs.ClaimAsync("w2", Lease, Bed.Now, Cancel))!;
        Assert.Equal(2, second.Attempt);

        Assert.False(await Jobs.RenewAsync(first, Lease, Cancel));
        Assert.False(await Bed.InTransactionAsync(tx => Jobs.FinishAsync(tx, first, failure: null, Cancel)));
        Assert.False(await Bed.InTransactionAsync(tx => Jobs.PutOffAsync(tx, first, Bed.Now, Cancel)));
        Assert.False(await Bed.InTransactionAsync(tx => Jobs.HandBackAsync(tx, first, Cancel)));
        Assert.False(await Bed.InTransactionAsync(tx => Jobs.RescueAsync(tx, first, until, failure: null, Bed.Now, Cancel)));

        Assert.Equal(second, await Jobs.FindAsync(second.Project, second.Id, Cancel));
        Assert.True(await Jobs.RenewAsync(HeldBy(second), Lease, Cancel));
    }

    [Fact]
    public async Task A_renewed_lease_does_not_expire()
    {
        await EnqueueAsync(NewJob());
        var held = HeldBy((await Jobs.ClaimAsync("w1", Lease, Bed.Now, Cancel))!);
        var until = Bed.Now + Lease;
        Bed.Clock.Advance(Lease / 2);
        Assert.True(await Jobs.RenewAsync(held, Lease, Cancel));
        Bed.Clock.Advance(Lease * 0.75);

        Assert.Empty(await Jobs.ExpiredAsync(Bed.Now, Cancel));
        Assert.False(await Bed.InTransactionAsync(tx => Jobs.RescueAsync(tx, held, until, failure: null, Bed.Now, Cancel)));
        Bed.Clock.Advance(Lease);
        Assert.Single(await Jobs.ExpiredAsync(Bed.Now, Cancel));
    }

    [Fact]
    public async Task A_job_that_shutdown_hands_back_has_lost_no_attempt_and_one_put_off_has()
    {
        await EnqueueAsync(NewJob());
        var first = (await Jobs.ClaimAsync("w1", Lease, Bed.Now, Cancel))!;
        Assert.True(await Bed.InTransactionAsync(tx => Jobs.HandBackAsync(tx, HeldBy(first), Cancel)));
        var second = (await Jobs.ClaimAsync("w2", Lease, Bed.Now, Cancel))!;
        Assert.Equal(1, second.Attempt);
        Assert.True(await Bed.InTransactionAsync(tx => Jobs.PutOffAsync(tx, HeldBy(second), Bed.Now.AddSeconds(30), Cancel)));

        Assert.Null(await Jobs.ClaimAsync("w3", Lease, Bed.Now, Cancel));
        Bed.Clock.Advance(TimeSpan.FromSeconds(30));
        var third = (await Jobs.ClaimAsync("w3", Lease, Bed.Now, Cancel))!;
        Assert.Equal(2, third.Attempt);
        Assert.Equal(first.BeginAt, third.BeginAt);
    }

    [Fact]
    public async Task Ended_jobs_are_removed_when_they_are_old()
    {
        await EnqueueAsync(NewJob());
        await EnqueueAsync(NewJob());
        var job = (await Jobs.ClaimAsync("w1", Lease, Bed.Now, Cancel))!;
        await Bed.InTransactionAsync(tx => Jobs.FinishAsync(tx, HeldBy(job), new JobFailure("VolumeBackup.0027", "no"), Cancel));

        Assert.Equal(0, await Jobs.RemoveEndedAsync(Bed.Now, 10, Cancel));
        Assert.Equal(1, await Jobs.RemoveEndedAsync(Bed.Now.AddMilliseconds(1), 10, Cancel));
        Assert.Null(await Jobs.FindAsync(job.Project, job.Id, Cancel));
        Assert.Equal([1L], await Bed.QueryAsync<long>("SELECT count(*) FROM job"));
    }

    /// <summary>Random inserts, claims, crashes, rescues, ends and late writes, against a model that is a dictionary.</summary>
    [Fact]
    public async Task The_queue_does_what_its_model_does()
    {
        var random = new Random(4711);
        var model = new JobQueueModel(maxAttempts: 3);
        var volumes = Enumerable.Range(0, 4).Select(_ => VolumeId.New(Bed.Clock)).ToArray();
        for (var step = 0; step < 160; step++)
        {
            Bed.Clock.Advance(TimeSpan.FromSeconds(random.Next(0, 30)));
            await StepAsync(random, model, volumes, step);
            var states = (await Bed.QueryAsync<string>("SELECT id || ' ' || state || ' ' || attempt FROM job ORDER BY id")).ToList();
            Assert.Equal(model.Dump(), states);
        }
    }

    private static JobLease HeldBy(Job job) => new(job.Id, job.LeaseOwner!, job.Attempt);

    private async Task StepAsync(Random random, JobQueueModel model, VolumeId[] volumes, int step)
    {
        switch (random.Next(6))
        {
            case 0 or 1:
                var job = NewJob() with { Volume = volumes[random.Next(volumes.Length)] };
                await EnqueueAsync(job);
                model.Enqueue(job.Id, job.Volume, Bed.Now);
                break;
            case 2 or 3:
                Assert.Equal(model.Claim($"w{step}", Bed.Now, Lease)?.Job, (await Jobs.ClaimAsync($"w{step}", Lease, Bed.Now, Cancel))?.Id);
                break;
            case 4 when model.AnyLease(random) is { } held: // of which some are long lost
                var ended = random.Next(3) switch
                {
                    0 => (
                        model.End(held, JobState.Succeeded),
                        await Bed.InTransactionAsync(tx => Jobs.FinishAsync(tx, held, failure: null, Cancel))
                    ),
                    1 => (
                        model.End(held, JobState.Failed),
                        await Bed.InTransactionAsync(tx => Jobs.FinishAsync(tx, held, new JobFailure("c", "r"), Cancel))
                    ),
                    _ => (model.HandBack(held, Bed.Now), await Bed.InTransactionAsync(tx => Jobs.HandBackAsync(tx, held, Cancel))),
                };
                Assert.Equal(ended.Item1, ended.Item2);
                break;
            case 5:
                foreach (var expired in await Jobs.ExpiredAsync(Bed.Now, Cancel))
                {
                    var failure = expired.Attempt >= 3 ? new JobFailure("c", "r") : null;
                    var until = expired.LeaseUntil!.Value;
                    Assert.True(
                        await Bed.InTransactionAsync(tx => Jobs.RescueAsync(tx, HeldBy(expired), until, failure, Bed.Now, Cancel))
                    );
                }

                model.Rescue(Bed.Now);
                break;
        }
    }

    private Task EnqueueAsync(NewJob job) => Bed.InTransactionAsync(tx => Jobs.EnqueueAsync(tx, job, Cancel));

    private static NewJob NewJob() =>
        new()
        {
            Id = JobId.New(TimeProvider.System),
            Project = new("p"),
            Kind = JobKind.CreateBackup,
            Volume = VolumeId.New(TimeProvider.System),
        };
}

public sealed class JobStoreOnSqlite(CatalogTemplates templates) : JobStoreSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class JobStoreOnPostgres(CatalogTemplates templates) : JobStoreSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
