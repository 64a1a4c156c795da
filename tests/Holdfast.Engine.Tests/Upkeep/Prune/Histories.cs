namespace Holdfast.Engine.Tests.Upkeep.Prune;

internal static class Histories
{
    /// <summary>Backups of which one is left, that needs about a third of most packs, and nothing of others. Which chunks come to lie in
    /// one pack is chance, so which of them are needed follows no pattern that packs may follow, too. Of a frame that is needed by half all
    /// is copied, which is not worth it.</summary>
    /// <returns>What the backup that is left restores to.</returns>
    public static async Task<byte[]> SparseAsync(PruneBed bed)
    {
        var content = TestBytes.Random(5_000_000, seed: 1);
        var first = await bed.BackupAsync(content);
        var next = (byte[])content.Clone();
        var coins = TestBytes.Random((content.Length / PruneBed.ChunkSize) + 1, seed: 2);
        for (var chunk = 0; chunk < coins.Length; chunk++)
        {
            var start = chunk * PruneBed.ChunkSize;

            // Two of three.
            if (coins[chunk] < 256 * 2 / 3)
                TestBytes.Random(Math.Min(PruneBed.ChunkSize, next.Length - start), seed: chunk + 10).CopyTo(next, start);
        }

        var second = await bed.BackupAsync(next, first.Id);
        var other = await bed.BackupAsync(TestBytes.Random(1_500_000, seed: 5));
        await bed.RemoveAsync(first.Id);
        await bed.RemoveAsync(other.Id);
        Assert.Equal([second.Id], bed.Backups);
        return next;
    }
}
