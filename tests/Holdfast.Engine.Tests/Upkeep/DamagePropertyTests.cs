using CsCheck;
using Holdfast.Engine.Manifests;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Upkeep;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Upkeep;

/// <summary>Random histories with random damage: the check and the restores agree on what is lost, a repair loses nothing more, and what
/// can be fetched from another copy is.</summary>
public sealed class DamagePropertyTests
{
    private static readonly Gen<(int What, int At, int Length)> StepGen = Gen.Select(
        Gen.Int[0, 9],
        Gen.Int[0, 3_000_000],
        Gen.Int[1, 150_000]
    );

    private static readonly Gen<(int Kind, int Object, int How, int At)> HurtGen = Gen.Select(
        Gen.Int[0, 2],
        Gen.Int[0, 1000],
        Gen.Int[0, 2],
        Gen.Int[0, 1_000_000]
    );

    [Fact]
    public async Task A_check_tells_what_is_lost_and_a_repair_mends_the_rest() =>
        await Gen
            .Select(StepGen.Array[4, 12], HurtGen.Array[1, 4])
            .SampleAsync(run => RunAsync(run.Item1, run.Item2), iter: 12, threads: 1);

    private static async Task RunAsync((int What, int At, int Length)[] steps, (int Kind, int Object, int How, int At)[] hurts)
    {
        await using var repository = await TestRepository.MakeAsync(16 * 1024);
        var history = await MakeAsync(repository, steps);
        var whole = repository.Store.Snapshot();
        foreach (var hurt in hurts)
            await HurtAsync(repository.Store, hurt);

        await repository.ReopenAsync(loseCache: true);
        var read = new CheckOptions { Read = CheckShare.Whole };
        var found = await repository.Open.CheckAsync(read, null, CancellationToken.None);

        var repaired = await repository.Open.RepairAsync(new RepairOptions(), null, CancellationToken.None);
        Assert.Subset(found.DamagedBackups.ToHashSet(), repaired.DamagedBackups.ToHashSet());
        foreach (var (manifest, content) in history.Where(backup => !repaired.DamagedBackups.Contains(backup.Manifest.Id)))
            Assert.Equal(content, await repository.RestoreAsync(manifest));

        foreach (var (manifest, _) in history.Where(backup => repaired.DamagedBackups.Contains(backup.Manifest.Id)))
            await Assert.ThrowsAsync<Basics.HoldfastException>(() => repository.RestoreAsync(manifest));

        await repository.ReopenAsync(loseCache: true);
        var (last, newest) = history[^1];
        var next = await repository.BackupAsync(new MemoryDevice(newest), last.Id);
        Assert.Equal(newest, await repository.RestoreAsync(next));
        Assert.Equal(newest, await repository.RestoreAsync(last));

        var fetched = await repository.Open.RepairAsync(new RepairOptions { From = whole }, null, CancellationToken.None);
        Assert.Empty(fetched.Lost);
        Assert.Empty((await repository.Open.CheckAsync(read, null, CancellationToken.None)).Damage);
        foreach (var (manifest, content) in history)
            Assert.Equal(content, await repository.RestoreAsync(manifest));
    }

    private static async Task<List<(Manifest Manifest, byte[] Content)>> MakeAsync(
        TestRepository repository,
        (int What, int At, int Length)[] steps
    )
    {
        var content = TestBytes.Mixed(1_500_000, seed: 3);
        var history = new List<(Manifest Manifest, byte[] Content)>();
        foreach (var (what, at, length) in steps.Append((9, 0, 1)))
        {
            if (what > 5)
            {
                var parent = history.Count == 0 ? (Basics.BackupId?)null : history[^1].Manifest.Id;
                history.Add((await repository.BackupAsync(new MemoryDevice(content), parent), [.. content]));
            }
            else
            {
                var from = at % content.Length;
                TestBytes.Random(Math.Min(length, content.Length - from), seed: at).CopyTo(content, from);
            }
        }

        return history;
    }

    private static async Task HurtAsync(MemoryObjectStore store, (int Kind, int Object, int How, int At) hurt)
    {
        var kind = new[] { "data/", "map/", "index/" }[hurt.Kind];
        var keys = store.Keys.Where(key => key.StartsWith(kind, StringComparison.Ordinal)).ToList();
        if (keys.Count == 0)
            return;

        var key = new ObjectKey(keys[hurt.Object % keys.Count]);
        var length = store[key.Value].Length;
        if (hurt.How == 0)
            store.Lose(key.Value);
        else if (hurt.How == 1)
            await Damage.CutAsync(store, key, hurt.At % Math.Max(1, length));
        else if (length > 0)
            await Damage.FlipAsync(store, key, hurt.At % length);
    }
}
