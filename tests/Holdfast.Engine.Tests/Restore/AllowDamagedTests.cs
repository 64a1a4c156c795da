using Holdfast.Engine.Basics;
using Holdfast.Engine.Chunks;
using Holdfast.Engine.Manifests;
using Holdfast.Engine.Restore;
using Holdfast.Engine.Tests.Upkeep;
using Holdfast.Engine.Upkeep;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Restore;

/// <summary>Of a damaged backup all is restored that is left, and what is missing is told to the byte.</summary>
public sealed class AllowDamagedTests
{
    private const long FrameBytes = 4 * 1024 * 1024;
    private static readonly RestoreOptions Allowed = new() { AllowDamaged = true };

    [Theory]
    [InlineData("data/")]
    [InlineData("map/")]
    [InlineData("index/")]
    public async Task What_is_missing_is_what_a_check_says_and_all_else_is_right(string kind)
    {
        foreach (var how in new[] { "delete", "cut", "flip" })
        {
            await using var small = await SmallRepository.MakeAsync();
            var key = (await small.Repository.KeysAsync(kind))[0];
            if (how == "delete")
                small.Store.Lose(key.Value);
            else if (how == "cut")
                await Damage.CutAsync(small.Store, key, 50);
            else
                await Damage.FlipAsync(small.Store, key, Math.Min(5000, small.Store[key.Value].Length / 2));

            var check = await small.CheckAsync(new CheckOptions { Read = CheckShare.Whole });
            await small.Repository.ReopenAsync(loseCache: true);
            foreach (var (manifest, content) in small.Backups)
            {
                var (restored, missing) = await RestoreAsync(small.Repository.Open, manifest);

                var lost = check.Damage.SelectMany(damage => damage.Backups).Where(one => one.Backup == manifest.Id);
                Assert.Equal(kind == "index/" ? [] : lost.SelectMany(one => one.Ranges), missing);
                foreach (var range in missing)
                    content.AsSpan((int)range.Offset, (int)range.Length).Clear();

                Assert.Equal(content, restored);
            }
        }
    }

    [Fact]
    public async Task A_lost_part_of_a_large_map_is_one_range()
    {
        await using var repository = await TestRepository.MakeAsync(16 * 1024, packSize: 1024 * 1024);
        var content = new byte[(1025 * 16 * 1024) + 7];
        TestBytes.Random(20_000, seed: 5).CopyTo(content, 16 * 1024);
        TestBytes.Random(20_000, seed: 6).CopyTo(content, content.Length - 20_000);
        var manifest = await repository.BackupAsync(new MemoryDevice(content));
        repository.Store.Lose(Assert.Single(await repository.KeysAsync("map/")).Value);

        var (restored, missing) = await RestoreAsync(repository.Open, manifest);

        Assert.Equal([new VolumeRange(0, content.Length)], missing);
        Assert.Equal(-1, restored.AsSpan().IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public async Task A_bad_sector_costs_its_own_frame()
    {
        await using var repository = await TestRepository.MakeAsync(16 * 1024, packSize: 16 * 1024 * 1024);
        var content = TestBytes.Random(9_000_000, seed: 7);
        var manifest = await repository.BackupAsync(new MemoryDevice(content));
        var store = new HookedStore(repository.Store)
        {
            BeforeRead = (key, offset, length) =>
            {
                if (key.Value.StartsWith("data/", StringComparison.Ordinal) && offset <= 5_000 && offset + length > 5_000)
                    throw new HoldfastException(FailureKind.Unavailable, "Input/output error");
            },
        };
        await repository.ReopenAsync(store);

        var (restored, missing) = await RestoreAsync(repository.Open, manifest);

        Assert.InRange(missing.Sum(range => range.Length), 1, FrameBytes);
        foreach (var range in missing)
            content.AsSpan((int)range.Offset, (int)range.Length).Clear();

        Assert.Equal(content, restored);
    }

    [Fact]
    public async Task A_sound_backup_is_restored_whole_and_nothing_is_missing()
    {
        await using var small = await SmallRepository.MakeAsync();

        var (restored, missing) = await RestoreAsync(small.Repository.Open, small.Backups[1].Manifest);

        Assert.Equal(small.Backups[1].Content, restored);
        Assert.Empty(missing);
    }

    private static async Task<(byte[] Restored, IReadOnlyList<VolumeRange> Missing)> RestoreAsync(Repository repository, Manifest manifest)
    {
        var dirt = new byte[manifest.VolumeSize];
        Array.Fill(dirt, (byte)0xd7);
        var target = new MemoryDevice(dirt);
        var figures = await repository.RestoreAsync(manifest.Id, target, Allowed, null, CancellationToken.None);
        return (target.ToArray(), figures.Missing);
    }
}
