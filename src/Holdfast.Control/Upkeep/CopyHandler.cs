using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Control.Tasks;
using Holdfast.Control.Work;
using Holdfast.Engine;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Objects;
using Holdfast.Engine.Upkeep;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Upkeep;

/// <summary>
/// Brings the second copy up to date. What an attempt that died has copied stays, and the next goes on. What the repository does not have
/// any more goes from the copy days later. See docs/decisions/0030-upkeep-by-the-service.md.
/// </summary>
internal sealed class CopyHandler(
    JobStore jobs,
    SecondCopyStore copies,
    Repository repository,
    IOptions<SecondCopyOptions> second,
    IOptions<JobOptions> jobOptions,
    TimeProvider clock
) : IJobHandler
{
    /// <summary>Damaged objects that the figures name.</summary>
    private const int MostDamage = 100;

    private readonly TimeSpan _lease = TimeSpan.FromSeconds(jobOptions.Value.LeaseSeconds);

    public JobKind Kind => JobKind.Copy;

    public string FailureCode => TaskCodes.UpkeepFailed;

    public async Task<JobOutcome> RunAsync(Job job, JobLease lease, JobLogWriter lines, CancellationToken cancel)
    {
        if (second.Value.Place is not { } place)
        {
            return new JobOutcome.Failed(new JobFailure(FailureCode, "There is no second copy: Repository:Copy:Url is not set."));
        }

        try
        {
            var isMade = await copies.IsMadeAsync(place.Address, cancel);
            await using var to = place.Open(!isMade);
            lines.Info(isMade ? "The second copy is brought up to date." : "The second copy is made for the first time.");
            var options = new CopyOptions
            {
                MustExist = isMade,
                Remove = true,
                MayGo = (absent, token) => SeeAsync(lease, absent, token),
            };
            var report = await repository.CopyToAsync(to, options, new JobProgress(lines, clock), cancel);
            lines.Info(
                $"Copied {report.ObjectsCopied} objects, {InWords.Bytes(report.BytesCopied)}; mended {report.ObjectsMended}, removed "
                    + $"{report.ObjectsRemoved}.",
                ("objects_copied", report.ObjectsCopied),
                ("bytes_copied", report.BytesCopied),
                ("objects_mended", report.ObjectsMended),
                ("objects_removed", report.ObjectsRemoved)
            );
            foreach (var damage in report.Damage.Take(MostDamage))
            {
                lines.Error($"Not copied, because it is damaged: {damage.What}");
            }

            return await WriteAsync(lease, place.Address, report, cancel) ? OutcomeOf(report) : new JobOutcome.LeaseLost();
        }
        catch (JobLeaseLostException)
        {
            return new JobOutcome.LeaseLost();
        }
        catch (HoldfastException e) when (!e.IsTransient)
        {
            // Only admins see this job, and what stands in the way of a copy has a name.
            return new JobOutcome.Failed(new JobFailure(FailureCode, e.Message));
        }
    }

    public Task FailAsync(CatalogTransaction tx, Job job, JobFailure failure, CancellationToken cancel) => Task.CompletedTask;

    private async Task<IReadOnlySet<ObjectKey>> SeeAsync(
        JobLease lease,
        IReadOnlyCollection<ObjectKey> absent,
        CancellationToken cancel
    )
    {
        await using var tx = await jobs.BeginHeldAsync(lease, _lease, cancel) ?? throw new JobLeaseLostException();
        var due = await copies.SeeAsync(tx, absent, second.Value.KeepRemovedDays, cancel);
        await tx.CommitAsync(cancel);
        return due;
    }

    /// <returns>False when the lease was lost.</returns>
    private Task<bool> WriteAsync(JobLease lease, string address, CopyReport report, CancellationToken cancel) =>
        jobs.WriteHeldAsync(
            lease,
            _lease,
            async tx =>
            {
                await copies.MadeAsync(tx, address, cancel);
                await jobs.SetFiguresAsync(tx, lease, CopyFigures.Of(report, MostDamage).ToJson(), cancel);
            },
            cancel
        );

    private JobOutcome OutcomeOf(CopyReport report) =>
        report.IsSound
            ? new JobOutcome.Done((_, _) => Task.CompletedTask)
            : new JobOutcome.Failed(
                new JobFailure(
                    FailureCode,
                    $"The second copy is not whole: {report.Damage.Count} objects of the repository are damaged and were not copied, and "
                        + $"nothing was removed. The first: {report.Damage[0].What}",
                    Damaged: true
                )
            );
}
