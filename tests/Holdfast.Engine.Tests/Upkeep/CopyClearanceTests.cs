using Holdfast.Engine.Basics;
using Holdfast.Engine.Manifests;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Restore;
using Holdfast.Engine.Tests.Upkeep.Prune;
using Holdfast.Engine.Upkeep;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Upkeep;

/// <summary>A second copy on a full disk: what nothing there needs goes before what is new is there, and nothing else does.</summary>
public sealed class CopyClearanceTests
{
    private static readonly CopyOptions Plain = new();
    private static readonly CopyOptions Removing = new() { Remove = true };

    private static readonly byte[][] Contents = [.. Enumerable.Range(1, 3).Select(seed => TestBytes.Random(5 << 20, seed))];

    [Fact]
    public async Task What_the_repository_removed_makes_room_for_what_is_new()
    {
        await using var bed = await PruneBed.MakeAsync();
        await using var copy = new MemoryObjectStore("copy");
        var kept = await FillAsync(bed, copy);

        var full = await Assert.ThrowsAsync<HoldfastException>(() => CopyAsync(bed, copy, Plain));
        Assert.Equal(FailureKind.NoSpace, full.Kind);
        Assert.Matches("^No space left for the second copy in 'copy' .* which '--remove' takes away", full.Message);
        Assert.Equal(2, copy.Keys.Count(IsManifest));

        var report = await CopyAsync(bed, copy, Removing);

        Assert.True(report.IsSound);
        Assert.Equal(2, report.Backups);
        Assert.InRange(report.ObjectsRemoved, 5, 20);
        Assert.Equal(bed.Store.Keys, copy.Keys);
        await AssertSoundAsync(bed, copy, kept);
    }

    [Theory]
    [InlineData(FaultMode.BeforeEffect)]
    [InlineData(FaultMode.AfterEffect)]
    public async Task Whatever_the_call_at_which_the_copys_disk_dies_what_it_shows_restores(FaultMode mode)
    {
        await using var bed = await PruneBed.MakeAsync();
        await using var start = new MemoryObjectStore("copy");
        var kept = await FillAsync(bed, start);
        var died = true;
        for (var n = 1; died; n++)
        {
            await using var copy = start.Snapshot();
            copy.Capacity = start.Capacity;
            try
            {
                await CopyAsync(bed, new FaultyObjectStore(copy, n, mode), Removing);
                died = false;
            }
            catch (HoldfastException e) when (e.Kind == FailureKind.Unavailable)
            {
                await AssertSoundAsync(bed, copy, kept);
                await CopyAsync(bed, copy, Removing);
            }

            Assert.Equal(bed.Store.Keys, copy.Keys);
            Assert.True(n < 200, "The copy never ends.");
        }
    }

    [Fact]
    public async Task A_restore_point_that_is_kept_there_keeps_its_packs_whatever_else_may_go()
    {
        await using var bed = await PruneBed.MakeAsync();
        await using var copy = new MemoryObjectStore("copy");
        await FillAsync(bed, copy);
        var before = copy.Keys;
        var options = Removing with
        {
            MayGo = (absent, _) =>
                Task.FromResult<IReadOnlySet<ObjectKey>>(absent.Where(key => !IsManifest(key.Value)).ToHashSet()),
        };

        var full = await Assert.ThrowsAsync<HoldfastException>(() => CopyAsync(bed, copy, options));

        Assert.Contains("none of them may go yet, or what is still there needs them", full.Message, StringComparison.Ordinal);
        Assert.Empty(before.Except(copy.Keys));
    }

    [Fact]
    public async Task While_somebody_else_copies_into_it_nothing_goes()
    {
        await using var bed = await PruneBed.MakeAsync();
        await using var copy = new MemoryObjectStore("copy");
        await FillAsync(bed, copy);
        var before = copy.Keys;
        await using (await copy.LockAsync(exclusive: false, CancellationToken.None))
        {
            var busy = await Assert.ThrowsAsync<HoldfastException>(() => CopyAsync(bed, copy, Removing));
            Assert.Equal(FailureKind.Busy, busy.Kind);
        }

        Assert.Empty(before.Except(copy.Keys));
        await CopyAsync(bed, copy, Removing);
    }

