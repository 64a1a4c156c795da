using Holdfast.Control.Backups;
using Holdfast.Control.Jobs;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Control.Tests.Work;
using Holdfast.Engine.Upkeep.Prune;
using Holdfast.Testing;

namespace Holdfast.Control.Tests.Upkeep;

/// <summary>
/// Faults that are planted into prune, each where the protocol says what keeps it out. The same history without the fault ends well, so it
/// is the step that holds, and these histories would notice if it went.
/// </summary>
public sealed class PlantedFaultTests(CatalogTemplates templates) : PruneBase
{
    /// <summary>What the number of a backup is raised by that a fault is to overlook.</summary>
    private const long Marked = 1_000_000;

    private static readonly Dictionary<string, (Func<HookedLedger, HookedLedger> Plant, string History)> Faults = new()
    {
        ["sessions are not waited for"] = (ledger => Lying(ledger, view => view with { Writers = [] }), nameof(DuringBackupAsync)),
        ["condemning raises no epoch"] = (
            ledger => Lying(ledger, view => view with { Fates = [.. view.Fates.Select(fate => fate with { Epoch = 0 })] }),
            nameof(DuringBackupAsync)
        ),
        ["maps that sessions hold are not marked"] = (
            ledger => Lying(ledger, view => view with { Roots = [.. view.Roots.Where(root => root.Turn != PruneTurn.Held)] }),
            nameof(ChainAsync)
        ),
        ["nothing is taken back"] = (
            ledger =>
            {
                ledger.TakesNothingBack = true;
                return ledger;
            },
            nameof(DuringBackupAsync)
        ),
        ["there is no second look"] = (LooksOnce, nameof(BeforeCondemningAsync)),
        ["new index objects are not registered"] = (
            ledger =>
            {
                ledger.Dropped.Add("register");
                return ledger;
            },
            nameof(SharedPackAsync)
        ),
        ["deleted backups that are kept are not marked"] = (
            ledger => Lying(ledger, view => view with { Roots = [.. view.Roots.Where(root => root.Turn != PruneTurn.Kept)] }),
            nameof(KeptAsync)
        ),
        ["roots that only manifests know are not marked"] = (
            ledger => Lying(ledger, view => view with { Unrooted = new Dictionary<Engine.Basics.BackupId, bool>() }),
            nameof(OldRowAsync)
        ),
        ["what is committed and not available is not marked"] = (
            ledger => Lying(ledger, view => view with { Roots = [.. view.Roots.Where(root => root.Number < Marked)] }),
            nameof(CommittedAsync)
        ),
        ["fates go before the packs"] = (
            ledger =>
            {
                ledger.ForgetsAtOnce = true;
                return ledger;
            },
            nameof(BeforeRegisteringAsync)
        ),
        ["manifests that the catalog does not know are passed over"] = (
            ledger => Lying(ledger, view => view with { Backups = null }),
            nameof(UnknownManifestAsync)
        ),
        ["an available backup is overlooked"] = (
            ledger => Lying(ledger, view => view with { Roots = [.. view.Roots.OrderBy(root => root.Number).SkipLast(1)] }),
            nameof(QuietAsync)
        ),
    };

