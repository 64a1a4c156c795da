using CsCheck;
using Holdfast.Control.Backups;
using Holdfast.Control.Tests.Tasks;
using Holdfast.Engine.Basics;
using Holdfast.Testing;

namespace Holdfast.Control.Tests.Upkeep;

/// <summary>Random histories of a service: backups, deletions that are kept, undone and final, prune that ends or dies, in any order and
/// within each other.</summary>
public sealed class PruneHistoryTests(CatalogTemplates templates) : PruneBase
{
    private enum Step
    {
        Backup,
        BackupWithPruneInside,
        Delete,
        DeleteAndKeep,
        Undelete,
        Prune,
        PruneWithBackupInside,
        PruneThatDies,
    }

    private static readonly Gen<(Step Step, int Seed)> StepGen = Gen.Select(
        Gen.Frequency(
            (4, Gen.Const(Step.Backup)),
            (3, Gen.Const(Step.BackupWithPruneInside)),
            (4, Gen.Const(Step.Delete)),
            (2, Gen.Const(Step.DeleteAndKeep)),
            (2, Gen.Const(Step.Undelete)),
            (2, Gen.Const(Step.Prune)),
            (3, Gen.Const(Step.PruneWithBackupInside)),
            (3, Gen.Const(Step.PruneThatDies))
        ),
        Gen.Int[0, 10_000]
    );

    [Fact]
    public async Task Whatever_happens_every_backup_restores_and_nothing_dead_is_left() =>
        await StepGen.Array[8, 20].SampleAsync(RunAsync, iter: 8, threads: 1);

    protected override ValueTask<TestBed> OpenAsync() => new(TestBed.OnSqlite(templates));

    private async Task RunAsync((Step Step, int Seed)[] steps)
    {
        var kept = new Dictionary<BackupId, byte[]>();
        foreach (var (step, seed) in steps)
        {
            switch (step)
            {
                case Step.Backup:
                    await Flow.BackUpAsync(Content(seed));
                    break;
                case Step.BackupWithPruneInside:
                    var countdown = seed % 4;
                    Through.BeforeMutation = (_, _) =>
                    {
                        // Packs are put side by side, and prune itself changes the store: exactly one of them is the one.
                        if (Interlocked.Decrement(ref countdown) != -1)
                            return;

                        Through.BeforeMutation = null;
                        Flow.PruneToItsEndAsync().GetAwaiter().GetResult();
                    };
                    await Flow.BackUpAsync(Content(seed));
                    Through.BeforeMutation = null;
                    break;
                case Step.Delete or Step.DeleteAndKeep when Flow.Backups.Count > 0:
                    World.UpkeepOptions.KeepDeletedDays = step == Step.Delete ? 0 : 7;
                    var backup = Flow.Backups.ElementAt(seed % Flow.Backups.Count);
                    if (step == Step.DeleteAndKeep)
                        kept[backup] = Flow.ContentOf(backup);

                    await Flow.DeleteAsync(backup);
                    break;
                case Step.Undelete when kept.Count > 0:
                    var (back, content) = kept.ElementAt(seed % kept.Count);
                    kept.Remove(back);
                    Assert.IsType<UndeleteOutcome.BroughtBack>(await World.Removals.UndeleteAsync(Project, back, Cancel));
                    Flow.Expect(back, content);
                    break;
                case Step.Prune:
                    await Flow.PruneToItsEndAsync();
                    break;
                case Step.PruneWithBackupInside:
                    await Flow.PruneAsync(ledger =>
                    {
                        var hooked = new HookedLedger(ledger);
                        hooked.Before[new[] { "read", "condemn", "decide", "register", "forget" }[seed % 5]] = () =>
                            Flow.BackUpAsync(Content(seed));
                        return hooked;
                    });
                    break;
                case Step.PruneThatDies:
                    await DieAsync(seed);
                    break;
                default:
                    break;
            }

            await Flow.CheckAsync();
        }

        await IsCleanAsync();
        await Flow.CheckAsync();
        foreach (var backup in kept.Keys)
            Assert.IsType<UndeleteOutcome.BroughtBack>(await World.Removals.UndeleteAsync(Project, backup, Cancel));

        foreach (var (backup, content) in kept)
            Assert.Equal(content, await PruneFlow.RestoreAsync(World, backup));
    }

    private async Task DieAsync(int seed)
    {
        try
        {
            if (seed % 2 == 0)
            {
                await Flow.PruneAsync(ledger => new HookedLedger(ledger, 1 + (seed / 4 % 4), afterEffect: seed % 4 == 0));
                return;
            }

            var faulty = new FaultyObjectStore(Store, 1 + (seed / 4 % 6), seed % 4 == 1 ? FaultMode.BeforeEffect : FaultMode.AfterEffect);
            await using var dying = await Backups.World.OpenAsync(Bed, faulty, Folder, Cancel);
            await Flow.PruneAsync(ledger => ledger, dying);
        }
        catch (Exception e) when (e is LedgerDeathException or HoldfastException { Kind: FailureKind.Unavailable })
        {
            await Flow.RescueAsync();
        }
    }

    /// <summary>Of three pieces that come again and again, so that much is dead, alive and shared.</summary>
    private static byte[] Content(int seed) =>
        [.. Piece(seed % 5), .. Piece(5 + (seed / 5 % 5)), .. Piece(10 + (seed / 25 % 5)), .. Piece(seed)[..70_000]];

    private static byte[] Piece(int seed) => Bytes(seed)[..330_000];
}