    /// <summary>Volumes whose backups share and lose chunks, prune that rewrites packs, and a copy that is cut short by a disk that is
    /// always nearly full.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Whatever_happened_before_what_a_full_copy_shows_restores(int seed)
    {
        var random = new Random(seed);
        await using var bed = await PruneBed.MakeAsync();
        await using var copy = new MemoryObjectStore("copy");
        var all = new Dictionary<BackupId, (Manifest Manifest, byte[] Content)>();
        var content = TestBytes.Random(3 << 20, seed);
        var copied = 0;
        for (var step = 0; step < 30; step++)
        {
            if (random.Next(3) > 0)
            {
                for (var change = random.Next(40); change > 0; change--)
                {
                    var chunk = random.Next(content.Length / PruneBed.ChunkSize) * PruneBed.ChunkSize;
                    random.NextBytes(content.AsSpan(chunk, PruneBed.ChunkSize));
                }

                var made = await bed.BackupAsync(content);
                all.Add(made.Id, (made, (byte[])content.Clone()));
            }

            if (bed.Backups.Count > 2)
                await bed.RemoveAsync(bed.Backups.ElementAt(random.Next(bed.Backups.Count)));

            if (random.Next(2) == 0)
                await bed.PruneAsync();

            copy.Capacity = step == 0 ? null : Math.Max(copy.TotalBytes, bed.Store.TotalBytes * 16 / 15) + random.Next(2 << 20);
            var due = random.Next(100);
            try
            {
                await CopyAsync(bed, copy, Removing with { MayGo = random.Next(2) == 0 ? null : MayGo(due) });
                copied++;
            }
            catch (HoldfastException e) when (e.Kind == FailureKind.NoSpace)
            {
                // As an operator's disk would be; what the copy shows must restore all the same.
            }

            await AssertSoundAsync(bed, copy, [.. all.Values]);
        }

        // Whether the steps met a copy without room is chance, of the packs too; this one has none for what is new, and nothing may go.
        var last = TestBytes.Random(content.Length, seed + 100);
        var newest = await bed.BackupAsync(last);
        all.Add(newest.Id, (newest, last));
        copy.Capacity = copy.TotalBytes;
        var full = await Assert.ThrowsAsync<HoldfastException>(() => CopyAsync(bed, copy, Removing with { MayGo = MayGo(0) }));
        Assert.Equal(FailureKind.NoSpace, full.Kind);
        await AssertSoundAsync(bed, copy, [.. all.Values]);

        copy.Capacity = null;
        await CopyAsync(bed, copy, Removing);
        Assert.Equal(bed.Store.Keys, copy.Keys);
        Assert.True(copied > 5, $"Of 30 copies {copied} were whole.");

        // Of what is absent, always the same: a restore point is told before its packs, so where some of them may go it may go, too.
        static Func<IReadOnlyCollection<ObjectKey>, CancellationToken, Task<IReadOnlySet<ObjectKey>>> MayGo(int due) =>
            (absent, _) => Task.FromResult<IReadOnlySet<ObjectKey>>(absent.Take(absent.Count * due / 100).ToHashSet());
    }

    /// <summary>A copy with room for a half of what is new: a backup of it was removed, and its packs with it.</summary>
    private static async Task<List<(Manifest Manifest, byte[] Content)>> FillAsync(PruneBed bed, MemoryObjectStore copy)
    {
        var old = await bed.BackupAsync(Contents[0]);
        var made = new List<(Manifest, byte[])> { (old, Contents[0]), (await bed.BackupAsync(Contents[1]), Contents[1]) };
        await CopyAsync(bed, copy, Plain);
        await bed.RemoveAsync(old.Id);
        made.Add((await bed.BackupAsync(Contents[2]), Contents[2]));
        await bed.PruneAsync();

        // A sixteenth of it is kept free from packs.
        copy.Capacity = (copy.TotalBytes + (Contents[2].Length / 2)) * 16 / 15;
        return made;
    }

    private static bool IsManifest(string key) => key.StartsWith("manifests/", StringComparison.Ordinal);

    private static Task<CopyReport> CopyAsync(PruneBed bed, IObjectStore to, CopyOptions options) =>
        bed.Repository.Open.CopyToAsync(to, options, null, CancellationToken.None);

    /// <summary>What the copy shows restores, and nothing that it names is missing.</summary>
    private static async Task AssertSoundAsync(PruneBed bed, MemoryObjectStore copy, IReadOnlyList<(Manifest Manifest, byte[] Content)> all)
    {
        await using var opened = await Repository.OpenAsync(
            copy.Snapshot(),
            bed.Repository.Secret,
            null,
            bed.Repository.Clock,
            CancellationToken.None
        );
        var check = await opened.CheckAsync(new CheckOptions(), null, CancellationToken.None);
        Assert.True(check.IsSound, string.Join(' ', check.Damage.Select(damage => $"{damage.Key}: {damage.What}")));
        foreach (var (manifest, content) in all.Where(one => copy.Keys.Contains($"manifests/{one.Manifest.Id}")))
        {
            var target = new MemoryDevice(content.Length);
            await opened.RestoreAsync(manifest.Id, target, new RestoreOptions(), null, CancellationToken.None);
            Assert.Equal(content, target.ToArray());
        }
    }
}
