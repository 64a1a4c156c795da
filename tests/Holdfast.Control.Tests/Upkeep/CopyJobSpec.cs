using Holdfast.Control.Backups;
using Holdfast.Control.Jobs;
using Holdfast.Control.Tests.Backups;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Control.Upkeep;
using Holdfast.Engine;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Keys;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Objects.S3;
using Holdfast.Engine.Upkeep;
using Holdfast.Testing;

namespace Holdfast.Control.Tests.Upkeep;

/// <summary>The second copy that the service keeps: brought up to date, and emptied later than the repository.</summary>
public abstract class CopyJobSpec : FlowSpec
{
    private readonly MemoryObjectStore _copy = new("copy");

    [Fact]
    public async Task A_restore_and_a_check_work_from_the_copy_and_the_job_tells_what_it_did()
    {
        Use(keepDays: 30);
        var backup = await BackUpAsync(await AddPolicyAsync());
        var first = await CopyAsync();
        Assert.Equal((JobState.Succeeded, null), (first.State, first.FailReason));
        Assert.Contains("\"backups\":1,", first.Figures, StringComparison.Ordinal);
        Assert.Equal(Store.Keys, _copy.Keys);
        Assert.Contains("\"objects_copied\":0,", (await CopyAsync()).Figures, StringComparison.Ordinal);
        await RestoresAsync(_copy, backup);
    }

    [Fact]
    public async Task What_is_removed_goes_from_the_copy_when_it_was_absent_for_days_by_clock_and_by_count()
    {
        Use(keepDays: 3);
        var (_, old) = await CopyThenDeleteAsync();
        await CopyAsync();
        Assert.Contains($"manifests/{old}", _copy.Keys);

        // A clock that jumps a year ahead is one day, and so is one that comes back.
        Bed.Clock.Advance(TimeSpan.FromDays(365));
        await CopyAsync();
        Assert.Contains($"manifests/{old}", _copy.Keys);
        for (var copy = 0; copy < 5; copy++)
        {
            Bed.Clock.Advance(TimeSpan.FromMinutes(1));
            await CopyAsync();
        }

        Assert.Contains($"manifests/{old}", _copy.Keys);
        for (var day = 0; day < 2; day++)
        {
            Assert.Contains($"manifests/{old}", _copy.Keys);
            Bed.Clock.Advance(TimeSpan.FromDays(1));
            await CopyAsync();
        }

        Assert.DoesNotContain($"manifests/{old}", _copy.Keys);
        await CopyAsync();
        Assert.Empty(await Bed.QueryAsync<string>("SELECT object FROM copy_absence WHERE object LIKE 'manifests/%'"));
    }

    [Fact]
    public async Task Nothing_goes_on_the_word_of_a_repository_that_lost_what_the_catalog_knows()
    {
        Use(keepDays: 0);
        var (kept, old) = await CopyThenDeleteAsync();
        Store.Lose($"manifests/{kept}");
        var job = await CopyAsync();
        Assert.Equal(JobState.Failed, job.State);
        Assert.Contains($"manifests/{kept}", job.FailReason, StringComparison.Ordinal);
        Assert.Contains($"manifests/{kept}", _copy.Keys);
        Assert.Contains($"manifests/{old}", _copy.Keys);
    }

    [Fact]
    public async Task Nothing_goes_when_the_repository_shows_no_restore_point_at_all_and_none_is_known()
    {
        Use(keepDays: 0);
        var (kept, _) = await CopyThenDeleteAsync();
        Assert.IsType<DeleteBackupOutcome.Queued>(await World.Service.DeleteAsync(Project, kept, Cancel));
        await World.RunJobsAsync(Cancel);
        var before = _copy.Keys.ToList();
        Assert.Equal(JobState.Succeeded, (await CopyAsync()).State);
        Assert.Equal(before, _copy.Keys);
    }

    [Fact]
    public async Task A_copy_that_is_gone_is_not_begun_anew_in_an_empty_place()
    {
        Use(keepDays: 0);
        await BackUpAsync(await AddPolicyAsync());
        await CopyAsync();
        await using var empty = new MemoryObjectStore("copy");
        World.SecondCopy = Options(0, _ => new Unowned(empty), "copy");
        var job = await CopyAsync();
        Assert.Equal(JobState.Failed, job.State);
        Assert.Contains("There is no copy", job.FailReason, StringComparison.Ordinal);
        Assert.Empty(empty.Keys);

        // Another address is another copy.
        World.SecondCopy = Options(0, _ => new Unowned(empty), "elsewhere");
        Assert.Equal(JobState.Succeeded, (await CopyAsync()).State);
        Assert.Equal(Store.Keys, empty.Keys);
    }

