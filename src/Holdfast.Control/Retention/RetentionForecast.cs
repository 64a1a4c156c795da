using Holdfast.Control.Backups;
using Holdfast.Control.Policies;
using Holdfast.Control.Quotas;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Retention;

/// <summary>What a policy's retention is going to drop once the backup is made that is about to be: limits count what is there
/// then.</summary>
public sealed class RetentionForecast(PolicyStore policies, PolicyVolumes policyVolumes, BackupStore backups, TimeProvider clock)
{
    private const long Gib = 1L << 30;

    public async Task<QuotaRelief> OfAsync(ProjectId project, PolicyId id, VolumeId volume, CancellationToken cancel)
    {
        if (
            await policies.FindAsync(project, id, cancel) is not { Enabled: true } policy
            || !(await policyVolumes.ListAsync(id, cancel)).Contains(volume)
        )
        {
            return QuotaRelief.None;
        }

        var now = clock.GetUtcNow();
        var made = (await backups.OfPolicyAsync(id, volume, cancel)).ToDictionary(backup => backup.Id);
        var candidates = made.Values.Select(RetentionCandidate.Of);
        var coming = new RetentionCandidate(BackupId.New(clock), long.MaxValue, null, now);
        var dropped = RetentionPlan
            .Make(policy.Retention, policy.Schedule.Offset, candidates.Append(coming), now)
            .Where(decision => !decision.Keep)
            .Select(decision => made[decision.Backup])
            .Where(backup => backup.Status == BackupStatus.Available) // what is being restored stays for now
            .ToList();
        return new QuotaRelief(dropped.Count, dropped.Sum(backup => (backup.VolumeBytes + Gib - 1) / Gib));
    }
}
