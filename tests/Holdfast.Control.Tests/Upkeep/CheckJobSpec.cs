using System.Text.Json;
using Holdfast.Control.Backups;
using Holdfast.Control.Jobs;
using Holdfast.Control.Tests.Backups;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Control.Upkeep;

namespace Holdfast.Control.Tests.Upkeep;

/// <summary>The check that the service does by itself: whose turn it is, and what comes of damage.</summary>
public abstract class CheckJobSpec : FlowSpec
{
    private Job? _last;

    [Fact]
    public async Task Each_run_reads_another_share_and_all_of_them_every_pack_once_whatever_the_clock_says()
    {
        var policy = await AddPolicyAsync();
        for (var i = 0; i < 4; i++)
        {
            Change(VolumeFile, at: i * 70_000);
            await BackUpAsync(policy);
        }

        var packs = Store.Keys.Count(key =>
            key.StartsWith("data/", StringComparison.Ordinal) || key.StartsWith("map/", StringComparison.Ordinal)
        );
        var (turns, read) = (new List<long>(), 0);
        for (var run = 0; run < CheckHandler.Shares; run++)
        {
            // A clock that stands still, and one that goes back.
            Bed.Clock.Advance(run % 3 == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(1));
            var figures = await CheckAsync(JobState.Succeeded);
            Assert.True(figures.GetProperty("sound").GetBoolean());
            turns.Add(figures.GetProperty("turn").GetInt64());
            read += figures.GetProperty("packs_read").GetInt32();
        }

        Assert.Equal(Enumerable.Range(0, CheckHandler.Shares).Select(turn => (long)turn), turns);
        Assert.Equal(packs, read);
    }

