using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Engine;
using Holdfast.Engine.Upkeep.Prune;

namespace Holdfast.Control.Upkeep;

/// <summary>Prune by hand: ordered, and looked at.</summary>
public sealed class PruneOrders(CatalogDatabase database, JobStore jobs, Repository repository)
{
    /// <summary>Queues a run; where one is open, that is the answer.</summary>
    public async Task<JobId> OrderAsync(CancellationToken cancel)
    {
        while (true)
        {
            await using (var tx = await database.BeginAsync(cancel))
            {
                if (await jobs.QueueUpkeepAsync(tx, JobKind.Prune, "{}", cancel) is { } queued)
                {
                    await tx.CommitAsync(cancel);
                    jobs.Queued.Wake();
                    return queued;
                }
            }

            // It may end between the two looks; then another is queued.
            if (await jobs.FindOpenAsync(JobKind.Prune, cancel) is { } open)
            {
                return open.Id;
            }
        }
    }

    /// <summary>What a run would find and do now. Changes nothing.</summary>
    /// <exception cref="Engine.Basics.HoldfastException">What a run would be stopped by.</exception>
    public Task<PruneFigures> LookAsync(CancellationToken cancel) =>
        repository.LookAtPruneAsync(new CatalogPruneLedger(database, jobs, held: null, TimeSpan.Zero), new PruneOptions(), cancel);
}
