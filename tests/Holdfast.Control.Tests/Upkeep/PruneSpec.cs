using Holdfast.Control.Backups;
using Holdfast.Control.Jobs;
using Holdfast.Control.Tests.Backups;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Upkeep.Prune;
using Holdfast.Testing;

namespace Holdfast.Control.Tests.Upkeep;

/// <summary>Prune over a catalog, beside backups by real jobs: what may come between what.</summary>
public abstract class PruneSpec : PruneBase
{
    [Fact]
    public async Task Space_of_a_deleted_backup_comes_back_and_that_is_written_down()
    {
        var first = await Flow.BackUpAsync(Bytes(1));
        await Flow.BackUpAsync(Bytes(2));
        await Flow.DeleteAsync(first);
        var before = Store.TotalBytes;

        var job = await Flow.PruneAsync();

        Assert.True(job.State == JobState.Succeeded, job.FailReason);
        var figures = PruneFigures.FromJson(job.Figures!)!;
        Assert.InRange(figures.BytesFreed, Size, Size * 1.1);
        Assert.InRange(before - Store.TotalBytes, Size, Size * 1.1);
        Assert.Equal((2, 0, 0), (figures.PacksDeleted, figures.ObjectsCondemned, figures.ObjectsDeleting));
        Assert.Equal(figures.BytesFreed, (await World.PruneRuns!.FindLastAsync(Cancel))?.Figures.BytesFreed);
        Assert.Empty(await Bed.QueryAsync<string>("SELECT object FROM fate"));
        Assert.Empty(await Bed.QueryAsync<string>("SELECT job_id FROM session"));
        Assert.DoesNotContain(Store.Keys, key => key.StartsWith("prune/", StringComparison.Ordinal));
        await Flow.CheckAsync();
    }

    [Fact]
    public async Task A_deleted_backup_that_can_be_brought_back_keeps_its_bytes()
    {
        World.UpkeepOptions.KeepDeletedDays = 7;
        var deleted = await Flow.BackUpAsync(Bytes(1));
        await Flow.BackUpAsync(Bytes(2));
        await Flow.DeleteAsync(deleted);

        var figures = await Flow.PruneToItsEndAsync();

        Assert.Equal(0, figures.BytesFreed);
        Assert.InRange(figures.BytesDeleted, Size, Size * 1.1);
        Assert.IsType<UndeleteOutcome.BroughtBack>(await World.Removals.UndeleteAsync(Project, deleted, Cancel));
        Flow.Expect(deleted, Bytes(1));
        await Flow.CheckAsync();
    }