    [Fact]
    public async Task Damage_fails_the_job_and_is_told_with_its_backups_and_ranges_and_becomes_their_verdict()
    {
        var policy = await AddPolicyAsync();
        var first = await BackUpAsync(policy);
        var key = Assert.Single(Store.Keys, key => key.StartsWith("data/", StringComparison.Ordinal));
        Change(VolumeFile, at: 0);
        var second = await BackUpAsync(policy);
        Store.Damage(key, 200);

        var figures = await CheckUntilFoundAsync();
        var damage = Assert.Single(figures.GetProperty("damage").EnumerateArray());
        Assert.Equal(key, damage.GetProperty("object").GetString());
        Assert.Contains(first.ToString(), damage.GetProperty("backups").EnumerateArray().Select(one => one.GetString()));
        Assert.NotEmpty(damage.GetProperty("ranges").EnumerateArray());
        var job = _last!;
        Assert.Equal(JobState.Failed, job.State);
        Assert.Contains(key, job.FailReason, StringComparison.Ordinal);
        Assert.Contains($"{first} of volume", job.FailReason, StringComparison.Ordinal);
        var verdict = (await World.Backups.FindAsync(Project, first, Cancel))!.LastVerdict!;
        Assert.Equal((VerdictBy.Check, false), (verdict.By, verdict.IsOk));
        Assert.Contains("bytes 0 to ", verdict.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(key, verdict.Reason, StringComparison.Ordinal);

        // The first chunk is another in the second backup; whether the rest of the damaged frame is its too, the figures say.
        var needed = damage.GetProperty("backups").EnumerateArray().Any(one => one.GetString() == second.ToString());
        Assert.Equal(needed, (await World.Backups.FindAsync(Project, second, Cancel))!.LastVerdict is { IsOk: false });
    }

    /// <summary>Made of the same damaged bytes it would be as damaged, and nobody would know before the next check of that share.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_damage_the_next_backup_is_whole_and_the_one_after_it_is_made_as_usual(bool isDeletedBefore)
    {
        var policy = await AddPolicyAsync();
        var first = await BackUpAsync(policy);
        Store.Damage(Assert.Single(Store.Keys, key => key.StartsWith("data/", StringComparison.Ordinal)), 200);
        await CheckUntilFoundAsync();
        if (isDeletedBefore)
        {
            World.UpkeepOptions.KeepDeletedDays = 30;
            await World.Service.DeleteAsync(Project, first, Cancel);
            await World.RunJobsAsync(Cancel);
        }

        Change(VolumeFile, at: 500_000);
        var second = await BackUpAsync(policy);
        Change(VolumeFile, at: 600_000);
        var third = await BackUpAsync(policy);

        await World.Repository.VerifyAsync(second, progress: null, Cancel);
        await World.Repository.VerifyAsync(third, progress: null, Cancel);
        var parents = await Task.WhenAll(
            World.Backups.FindAsync(Project, second, Cancel),
            World.Backups.FindAsync(Project, third, Cancel)
        );
        Assert.Equal([null, second], parents.Select(backup => backup!.Parent));
    }

    [Fact]
    public async Task A_backup_that_the_catalog_has_and_the_repository_has_not_is_damage()
    {
        var policy = await AddPolicyAsync();
        var first = await BackUpAsync(policy);
        var second = await BackUpAsync(policy);
        Store.Lose($"manifests/{second}");

        var figures = await CheckAsync(JobState.Failed);
        Assert.False(figures.GetProperty("sound").GetBoolean());
        Assert.Equal([second.ToString()], figures.GetProperty("damaged_backups").EnumerateArray().Select(one => one.GetString()));
        var damage = Assert.Single(figures.GetProperty("damage").EnumerateArray());
        Assert.Equal($"manifests/{second}", damage.GetProperty("object").GetString());
        Assert.Contains("The manifests of 1 backups are gone", _last!.FailReason, StringComparison.Ordinal);
        var verdict = (await World.Backups.FindAsync(Project, second, Cancel))!.LastVerdict!;
        Assert.Equal((VerdictBy.Presence, LostBackups.Verdict), (verdict.By, verdict.Reason));
        Assert.False((await World.Backups.FindAsync(Project, first, Cancel))!.LastVerdict is { IsOk: false });
    }

    [Fact]
    public async Task A_check_that_could_not_be_made_is_no_turn()
    {
        await BackUpAsync(await AddPolicyAsync());
        await CheckAsync(JobState.Succeeded);
        var config = Store["config"];
        Store.Lose("config");
        var tried = await OrderAsync();
        await World.UpkeepWorker.RunOnceAsync(Bed.Now, Cancel);
        Assert.NotEqual(JobState.Succeeded, (await World.Jobs.FindUpkeepAsync(tried, Cancel))!.State);
        Assert.Equal(1, await new CheckTurns(Bed.Database).NextAsync(Cancel));
        Assert.NotEmpty(config);
    }

    /// <summary>The share of a damaged pack comes within the thirty; all before it are sound.</summary>
    private async Task<JsonElement> CheckUntilFoundAsync()
    {
        JsonElement figures;
        var runs = 0;
        do
        {
            figures = await CheckAsync(state: null);
        } while (figures.GetProperty("sound").GetBoolean() && ++runs < CheckHandler.Shares);

        Assert.False(figures.GetProperty("sound").GetBoolean());
        Bed.Clock.Advance(TimeSpan.FromSeconds(1));
        return figures;
    }

    private Task<JobId> OrderAsync() => new UpkeepOrders(Bed.Database, World.Jobs).OrderAsync(JobKind.Check, Cancel);

    private async Task<JsonElement> CheckAsync(JobState? state)
    {
        var id = await OrderAsync();
        Assert.True(await World.UpkeepWorker.RunOnceAsync(Bed.Now, Cancel));
        var job = (await World.Jobs.FindUpkeepAsync(id, Cancel))!;
        Assert.True(state is null || job.State == state, job.FailReason);
        _last = job;
        return JsonElement.Parse(job.Figures!);
    }
}

public sealed class CheckJobOnSqlite(CatalogTemplates templates) : CheckJobSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class CheckJobOnPostgres(CatalogTemplates templates) : CheckJobSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