    [Fact]
    public async Task Damage_is_not_copied_and_fails_the_job()
    {
        Use(keepDays: 0);
        await BackUpAsync(await AddPolicyAsync());
        var key = Assert.Single(Store.Keys, key => key.StartsWith("map/", StringComparison.Ordinal));
        Store.Damage(key, Store[key].Length - 10);
        var job = await CopyAsync();
        Assert.Equal(JobState.Failed, job.State);
        Assert.Contains(key, job.FailReason, StringComparison.Ordinal);
        Assert.Contains("\"sound\":false", job.Figures, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copy_goes_to_a_real_bucket_and_is_restored_from_there_and_its_requests_are_counted()
    {
        var server = S3Servers.Find("moto") ?? S3Servers.Find("ceph");
        Assert.SkipWhen(server is null, $"{S3Servers.Variable} names neither moto nor ceph");
        var address = server.NewAddress();
        try
        {
            World.SecondCopy = Options(0, _ => new S3ObjectStore(address, server.Credentials, TimeProvider.System), address.ToString());
            var backup = await BackUpAsync(await AddPolicyAsync());
            var job = await CopyAsync();
            Assert.True(job.State == JobState.Succeeded, job.FailReason);
            var sent = StoreRequests.FromJson(job.Requests);
            Assert.True(sent.Puts >= Store.Keys.Count, job.Requests);
            Assert.InRange(sent.BytesSent, Store.Keys.Sum(key => Store[key].Length), long.MaxValue);
            await using var there = new S3ObjectStore(address, server.Credentials, TimeProvider.System);
            await RestoresAsync(there, backup);

            // And from there to here.
            await using var from = await OpenAsync(there);
            await using var back = new MemoryObjectStore("back");
            Assert.True((await from.CopyToAsync(back, new CopyOptions(), null, Cancel)).IsSound);
            Assert.Equal(Store.Keys, back.Keys);
        }
        finally
        {
            await server.EmptyAsync(address);
        }
    }

    private static SecondCopyOptions Options(int keepDays, Func<bool, IObjectStore> open, string address) =>
        new() { Place = new SecondCopyPlace(address, open), KeepRemovedDays = keepDays };

    private void Use(int keepDays) => World.SecondCopy = Options(keepDays, _ => new Unowned(_copy), "copy");

    /// <summary>Two backups are copied, and the older is deleted from the repository.</summary>
    private async Task<(BackupId Kept, BackupId Deleted)> CopyThenDeleteAsync()
    {
        var policy = await AddPolicyAsync();
        var old = await BackUpAsync(policy);
        Change(VolumeFile, at: 5000);
        var kept = await BackUpAsync(policy);
        Assert.Equal(JobState.Succeeded, (await CopyAsync()).State);
        Assert.IsType<DeleteBackupOutcome.Queued>(await World.Service.DeleteAsync(Project, old, Cancel));
        await World.RunJobsAsync(Cancel);
        Assert.DoesNotContain($"manifests/{old}", Store.Keys);
        return (kept, old);
    }

    private async Task<Job> CopyAsync()
    {
        var id = await new UpkeepOrders(Bed.Database, World.Jobs).OrderAsync(JobKind.Copy, Cancel);
        Assert.True(await World.UpkeepWorker.RunOnceAsync(Bed.Now, Cancel));
        return (await World.Jobs.FindUpkeepAsync(id, Cancel))!;
    }

    private Task<Repository> OpenAsync(IObjectStore store) =>
        Repository.OpenAsync(
            store,
            new RepositorySecret.KeyFile(Path.Combine(Folder.FullPath, "key")),
            cacheFolder: null,
            TimeProvider.System,
            Cancel
        );

    private async Task RestoresAsync(IObjectStore store, BackupId backup)
    {
        await using var opened = await OpenAsync(store);
        var manifest = (await opened.FindAsync(backup, Cancel))!;
        var figures = await opened.VerifyAsync(backup, null, Cancel);
        Assert.Equal(manifest.Root, figures.Root);
        Assert.True((await opened.CheckAsync(new CheckOptions { Read = CheckShare.Whole }, null, Cancel)).IsSound);
    }

    /// <summary>The test keeps the store that a job would close.</summary>
    private sealed class Unowned(IObjectStore inner) : IObjectStore
    {
        public string Name => inner.Name;

        public ValueTask<bool> PutIfAbsentAsync(
            ObjectKey key,
            System.Buffers.ReadOnlySequence<byte> content,
            CancellationToken cancel
        ) => inner.PutIfAbsentAsync(key, content, cancel);

        public ValueTask ReplaceAsync(ObjectKey key, System.Buffers.ReadOnlySequence<byte> content, CancellationToken cancel) =>
            inner.ReplaceAsync(key, content, cancel);

        public ValueTask ReadAsync(ObjectKey key, long offset, Memory<byte> into, CancellationToken cancel) =>
            inner.ReadAsync(key, offset, into, cancel);

        public ValueTask<long?> FindSizeAsync(ObjectKey key, CancellationToken cancel) => inner.FindSizeAsync(key, cancel);

        public IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancel) => inner.ListAsync(prefix, cancel);

        public ValueTask DeleteAsync(ObjectKey key, CancellationToken cancel) => inner.DeleteAsync(key, cancel);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

public sealed class CopyJobOnSqlite(CatalogTemplates templates) : CopyJobSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class CopyJobOnPostgres(CatalogTemplates templates) : CopyJobSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
