namespace Holdfast.Engine.Tests.Upkeep.Prune;

internal static class Histories
{
    /// <summary>Backups of which one is left, that needs a little of most packs, all of some, and nothing of others.</summary>
    /// <returns>What the backup that is left restores to.</returns>
    public static async Task<byte[]> SparseAsync(PruneBed bed)
    {
        var content = TestBytes.Random(5_000_000, seed: 1);
        var first = await bed.BackupAsync(content);
        var next = (byte[])content.Clone();
        TestBytes.Random(700_000, seed: 2).CopyTo(next, 0);
        TestBytes.Random(700_000, seed: 3).CopyTo(next, 1_400_000);
        TestBytes.Random(1_100_000, seed: 4).CopyTo(next, 3_500_000);
        var second = await bed.BackupAsync(next, first.Id);
        var other = await bed.BackupAsync(TestBytes.Random(1_500_000, seed: 5));
        await bed.RemoveAsync(first.Id);
        await bed.RemoveAsync(other.Id);
        Assert.Equal([second.Id], bed.Backups);
        return next;
    }
}
