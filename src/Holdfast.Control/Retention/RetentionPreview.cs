using Holdfast.Control.Backups;
using Holdfast.Control.Policies;

namespace Holdfast.Control.Retention;

/// <summary>What retention says of one volume's backups.</summary>
public sealed record VolumeRetention(VolumeId Volume, IReadOnlyList<RetentionDecision> Backups);

/// <summary>What retention would decide now: of a policy, of one volume, or by a rule that is not saved yet. Changes nothing.</summary>
public sealed class RetentionPreview(PolicyStore policies, PolicyVolumes policyVolumes, BackupStore backups, TimeProvider clock)
{
    /// <summary>What <see cref="RetentionRunner"/> would decide now, for each volume of the policy; also of a disabled one. Null when there
    /// is no such policy.</summary>
    public async Task<IReadOnlyList<VolumeRetention>?> OfPolicyAsync(ProjectId project, PolicyId id, CancellationToken cancel) =>
        await policies.FindAsync(project, id, cancel) is { } policy
            ? (await OfRuleAsync(policy, policy.Retention, policy.Schedule.Offset, int.MaxValue, cancel)).Volumes
            : null;

    /// <summary>What the policy as it is says of its backups of a volume; nothing where it is off, or does not have the volume any
    /// more.</summary>
    public async Task<IReadOnlyList<RetentionDecision>> OfVolumeAsync(Policy policy, VolumeId volume, CancellationToken cancel) =>
        policy.Enabled && (await policyVolumes.ListAsync(policy.Id, cancel)).Contains(volume)
            ? await DecideAsync(policy, policy.Retention, policy.Schedule.Offset, volume, cancel)
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
            preview.Add(new VolumeRetention(volume, await DecideAsync(policy, rule, offset, volume, cancel)));
        }

        return (preview, volumes.Count);
    }

    private async Task<IReadOnlyList<RetentionDecision>> DecideAsync(
        Policy policy,
        RetentionRule rule,
        TimeSpan offset,
        VolumeId volume,
        CancellationToken cancel
    ) =>
        RetentionPlan.Make(
            rule,
            offset,
            (await backups.OfPolicyAsync(policy.Id, volume, cancel)).Select(RetentionCandidate.Of),
            clock.GetUtcNow()
        );
}
