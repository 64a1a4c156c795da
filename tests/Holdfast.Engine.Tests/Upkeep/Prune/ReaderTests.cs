using Holdfast.Engine.Basics;
using Holdfast.Engine.Restore;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Upkeep.Prune;

/// <summary>Readers take no lock and hold nothing up: what prune moves meanwhile is looked for anew.</summary>
public sealed class ReaderTests
{
    [Fact]
    public async Task A_restore_goes_on_while_prune_moves_what_it_reads()
    {
        for (var n = 0; n < 6; n++)
        {
            await using var bed = await PruneBed.MakeAsync();
            var content = await Histories.SparseAsync(bed);
            var manifest = await bed.Repository.Open.FindAsync(bed.Backups.Single(), CancellationToken.None);
            var target = new MemoryDevice(new byte[content.Length]);
            var (writes, isPruned) = (0, false);
            var once = new Lock();
            target.BeforeWrite = (_, _) =>
            {
                lock (once)
                {
                    if (writes++ != n)
                        return;

                    isPruned = true;
                    Assert.True(bed.PruneAsync().GetAwaiter().GetResult().PacksRewritten > 0);
                }
            };

            await bed.Repository.Open.RestoreAsync(manifest!.Id, target, new RestoreOptions(), null, CancellationToken.None);

            Assert.True(isPruned);
            Assert.Equal(content, target.ToArray());
        }
    }

    [Fact]
    public async Task An_index_object_that_goes_while_the_index_is_read_is_looked_for_anew()
    {
        await using var bed = await PruneBed.MakeAsync();
        var content = await Histories.SparseAsync(bed);
        var manifest = await bed.Repository.Open.FindAsync(bed.Backups.Single(), CancellationToken.None);
        var vanishing = new VanishingStore(bed.Store) { BeforeIndexRead = async () => await bed.PruneAsync() };
        await using var reader = await Repository.OpenAsync(
            vanishing,
            bed.Repository.Secret,
            cacheFolder: null,
            bed.Repository.Clock,
            CancellationToken.None
        );
        var target = new MemoryDevice(new byte[content.Length]);

        await reader.RestoreAsync(manifest!.Id, target, new RestoreOptions(), null, CancellationToken.None);

        Assert.Null(vanishing.BeforeIndexRead);
        Assert.Equal(content, target.ToArray());
    }

    [Fact]
    public async Task What_is_missing_is_still_told_as_damage()
    {
        await using var bed = await PruneBed.MakeAsync();
        var manifest = await bed.BackupAsync(TestBytes.Random(1_000_000, seed: 1));
        bed.Store.Lose((await bed.Repository.KeysAsync("data/"))[0].Value);

        var damage = await Assert.ThrowsAsync<HoldfastException>(() => bed.Repository.RestoreAsync(manifest));

        Assert.Equal(FailureKind.Corrupted, damage.Kind);
        Assert.Contains("data/", damage.Message, StringComparison.Ordinal);
    }
}