    public static TheoryData<string> Names => [.. Faults.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Each_fault_loses_a_backup_that_is_there_without_it(string name)
    {
        var (plant, history) = Faults[name];

        await RunAsync(history, seed: 1000, ledger => ledger);
        await Flow.CheckAsync();
        await RunAsync(history, seed: 2000, plant);

        var lost = await Record.ExceptionAsync(Flow.CheckAsync);
        Assert.NotNull(lost);
    }

    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));

    private Task RunAsync(string history, int seed, Func<HookedLedger, HookedLedger> plant) =>
        history switch
        {
            nameof(DuringBackupAsync) => DuringBackupAsync(seed, plant),
            nameof(ChainAsync) => ChainAsync(seed, plant),
            nameof(BeforeCondemningAsync) => BeforeCondemningAsync(seed, plant),
            nameof(SharedPackAsync) => SharedPackAsync(seed, plant),
            nameof(KeptAsync) => KeptAsync(seed, plant),
            nameof(OldRowAsync) => OldRowAsync(seed, plant),
            nameof(CommittedAsync) => CommittedAsync(seed, plant),
            nameof(BeforeRegisteringAsync) => BeforeRegisteringAsync(seed, plant),
            nameof(UnknownManifestAsync) => UnknownManifestAsync(seed, plant),
            _ => QuietAsync(seed, plant),
        };

    private static HookedLedger Lying(HookedLedger ledger, Func<PruneView, PruneView> lie)
    {
        ledger.Lie = lie;
        return ledger;
    }

    /// <summary>What the second look finds is what the first one found, but for the fates.</summary>
    private static HookedLedger LooksOnce(HookedLedger ledger)
    {
        PruneView? first = null;
        return Lying(ledger, view => first is null ? first = view : first with { Fates = view.Fates });
    }

    private async Task PruneAsync(Func<HookedLedger, HookedLedger> plant)
    {
        try
        {
            await Flow.PruneAsync(ledger => plant(new HookedLedger(ledger)));
        }
        catch (Engine.Basics.HoldfastException)
        {
            // It may notice that something is missing by then, or refuse, as it should.
            await Flow.RescueAsync();
        }
    }

    /// <summary>A backup of dead chunks and new ones, with prune in its middle, and once more at its end.</summary>
    private async Task DuringBackupAsync(int seed, Func<HookedLedger, HookedLedger> plant)
    {
        var dead = Bytes(seed);
        await Flow.DeleteAsync(await Flow.BackUpAsync(dead));
        OnceAt("put", "data/", () => PruneAsync(plant));
        await Flow.BackUpAsync([.. dead, .. Bytes(seed + 1)[..100_000]]);
        await PruneAsync(plant);
        await PruneAsync(plant);
    }

    /// <summary>A backup that began early is made of condemned chunks; a later one goes on from it and holds its map, while it is
    /// deleted.</summary>
    private async Task ChainAsync(int seed, Func<HookedLedger, HookedLedger> plant)
    {
        var dead = Bytes(seed);
        await Flow.DeleteAsync(await Flow.BackUpAsync(dead));
        OnceAt("put", "data/", () => PruneAsync(plant));
        byte[] content = [.. dead, .. Bytes(seed + 1)[..100_000]];
        var parent = await Flow.BackUpAsync(content);
        OnceAt(
            "put",
            "data/",
            async () =>
            {
                await DeleteBesideAsync(parent);
                await PruneAsync(plant);
            }
        );
        await Flow.BackUpAsync([.. content[..^50_000], .. Bytes(seed + 2)[..100_000]]);
    }

    /// <summary>A backup begins and ends between the marking and the condemning.</summary>
    private async Task BeforeCondemningAsync(int seed, Func<HookedLedger, HookedLedger> plant)
    {
        var dead = Bytes(seed);
        await Flow.DeleteAsync(await Flow.BackUpAsync(dead));
        await PruneAsync(ledger =>
        {
            ledger.Before["condemn"] = () => Flow.BackUpAsync([.. dead, .. Bytes(seed + 1)[..100_000]]);
            return plant(ledger);
        });
    }

    /// <summary>One index object names a pack that goes and one that stays.</summary>
    private async Task SharedPackAsync(int seed, Func<HookedLedger, HookedLedger> plant)
    {
        var half = Bytes(seed)[..(Size / 2)];
        await Flow.BackUpAsync(half);
        var dead = await Flow.BackUpAsync(Bytes(seed + 1));
        for (var i = 0; i < 8; i++)
            await Flow.BackUpAsync(Bytes(seed + 10 + i)[..70_000]);

        await Flow.DeleteAsync(dead);
        await PruneAsync(plant);
    }

    private async Task KeptAsync(int seed, Func<HookedLedger, HookedLedger> plant)
    {
        World.UpkeepOptions.KeepDeletedDays = 7;
        var kept = await Flow.BackUpAsync(Bytes(seed));
        await Flow.DeleteAsync(kept);
        await PruneAsync(plant);
        Assert.IsType<UndeleteOutcome.BroughtBack>(await World.Removals.UndeleteAsync(Project, kept, Cancel));
        Flow.Expect(kept, Bytes(seed));
    }

    private async Task OldRowAsync(int seed, Func<HookedLedger, HookedLedger> plant)
    {
        var old = await Flow.BackUpAsync(Bytes(seed));
        await Bed.ExecuteAsync("UPDATE backup SET root = NULL, levels = NULL WHERE id = @id", new { id = old.ToString() });
        await PruneAsync(plant);
    }

    /// <summary>A worker stops between the commit and the manifest, loses its job, and wakes up when prune is over.</summary>
    private async Task CommittedAsync(int seed, Func<HookedLedger, HookedLedger> plant)
    {
        OnceAt(
            "put",
            "manifests/",
            async () =>
            {
                await Bed.ExecuteAsync("UPDATE backup SET number = number + @Marked WHERE status = 1", new { Marked });
                await HandBackAsync();

                // Else what an unfinished job has stored would be left alone, whatever its backup needs.
                await Bed.ExecuteAsync("UPDATE index_object SET job_id = NULL");
                await PruneAsync(plant);
                await PruneAsync(plant);
            }
        );
        await Flow.BackUpAsync(Bytes(seed));
        await Bed.ExecuteAsync("UPDATE backup SET number = number - @Marked WHERE number > @Marked", new { Marked });
    }

    /// <summary>A backup begins and ends when prune has decided and index objects still name what goes.</summary>
    private async Task BeforeRegisteringAsync(int seed, Func<HookedLedger, HookedLedger> plant)
    {
        var dead = Bytes(seed);
        await Flow.DeleteAsync(await Flow.BackUpAsync(dead));
        await PruneAsync(ledger =>
        {
            ledger.Before["register"] = () => Flow.BackUpAsync([.. dead, .. Bytes(seed + 1)[..100_000]]);
            return plant(ledger);
        });
    }

    /// <summary>The catalog is put back to before a backup was made.</summary>
    private async Task UnknownManifestAsync(int seed, Func<HookedLedger, HookedLedger> plant)
    {
        var unknown = await Flow.BackUpAsync(Bytes(seed));
        await Bed.ExecuteAsync("DELETE FROM backup WHERE id = @id", new { id = unknown.ToString() });
        await PruneAsync(plant);
    }

    private async Task QuietAsync(int seed, Func<HookedLedger, HookedLedger> plant)
    {
        await Flow.BackUpAsync(Bytes(seed));
        await PruneAsync(plant);
    }

    /// <summary>Deletes a backup for good while the only worker is busy.</summary>
    private async Task DeleteBesideAsync(Engine.Basics.BackupId backup)
    {
        await World.Repository.RemoveAsync(backup, Cancel);
        await Bed.ExecuteAsync("DELETE FROM backup WHERE id = @id", new { id = backup.ToString() });
        Flow.Forget(backup);
    }

    /// <summary>What the rescuer does with the job of a backup whose worker gives no sign of life.</summary>
    private async Task HandBackAsync()
    {
        var running = Assert.Single(await Bed.QueryAsync<string>("SELECT id FROM job WHERE state = 2 AND kind = 1"));
        var job = (await World.Jobs.FindAsync(Project, new JobId(running), Cancel))!;
        Assert.True(await World.Ends.HandBackAsync(job, new JobLease(job.Id, job.LeaseOwner!, job.Attempt), Cancel));
    }
}
