using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;

namespace Holdfast.Control.Upkeep;

/// <summary>The service's own upkeep by hand.</summary>
public sealed class UpkeepOrders(CatalogDatabase database, JobStore jobs)
{
    /// <summary>Queues a run; where one of its kind is open, that is the answer. It counts as the day's.</summary>
    public async Task<JobId> OrderAsync(JobKind kind, CancellationToken cancel)
    {
        while (true)
        {
            await using (var tx = await database.BeginAsync(cancel))
            {
                if (await jobs.QueueUpkeepAsync(tx, kind, "{}", cancel) is { } queued)
                {
                    await tx.CommitAsync(cancel);
                    jobs.Queued.Wake();
                    return queued;
                }
            }

            // It may end between the two looks; then another is queued.
            if (await jobs.FindOpenAsync(kind, cancel) is { } open)
            {
                return open.Id;
            }
        }
    }
}
