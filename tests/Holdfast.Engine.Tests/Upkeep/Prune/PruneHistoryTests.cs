using CsCheck;
using Holdfast.Engine.Basics;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Upkeep.Prune;

/// <summary>Random histories: volumes are written, backed up and their backups removed, prune runs and dies, in any order. After each every
/// backup restores, and in the end nothing is left that nobody needs.</summary>
public sealed class PruneHistoryTests
{
    private enum Step
    {
        Write,
        Copy,
        Backup,
        BrokenBackup,
        Remove,
        Prune,
        BrokenPrune,
        Reopen,
    }

    private static readonly Gen<(Step Step, int At, int Length, int Seed)> StepGen = Gen.Select(
        Gen.Frequency(
            (6, Gen.Const(Step.Write)),
            (2, Gen.Const(Step.Copy)),
            (5, Gen.Const(Step.Backup)),
            (2, Gen.Const(Step.BrokenBackup)),
            (3, Gen.Const(Step.Remove)),
            (2, Gen.Const(Step.Prune)),
            (3, Gen.Const(Step.BrokenPrune)),
            (1, Gen.Const(Step.Reopen))
        ),
        Gen.Int[0, 2_000_000],
        Gen.Int[1, 400_000],
        Gen.Int[0, 1000]
    );

    [Fact]
    public async Task Whatever_happens_every_backup_restores_and_nothing_dead_is_left() =>
        await StepGen.Array[10, 40].SampleAsync(RunAsync, iter: 25, threads: 1);

    private static async Task RunAsync((Step Step, int At, int Length, int Seed)[] steps)
    {
        await using var bed = await PruneBed.MakeAsync();
        byte[][] volumes = [TestBytes.Mixed(2_000_000, seed: 1), TestBytes.Mixed(1_200_000, seed: 2)];
        foreach (var (step, at, length, seed) in steps)
        {
            var content = volumes[seed % 2];
            switch (step)
            {
                case Step.Write:
                    new Random(seed).NextBytes(Range(content, at, length));
                    break;
                case Step.Copy:
                    var from = Range(content, at / 2, length);
                    from.CopyTo(content.AsSpan(content.Length - from.Length));
                    break;
                case Step.Backup:
                    await bed.BackupAsync(content, seed % 3 == 0 ? null : bed.Backups.LastOrDefault(BackupId.New(TimeProvider.System)));
                    break;
                case Step.BrokenBackup:
                    await BreakAsync(bed, seed, () => bed.Repository.BackupAsync(new MemoryDevice(content)));
                    break;
                case Step.Remove when bed.Backups.Count > 0:
                    await bed.RemoveAsync(bed.Backups.ElementAt(seed % bed.Backups.Count));
                    break;
                case Step.Prune:
                    await bed.PruneAsync();
                    await bed.CheckInThisProcessAsync();
                    break;
                case Step.BrokenPrune:
                    await BreakAsync(bed, seed, () => bed.PruneAsync());
                    await bed.CheckInThisProcessAsync();
                    break;
                case Step.Reopen:
                    await bed.Repository.ReopenAsync(loseCache: seed % 2 == 0);
                    break;
                default:
                    break;
            }
        }

        await bed.CheckAsync();
        await bed.CheckNothingDeadIsLeftAsync();
        await bed.CheckAsync();
    }

    /// <summary>Runs something in a process whose store dies, and leaves what it left.</summary>
    private static async Task BreakAsync(PruneBed bed, int seed, Func<Task> run)
    {
        var mode = seed % 2 == 0 ? FaultMode.BeforeEffect : FaultMode.AfterEffect;
        await bed.Repository.ReopenAsync(new FaultyObjectStore(bed.Store, 1 + (seed % 12), mode));
        try
        {
            await run();
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.Unavailable)
        {
            // As it should be.
        }

        await bed.Repository.ReopenAsync(loseCache: seed % 3 == 0);
        await bed.RemoveUntoldAsync();
    }

    private static Span<byte> Range(byte[] content, int at, int length)
    {
        var rest = content.AsSpan(Math.Min(at, content.Length));
        return rest[..Math.Min(length, rest.Length)];
    }
}
