using System.Globalization;
using Holdfast.Control.Backups;
using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Control.Tasks;
using Holdfast.Control.Work;
using Holdfast.Engine;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Upkeep;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Upkeep;

/// <summary>
/// Checks the repository: index, manifests and maps whole, and of the packs the next thirtieth to the last byte; and whether it holds all
/// backups that the catalog has. What is damaged is written down with the backups that need it, and the job fails. See
/// docs/decisions/0030-upkeep-by-the-service.md.
/// </summary>
internal sealed class CheckHandler(
    JobStore jobs,
    BackupStore backups,
    CheckTurns turns,
    LostBackups lostBackups,
    Repository repository,
    IOptions<JobOptions> jobOptions,
    TimeProvider clock
) : IJobHandler
{
    /// <summary>Into how many shares the packs are divided: turns until each was read.</summary>
    internal const int Shares = 30;

    /// <summary>Damaged objects that the figures name.</summary>
    private const int MostDamage = 100;

    /// <summary>Backups that the reason names, and ranges of a verdict.</summary>
    private const int MostNamed = 5;

    private readonly TimeSpan _lease = TimeSpan.FromSeconds(jobOptions.Value.LeaseSeconds);

    public JobKind Kind => JobKind.Check;

    public string FailureCode => TaskCodes.UpkeepFailed;

    public async Task<JobOutcome> RunAsync(Job job, JobLease lease, JobLogWriter lines, CancellationToken cancel)
    {
        var turn = await turns.NextAsync(cancel);
        CheckResult result;
        IReadOnlyList<LostBackup> gone;
        lines.Info(
            $"Index, manifests and maps are checked, and share {turn % Shares + 1} of {Shares} of the packs is read to the last byte."
        );
        try
        {
            result = await repository.CheckAsync(
                new CheckOptions { Read = new CheckShare(1, Shares, turn) },
                new JobProgress(lines, clock),
                cancel
            );
            gone = await lostBackups.FindAsync(result.BackupIds.Concat(result.DamagedBackups).ToHashSet(), cancel);
        }
        catch (HoldfastException e) when (!e.IsTransient)
        {
            // Only admins see this job, and what stands in the way of a check has a name.
            return new JobOutcome.Failed(new JobFailure(FailureCode, e.Message, Damaged: e.Kind == FailureKind.Corrupted));
        }

        result = With(result, gone);
        foreach (var damage in result.Damage.Take(MostDamage))
        {
            lines.Error($"'{damage.Key}' is damaged: {damage.What}");
        }

        return !await WriteAsync(job, lease, result, gone, turn, cancel) ? new JobOutcome.LeaseLost()
            : result.IsSound ? new JobOutcome.Done((_, _) => Task.CompletedTask)
            : new JobOutcome.Failed(new JobFailure(FailureCode, ReasonOf(result, gone.Count), Damaged: true));
    }

    public Task FailAsync(CatalogTransaction tx, Job job, JobFailure failure, CancellationToken cancel) => Task.CompletedTask;

    /// <summary>Verdicts, figures and the turn, before the job's end: that a check found damage is no reason to do its share
    /// again.</summary>
    /// <returns>False when the lease was lost.</returns>
    private Task<bool> WriteAsync(
        Job job,
        JobLease lease,
        CheckResult result,
        IReadOnlyList<LostBackup> gone,
        long turn,
        CancellationToken cancel
    ) =>
        jobs.WriteHeldAsync(
            lease,
            _lease,
            async tx =>
            {
                var absent = gone.Select(lost => lost.Id).ToHashSet();
                foreach (var lost in result.Damage.SelectMany(damage => damage.Backups).GroupBy(lost => lost.Backup))
                {
                    var (by, verdict) = absent.Contains(lost.Key)
                        ? (VerdictBy.Presence, LostBackups.Verdict)
                        : (VerdictBy.Check, VerdictOf(job, [.. lost]));
                    await backups.SetVerdictAsync(tx, lost.Key, by, verdict, cancel);
                }

                var figures = CheckFigures.Of(result, MostDamage) with
                {
                    Share = string.Create(CultureInfo.InvariantCulture, $"1/{Shares}"),
                    Turn = turn,
                };
                await jobs.SetFiguresAsync(tx, lease, figures.ToJson(), cancel);
                await CheckTurns.DoneAsync(tx, turn, cancel);
            },
            cancel
        );

    private static CheckResult With(CheckResult result, IReadOnlyList<LostBackup> gone)
    {
        if (gone.Count == 0)
        {
            return result;
        }

        var damage =
            from lost in gone
            select new CheckDamage(
                $"manifests/{lost.Id}",
                "it is not there, and its backup was not deleted",
                [new DamagedBackup(lost.Id, lost.Volume, 0, [], HasMore: false)]
            );
        var backups = result.DamagedBackups.Concat(gone.Select(lost => lost.Id));
        return result with
        {
            Damage = [.. result.Damage.Concat(damage).OrderBy(one => one.Key, StringComparer.Ordinal)],
            DamagedBackups = [.. backups.OrderBy(backup => backup.ToString(), StringComparer.Ordinal)],
        };
    }

    /// <summary>For whoever may see the backup: names no path of the service's own.</summary>
    private static string VerdictOf(Job job, IReadOnlyList<DamagedBackup> lost)
    {
        var ranges = lost.SelectMany(one => one.Ranges).OrderBy(range => range.Offset).ToList();
        var named = ranges.Take(MostNamed).Select(range => $"{range.Offset} to {range.Offset + range.Length - 1}");
        var more = ranges.Count > MostNamed || lost.Any(one => one.HasMore) ? ", and more" : "";
        var what = ranges.Count == 0 ? "" : $": bytes {string.Join(", ", named)} of the volume{more}";
        return $"A check found that the repository holds damaged data of this backup{what}. Job {job.Id} says more.";
    }

    private static string ReasonOf(CheckResult result, int gone)
    {
        var backups = result
            .DamagedBackups.Take(MostNamed)
            .Select(id =>
            {
                var volume = result.Damage.SelectMany(one => one.Backups).FirstOrDefault(lost => lost.Backup == id)?.Volume;
                return volume is null ? $"{id}" : $"{id} of volume '{volume}'";
            });
        var needed =
            result.DamagedBackups.Count == 0
                ? "No backup needs what they held."
                : $"Backups that cannot be restored whole: {result.DamagedBackups.Count} ({string.Join(", ", backups)}"
                    + $"{(result.DamagedBackups.Count > MostNamed ? ", …" : "")}).";
        var older =
            gone == 0
                ? ""
                : $"The manifests of {gone} backups are gone: files of the repository were lost, or an older copy of it was put back. "
                    + "'holdfast repo repair --from COPY --backup BACKUP' fetches them from another copy. ";
        return $"The repository is damaged: {result.Damage.Count} objects are not as they were written, the first is "
            + $"'{result.Damage[0].Key}': {result.Damage[0].What}. {needed} {older}The job's figures name all; 'holdfast repo repair' "
            + "mends what can be mended.";
    }
}
