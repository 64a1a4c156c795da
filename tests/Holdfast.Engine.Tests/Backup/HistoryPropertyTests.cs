using CsCheck;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Manifests;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Backup;

/// <summary>Random histories of a volume: written here and there, grown, shrunk, zeroed; every backup restores what was there.</summary>
public sealed class HistoryPropertyTests
{
    private enum Step
    {
        Write,
        Fill,
        Zero,
        Copy,
        Grow,
        Shrink,
        Backup,
        Reopen,
    }

    private static readonly Gen<Step> KindGen = Gen.Frequency(
        (6, Gen.Const(Step.Write)),
        (2, Gen.Const(Step.Fill)),
        (2, Gen.Const(Step.Zero)),
        (2, Gen.Const(Step.Copy)),
        (1, Gen.Const(Step.Grow)),
        (1, Gen.Const(Step.Shrink)),
        (5, Gen.Const(Step.Backup)),
        (1, Gen.Const(Step.Reopen))
    );

    private static readonly Gen<(Step Step, int At, int Length, int Seed)> StepGen = Gen.Select(
        KindGen,
        Gen.Int[0, 5_000_000],
        Gen.Int[1, 200_000],
        Gen.Int[0, 1000]
    );

    [Theory]
    [InlineData(16 * 1024, 12)]
    [InlineData(128 * 1024, 8)]
    [InlineData(4 * 1024 * 1024, 4)]
    public async Task Every_backup_of_a_random_history_restores_bit_for_bit(int chunkSize, int histories) =>
        await StepGen.Array[10, 40].SampleAsync(steps => RunAsync(steps, chunkSize), iter: histories, threads: 1);

    private static async Task RunAsync((Step Step, int At, int Length, int Seed)[] steps, int chunkSize)
    {
        await using var repository = await TestRepository.MakeAsync(chunkSize);
        var content = new byte[3_000_000];
        var backups = new List<(Manifest Manifest, byte[] Content)>();
        foreach (var (step, at, length, seed) in steps)
        {
            if (step == Step.Backup)
                await BackupAsync(repository, backups, content, seed);
            else if (step == Step.Reopen)
                await repository.ReopenAsync(loseCache: seed % 2 == 0);
            else
                content = Apply(step, content, at, length, seed);
        }

        await BackupAsync(repository, backups, content, seed: 0);
        foreach (var (manifest, expected) in backups)
            Assert.Equal(expected, await repository.RestoreAsync(manifest));
    }

    private static async Task BackupAsync(
        TestRepository repository,
        List<(Manifest Manifest, byte[] Content)> backups,
        byte[] content,
        int seed
    )
    {
        // Mostly the newest as parent, at times an older one or none.
        var parent = backups.Count == 0 || seed % 5 == 4 ? (BackupId?)null : backups[seed % 5 == 3 ? 0 : ^1].Manifest.Id;
        var manifest = await repository.BackupAsync(new MemoryDevice(content), parent);
        backups.Add((manifest, (byte[])content.Clone()));
    }

    private static byte[] Apply(Step step, byte[] content, int at, int length, int seed)
    {
        if (step == Step.Grow)
            return [.. content, .. new byte[Math.Min(length, 6_000_000 - content.Length)]];

        if (step == Step.Shrink)
            return content[..^Math.Min(length, content.Length)];

        var range = content.AsSpan(Math.Min(at, content.Length));
        range = range[..Math.Min(length, range.Length)];
        switch (step)
        {
            case Step.Write:
                new Random(seed).NextBytes(range);
                break;
            case Step.Fill:
                range.Fill((byte)(seed % 256));
                break;
            case Step.Zero:
                range.Clear();
                break;
            default:
                content.AsSpan(0, range.Length).ToArray().CopyTo(range);
                break;
        }

        return content;
    }
}
