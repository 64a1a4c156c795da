using Holdfast.Control.Tests.Tasks;

namespace Holdfast.Control.Tests.Catalog;

/// <summary>Who may write, and when.</summary>
public sealed class TransactionTests(CatalogTemplates templates)
{
    /// <summary>Only that a fault does not hang the run.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Once_committed_a_transaction_is_in_nobodys_way_though_it_is_not_disposed()
    {
        await using var bed = TestBed.OnSqlite(templates);
        await using var first = await bed.Database.BeginAsync(Cancel);
        await first.ExecuteAsync("INSERT INTO project (id, name, enabled, created_at) VALUES ('p', 'p', 1, 0)", null, Cancel);
        var second = bed.Database.BeginAsync(Cancel);
        Assert.False(second.IsCompleted);

        await first.CommitAsync(Cancel);

        var tx = await second.WaitAsync(Patience, Cancel);
        Assert.Equal(1, await tx.FindAsync<long>("SELECT count(*) FROM project WHERE id = 'p'", null, Cancel));
        await first.DisposeAsync();
        var third = bed.Database.BeginAsync(Cancel);
        Assert.False(third.IsCompleted, "One writer let two others in.");

        await tx.DisposeAsync();
        await (await third.WaitAsync(Patience, Cancel)).DisposeAsync();
    }
}
