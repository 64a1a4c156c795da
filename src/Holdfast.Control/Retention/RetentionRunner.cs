using Holdfast.Control.Audit;
using Holdfast.Control.Backups;
using Holdfast.Control.Catalog;
using Holdfast.Control.Jobs;
using Holdfast.Control.Loops;
using Holdfast.Control.Policies;
using Holdfast.Engine;
using Holdfast.Engine.Basics;
using Microsoft.Extensions.Logging;

namespace Holdfast.Control.Retention;

/// <summary>
/// Applies the retention of policies: after each backup, and hourly. Only of enabled policies and of volumes that they protect, and only to
/// backups that the policy made and that are available; the others are neither counted nor touched.
/// </summary>
public sealed class RetentionRunner(
    CatalogDatabase database,
    PolicyStore policies,
    PolicyVolumes policyVolumes,
    BackupStore backups,
    BackupService service,
    Repository repository,
    BackupsMade told,
    JobStore jobs,
    JobLogStore logs,
    TimeProvider clock,
    ILogger<RetentionRunner> log
) : LoopService(clock, log)
{
    private static readonly TimeSpan BetweenAll = TimeSpan.FromHours(1);

    private readonly TimeProvider _clock = clock;
    private long? _allAt;

    protected override TimeSpan Interval =>
        _allAt is { } at && BetweenAll - _clock.GetElapsedTime(at) is var left && left > TimeSpan.FromSeconds(1) && left < BetweenAll
            ? left
            : BetweenAll;

    protected override WakeSignal? Signal => told.Signal;

    /// <summary>Evaluates what backups were made of; every enabled policy at the first pass and then each hour. One that fails does not
    /// keep
    /// the others from their turn.</summary>
    public override async Task<bool> RunOnceAsync(DateTimeOffset now, CancellationToken cancel)
    {
        await RunToldAsync(cancel);
        if (_allAt is null || _clock.GetElapsedTime(_allAt.Value) >= BetweenAll - TimeSpan.FromSeconds(1))
        {
            _allAt = _clock.GetTimestamp();
            await RunAllAsync(cancel);
        }

        return false;
    }

    /// <summary>Evaluates the volumes of which backups were made since it was last called.</summary>
    internal async Task RunToldAsync(CancellationToken cancel)
    {
        while (told.TryTake(out var made))
        {
            try
            {
                await RunAsync(made.Policy, made.Volume, made.By, cancel);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                UpkeepLog.RetentionFailed(log, e, made.Policy); // its hour comes
            }
        }
    }

    /// <summary>Evaluates every enabled policy, and orders removals again that failed: the repository may be back.</summary>
    internal async Task RunAllAsync(CancellationToken cancel)
    {
        await repository.ThrowIfGoneAsync(cancel);
        foreach (var backup in await backups.NotRemovedAsync(cancel))
        {
            await RemoveAgainAsync(backup, cancel);
        }

        foreach (var policy in await policies.EnabledAsync(cancel))
        {
            try
            {
                foreach (var volume in await policyVolumes.ListAsync(policy, cancel))
                {
                    await RunAsync(policy, volume, cancel);
                }
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                UpkeepLog.RetentionFailed(log, e, policy);
            }
        }
    }

    /// <summary>Evaluates one volume and does what comes out, in one transaction: dropped backups are marked and their removal
    /// queued.</summary>
    /// <returns>How many were dropped.</returns>
    /// <exception cref="Engine.Basics.HoldfastException">The repository is away: nothing is marked then.</exception>
    public Task<int> RunAsync(PolicyId id, VolumeId volume, CancellationToken cancel) => RunAsync(id, volume, after: null, cancel);

    /// <param name="after">What made the backup that this follows; null where it follows none.</param>
    private async Task<int> RunAsync(PolicyId id, VolumeId volume, MadeBy? after, CancellationToken cancel)
    {
        await repository.ThrowIfGoneAsync(cancel);
        await using var tx = await database.BeginAsync(cancel);
        if (
            await PolicyStore.LockAsync(tx, id, cancel) is not { Enabled: true } policy
            || !(await PolicyVolumes.ListAsync(tx, id, cancel)).Contains(volume)
        )
        {
            return 0;
        }

        var made = (await BackupStore.OfPolicyAsync(tx, id, volume, cancel)).ToDictionary(backup => backup.Id);
        var decisions = RetentionPlan.Make(
            policy.Retention,
            policy.Schedule.Offset,
            made.Values.Select(RetentionCandidate.Of),
            _clock.GetUtcNow()
        );
        var dropped = new List<RetentionDecision>();
        foreach (var decision in decisions.Where(decision => !decision.Keep))
        {
            // One that is being restored stays for now; it is looked at again within the hour.
            if (await service.DeleteAsync(tx, made[decision.Backup], cancel) is { } job)
            {
                dropped.Add(decision);
                await logs.TryAppendAsync(tx, job, [logs.LineOf(JobLogLevel.Info, 0, OrderOf(policy, decision))], cancel);
            }
        }

        if (after is { } by)
        {
            var lines = Told(policy, decisions, dropped).Select(text => logs.LineOf(JobLogLevel.Info, by.Attempt, text));
            await logs.TryAppendAsync(tx, by.Job, [.. lines], cancel);
        }

        foreach (var decision in dropped)
        {
            var told = AuditEvent.OfService(
                "retention.delete-backup",
                policy.Project.Value,
                $"backup={decision.Backup}",
                OrderOf(policy, decision)
            );
            await AuditStore.AddAsync(tx, told, _clock.GetUtcNow(), cancel);
        }

        await tx.CommitAsync(cancel);
        Report(id, volume, dropped);
        return dropped.Count;
    }

    private async Task RemoveAgainAsync(BackupId id, CancellationToken cancel)
    {
        await using var tx = await database.BeginAsync(cancel);
        if (
            await BackupStore.FindAsync(tx, id, cancel) is { Status: BackupStatus.ErrorDeleting } backup
            && await service.DeleteAsync(tx, backup, cancel) is not null
        )
        {
            await tx.CommitAsync(cancel);
            jobs.Queued.Wake();
        }
    }

    private static string OrderOf(Policy policy, RetentionDecision decision) =>
        $"Ordered by the retention of policy '{policy.Name}': backup '{decision.Name}' of {decision.CreatedAt:u}: {decision.Reason}";

    /// <summary>For the log of the job whose backup this followed.</summary>
    private static IEnumerable<string> Told(
        Policy policy,
        IReadOnlyList<RetentionDecision> decisions,
        List<RetentionDecision> dropped
    ) =>
        dropped
            .Select(drop =>
                $"Retention of policy '{policy.Name}' drops backup '{drop.Name}' ({drop.Backup}) of {drop.CreatedAt:u}: {drop.Reason}"
            )
            .Append($"Retention of policy '{policy.Name}': of {decisions.Count} backups of the volume {dropped.Count} go.");

    private void Report(PolicyId policy, VolumeId volume, List<RetentionDecision> dropped)
    {
        foreach (var decision in dropped)
        {
            BackupLog.Dropped(log, policy, decision.Backup, volume, decision.Reason);
        }

        if (dropped.Count > 0)
        {
            jobs.Queued.Wake();
        }
    }
}
