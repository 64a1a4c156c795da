using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Engine;
using Holdfast.Engine.Upkeep.Prune;

namespace Holdfast.Control.Upkeep;

/// <summary>A look at what prune would do.</summary>
public sealed class PruneLook(CatalogDatabase database, JobStore jobs, Repository repository)
{
    /// <summary>What a run would find and do now. Changes nothing.</summary>
    /// <exception cref="Engine.Basics.HoldfastException">What a run would be stopped by.</exception>
    public Task<PruneFigures> LookAsync(CancellationToken cancel) =>
        repository.LookAtPruneAsync(new CatalogPruneLedger(database, jobs, held: null, TimeSpan.Zero), new PruneOptions(), cancel);
}
