using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Control.Loops;
using Microsoft.Extensions.Logging;

namespace Holdfast.Control.Exports;

/// <summary>Queues an export when somebody has set something that no export has: policies, volumes, users and the like. What merely happens
/// waits for the daily one, since manifests tell of backups.</summary>
internal sealed class ExportWatch(
    CatalogDatabase database,
    JobStore jobs,
    CatalogExporter exporter,
    TimeProvider clock,
    ILogger<ExportWatch> log
) : LoopService(clock, log)
{
    protected override TimeSpan Interval => TimeSpan.FromMinutes(30);

    public override async Task<bool> RunOnceAsync(DateTimeOffset now, CancellationToken cancel)
    {
        if (!await exporter.IsDueAsync(cancel))
        {
            return false;
        }

        await using var tx = await database.BeginAsync(cancel);
        if (await jobs.QueueUpkeepAsync(tx, JobKind.Export, "{}", cancel) is not null)
        {
            await tx.CommitAsync(cancel);
            jobs.Queued.Wake();
        }

        return false;
    }
}
