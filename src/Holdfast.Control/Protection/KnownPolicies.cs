using Holdfast.Control.Policies;

namespace Holdfast.Control.Protection;

/// <summary>The policies that volumes may be in, and what each wants at one moment.</summary>
/// <param name="ById">By their ids as the catalog writes them.</param>
internal sealed record KnownPolicies(IReadOnlyDictionary<string, KnownPolicy> ById, DateTimeOffset Now)
{
    /// <summary>Null also for a policy that went between the two reads: it has no volumes any more.</summary>
    public KnownPolicy? Find(string? id) => id is null ? null : ById.GetValueOrDefault(id);
}

/// <param name="LongestPause">See <see cref="ProtectionRules.LongestPause"/>; null for one that is off.</param>
/// <param name="WantedSince">See <see cref="ProtectionRules.WantedSince"/>; null for one that is off.</param>
internal sealed record KnownPolicy(Policy Policy, TimeSpan? LongestPause, DateTimeOffset? WantedSince)
{
    public static KnownPolicy Of(Policy policy, DateTimeOffset now)
    {
        TimeSpan? pause = policy.Enabled ? ProtectionRules.LongestPause(policy.Schedule, now) : null;
        return new KnownPolicy(policy, pause, pause is { } of ? ProtectionRules.WantedSince(of, now) : null);
    }
}
