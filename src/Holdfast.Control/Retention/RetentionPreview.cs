using Holdfast.Control.Backups;
using Holdfast.Control.Policies;

namespace Holdfast.Control.Retention;

/// <summary>What retention would decide: of one volume, or by a rule that is not saved yet. Changes nothing.</summary>
public sealed class RetentionPreview(PolicyVolumes policyVolumes, BackupStore backups, TimeProvider clock)
{
    /// <summary>What the policy as it is says of its backups of a volume; nothing where it is off, or does not have the volume any
    /// more.</summary>
    public async Task<IReadOnlyList<RetentionDecision>> OfVolumeAsync(Policy policy, VolumeId volume, CancellationToken cancel) =>
        policy.Enabled && (await policyVolumes.ListAsync(policy.Id, cancel)).Contains(volume)
            ? Decide(policy.Retention, policy.Schedule.Offset, await backups.OfPolicyAsync(policy.Id, volume, cancel))
            : [];

    /// <summary>What a rule would say of the policy's backups, volume by volume.</summary>
    /// <param name="most">Volumes that are looked at, at most.</param>
    /// <returns>And how many volumes the policy has in all.</returns>
    public async Task<(IReadOnlyList<VolumeRetention> Volumes, int Total)> OfRuleAsync(
        Policy policy,
        RetentionRule rule,
        TimeSpan offset,
        int most,
        CancellationToken cancel
    )
    {
        var volumes = await policyVolumes.ListAsync(policy.Id, cancel);
        var preview = new List<VolumeRetention>();
        foreach (var volume in volumes.Take(most))
        {
            preview.Add(new VolumeRetention(volume, Decide(rule, offset, await backups.OfPolicyAsync(policy.Id, volume, cancel))));
        }

        return (preview, volumes.Count);
    }

    private IReadOnlyList<RetentionDecision> Decide(RetentionRule rule, TimeSpan offset, IReadOnlyList<Backup> made) =>
        RetentionPlan.Make(
            rule,
            offset,
            made.Select(backup => new RetentionCandidate(backup.Id, backup.Number, backup.Name, backup.CreatedAt)),
            clock.GetUtcNow()
        );
}