    [Fact]
    public async Task A_root_that_only_the_manifest_knows_is_read_there_and_kept()
    {
        var old = await Flow.BackUpAsync(Bytes(1));
        var root = Assert.Single(await Bed.QueryAsync<string>("SELECT root FROM backup"));
        await Bed.ExecuteAsync("UPDATE backup SET root = NULL, levels = NULL");

        await Flow.PruneToItsEndAsync();

        Assert.Equal(root, Assert.Single(await Bed.QueryAsync<string>("SELECT root FROM backup")));
        await Flow.CheckAsync();
        await Bed.ExecuteAsync("UPDATE backup SET root = NULL, levels = NULL");
        Store.Damage($"manifests/{old}", 100);
        var job = await Flow.PruneAsync();
        Assert.Equal(JobState.Failed, job.State);
        Assert.Contains(old.ToString(), job.FailReason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("manifest")]
    [InlineData("mark")]
    [InlineData("index")]
    [InlineData("era")]
    public async Task What_does_not_fit_the_catalog_stops_prune_and_is_named(string what)
    {
        var deleted = await Flow.BackUpAsync(Bytes(1));
        var stays = await Flow.BackUpAsync(Bytes(2));
        await Flow.DeleteAsync(deleted);
        var named = what switch
        {
            "manifest" => $"manifests/{stays}",
            "mark" => "prune/",
            "index" => Store.Keys.First(key => key.StartsWith("index/", StringComparison.Ordinal)),
            _ => "era",
        };
        switch (what)
        {
            case "manifest":
                await Bed.ExecuteAsync("DELETE FROM backup WHERE id = @id", new { id = stays.ToString() });
                break;
            case "mark":
                // A run whose store dies when its mark is put; the catalog is then an older copy.
                Through.BeforeMutation = (verb, key) =>
                {
                    if (verb == "delete")
                        throw new HoldfastException(FailureKind.WriteFailed, "as the test wants");
                };
                await Assert.ThrowsAsync<HoldfastException>(() => Flow.PruneAsync(ledger => ledger));
                Through.BeforeMutation = null;
                await Flow.RescueAsync();
                await Bed.ExecuteAsync("DELETE FROM prune_run");
                break;
            case "index":
                Store.Lose(named);
                break;
            default:
                await Bed.ExecuteAsync("UPDATE repository SET era = 7");
                break;
        }

        var before = Store.Keys;
        var job = await Flow.PruneAsync();

        Assert.Equal(JobState.Failed, job.State);
        Assert.Contains(named, job.FailReason, StringComparison.Ordinal);
        Assert.Equal(before, Store.Keys);
    }

    [Fact]
    public async Task What_an_older_backup_may_count_on_is_waited_for_and_taken_back()
    {
        var deleted = await Flow.BackUpAsync(Bytes(1));
        await Flow.DeleteAsync(deleted);
        PruneFigures? beside = null;
        OnceAt("put", "data/", async () => beside = await Flow.PruneToItsEndAsync());

        // Half of it is the deleted backup's: its pack is counted on when prune comes.
        await Flow.BackUpAsync([.. Bytes(1)[..(Size / 2)], .. Bytes(3)[..(Size / 2)]]);

        Assert.NotNull(beside);
        Assert.Equal(0, beside.PacksDeleted);
        Assert.True(beside.ObjectsCondemned > 0);
        var waiting = Assert.Single(beside.WaitingFor);
        Assert.Equal(Assert.Single(await Bed.QueryAsync<string>("SELECT DISTINCT volume_id FROM backup")), waiting.Volume);
        var after = await Flow.PruneToItsEndAsync();
        Assert.Empty(await Bed.QueryAsync<string>("SELECT object FROM fate"));
        Assert.Empty(after.WaitingFor);
        await Flow.CheckAsync();
    }

    [Fact]
    public async Task Before_each_step_of_prune_a_backup_may_be_made_of_what_is_dead()
    {
        for (var (n, reached) = (0, true); reached; n++)
        {
            reached = false;
            var content = Bytes(100 + n);
            var deleted = await Flow.BackUpAsync(content);
            await Flow.BackUpAsync(Bytes(200 + n));
            await Flow.DeleteAsync(deleted);
            var steps = 0;
            Through.BeforeMutation = (_, _) => Step().GetAwaiter().GetResult();
            await Flow.PruneAsync(ledger => new HookedLedger(ledger) { BeforeEach = (_, _) => Step() });
            Through.BeforeMutation = null;

            await Flow.CheckAsync();
            await Flow.PruneToItsEndAsync();
            await Flow.CheckAsync();
            Assert.True(n < 60, "The run never ends.");

            async Task Step()
            {
                if (Interlocked.Increment(ref steps) != n + 1)
                    return;

                reached = true;
                Through.BeforeMutation = null;
                await Flow.BackUpAsync([.. content, .. Bytes(300 + n)[..100_000]]);
            }
        }

        await IsCleanAsync();
    }

    [Fact]
    public async Task Before_each_step_of_a_backup_prune_may_run_from_its_beginning_to_its_end_twice()
    {
        for (var (n, reached) = (0, true); reached; n++)
        {
            reached = false;
            var content = Bytes(100 + n);
            var deleted = await Flow.BackUpAsync(content);
            await Flow.DeleteAsync(deleted);
            var steps = 0;
            Through.BeforeMutation = (_, _) =>
            {
                if (Interlocked.Increment(ref steps) != n + 1)
                    return;

                reached = true;
                Through.BeforeMutation = null;
                Flow.PruneToItsEndAsync().GetAwaiter().GetResult();
                Flow.PruneToItsEndAsync().GetAwaiter().GetResult();
            };
            await Flow.BackUpAsync([.. content, .. Bytes(300 + n)[..100_000]]);
            Through.BeforeMutation = null;

            await Flow.CheckAsync();
            await Flow.PruneToItsEndAsync();
            await Flow.CheckAsync();
            Assert.True(n < 30, "The backup never ends.");
        }

        await IsCleanAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Killed_at_any_change_of_the_catalog_the_next_run_goes_on(bool afterEffect)
    {
        for (var (n, died) = (1, true); died; n++)
        {
            var deleted = await Flow.BackUpAsync(Bytes(100 + n));
            await Flow.BackUpAsync(Bytes(200 + n));
            await Flow.DeleteAsync(deleted);
            HookedLedger? hooked = null;
            try
            {
                await Flow.PruneAsync(ledger => hooked = new HookedLedger(ledger, n, afterEffect));
            }
            catch (LedgerDeathException)
            {
                await Flow.RescueAsync();
            }

            died = hooked!.IsDead;
            await Flow.CheckAsync();
            await Flow.PruneToItsEndAsync();
            await Flow.CheckAsync();
            await IsCleanAsync();
            Assert.True(n < 30, "The run never ends.");
        }
    }

    [Theory]
    [InlineData(FaultMode.BeforeEffect)]
    [InlineData(FaultMode.AfterEffect)]
    public async Task Killed_at_any_change_of_the_store_the_next_run_goes_on(FaultMode mode)
    {
        for (var (n, died) = (1, true); died; n++)
        {
            var deleted = await Flow.BackUpAsync(Bytes(100 + n));
            await Flow.BackUpAsync(Bytes(200 + n));
            await Flow.DeleteAsync(deleted);
            var faulty = new FaultyObjectStore(Store, n, mode);
            await using (var dying = await World.OpenAsync(Bed, faulty, Folder, Cancel))
            {
                try
                {
                    await Flow.PruneAsync(ledger => ledger, dying);
                }
                catch (HoldfastException e) when (e.Kind == FailureKind.Unavailable)
                {
                    await Flow.RescueAsync();
                }
            }

            died = faulty.IsDead;
            await Flow.CheckAsync();
            await Flow.PruneToItsEndAsync();
            await Flow.CheckAsync();
            await IsCleanAsync();
            Assert.True(n < 30, "The run never ends.");
        }
    }

    [Fact]
    public async Task Whoever_lost_the_job_decides_nothing()
    {
        var deleted = await Flow.BackUpAsync(Bytes(1));
        await Flow.DeleteAsync(deleted);
        var before = Store.Keys;

        await Assert.ThrowsAsync<Control.Jobs.JobLeaseLostException>(() =>
            Flow.PruneAsync(ledger =>
            {
                var hooked = new HookedLedger(ledger);
                hooked.Before["condemn"] = Flow.RescueAsync;
                return hooked;
            })
        );

        Assert.Equal(before, Store.Keys);
        Assert.Empty(await Bed.QueryAsync<string>("SELECT object FROM fate"));
    }
}

public sealed class PruneOnSqlite(CatalogTemplates templates) : PruneSpec
{
    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));
}

public sealed class PruneOnPostgres(CatalogTemplates templates) : PruneSpec
{
    protected override async ValueTask<TestBed> OpenAsync() => await TestBed.OnPostgresAsync(templates);
}
