namespace Holdfast.Control.Protection;

/// <summary>A volume's protection in short: what is counted, filtered and ordered by. The rest is in
/// <see cref="VolumeProtection"/>.</summary>
/// <param name="NewestAt">When the newest good backup was begun; null for none.</param>
/// <param name="IsDatedAhead">See <see cref="VolumeProtection.IsDatedAhead"/>.</param>
public sealed record VolumeSight(VolumeId Volume, string Name, ProtectionState State, DateTimeOffset? NewestAt, bool IsDatedAhead);

/// <summary>The volumes of a project in short.</summary>
public sealed class ProjectSights
{
    internal ProjectSights(IReadOnlyList<VolumeSight> all, ProjectId project, KnownPolicies policies) =>
        (All, Project, Policies) = (all, project, policies);

    /// <summary>By name.</summary>
    public IReadOnlyList<VolumeSight> All { get; }

    internal ProjectId Project { get; }

    /// <summary>What they were judged by, for those that are looked at whole.</summary>
    internal KnownPolicies Policies { get; }
}
