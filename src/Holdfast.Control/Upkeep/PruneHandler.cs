using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Control.Tasks;
using Holdfast.Control.Work;
using Holdfast.Engine;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Upkeep.Prune;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Upkeep;

/// <summary>Gives back what nobody needs. Each attempt is a run of its own, which takes up what the one before left. See
/// docs/format/prune.md.</summary>
internal sealed class PruneHandler(
    CatalogDatabase database,
    JobStore jobs,
    PruneRuns runs,
    Repository repository,
    IOptions<JobOptions> jobOptions,
    TimeProvider clock
) : IJobHandler
{
    private readonly TimeSpan _lease = TimeSpan.FromSeconds(jobOptions.Value.LeaseSeconds);

    public JobKind Kind => JobKind.Prune;

    public string FailureCode => TaskCodes.UpkeepFailed;

    public async Task<JobOutcome> RunAsync(Job job, JobLease lease, JobLogWriter lines, CancellationToken cancel)
    {
        if (await repository.FindStoreClassAsync(cancel) is { HasWorsened: true } known)
        {
            return new JobOutcome.Failed(
                new JobFailure(
                    FailureCode,
                    $"The repository's store keeps writers apart less well than it did. It was of class "
                        + $"{known.Best.InWords()}; it is of class {known.Class.InWords()}. "
                        + "Nothing is deleted until it is as it was: was its server exchanged? 'holdfast repo show "
                        + "--ask' asks anew."
                )
            );
        }

        var ledger = new CatalogPruneLedger(database, jobs, lease, _lease);
        try
        {
            await runs.BeginAsync(ledger.Run, jobs, lease, _lease, cancel);
            lines.Info($"Run {ledger.Run:N} of prune begins.", ("run", ledger.Run.ToString("N")));
            var figures = await repository.PruneAsync(ledger, new PruneOptions { Progress = new JobProgress(lines, clock) }, cancel);
            Tell(figures, lines);
            return new JobOutcome.Done((tx, token) => runs.EndAsync(tx, ledger.Run, figures, token), Figures: figures.ToJson());
        }
        catch (JobLeaseLostException)
        {
            return new JobOutcome.LeaseLost();
        }
        catch (HoldfastException e) when (!e.IsTransient)
        {
            // Only admins see this job, and what stands in prune's way has a name.
            return new JobOutcome.Failed(new JobFailure(FailureCode, e.Message));
        }
    }

    private static void Tell(PruneFigures did, JobLogWriter lines)
    {
        lines.Info(
            $"Backups need {InWords.Bytes(did.BytesLive)}; deleted ones that can be brought back keep {InWords.Bytes(did.BytesDeleted)}; "
                + $"{InWords.Bytes(did.BytesUnused)} are needed by nobody.",
            ("bytes_live", did.BytesLive),
            ("bytes_deleted", did.BytesDeleted),
            ("bytes_unused", did.BytesUnused)
        );
        lines.Info(
            $"Freed {InWords.Bytes(did.BytesFreed)}: {did.PacksDeleted} packs deleted, {did.PacksRewritten} rewritten. "
                + $"{InWords.Bytes(did.BytesCondemned)} go in a later run, when nobody can still be reading them.",
            ("bytes_freed", did.BytesFreed),
            ("packs_deleted", did.PacksDeleted),
            ("packs_rewritten", did.PacksRewritten),
            ("bytes_condemned", did.BytesCondemned)
        );
    }

    public Task FailAsync(CatalogTransaction tx, Job job, JobFailure failure, CancellationToken cancel) => Task.CompletedTask;
}
