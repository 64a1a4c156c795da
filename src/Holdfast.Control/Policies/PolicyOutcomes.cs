namespace Holdfast.Control.Policies;

public abstract record CreatePolicyOutcome
{
    private CreatePolicyOutcome() { }

    public sealed record Created(Policy Policy) : CreatePolicyOutcome;

    /// <summary>The project has as many policies as it may.</summary>
    public sealed record TooMany(int Limit) : CreatePolicyOutcome;
}

public enum UpdatePolicyOutcome
{
    Updated = 1,
    NoSuchPolicy = 2,

    /// <summary>The default policy keeps its name.</summary>
    DefaultNameFixed = 3,
}

public enum RemovePolicyOutcome
{
    Removed = 1,
    NoSuchPolicy = 2,

    /// <summary>The default policy is not removed.</summary>
    IsDefault = 3,
}

public enum AssociationResult
{
    Done = 1,
    NoSuchVolume = 2,

    /// <summary>The volume is in a state in which it cannot be protected.</summary>
    WrongState = 3,

    /// <summary>To be disassociated, but not associated with this policy.</summary>
    NotAssociated = 4,
}

/// <summary>What became of one volume of a request, in the request's order. <paramref name="Id"/> is as the request spelled it.</summary>
/// <param name="Zone">Of a volume that is there, where it names one.</param>
public sealed record VolumeAssociation(string Id, AssociationResult Result, string? Zone = null);

public abstract record AssociateOutcome
{
    private AssociateOutcome() { }

    public sealed record Answered(IReadOnlyList<VolumeAssociation> Volumes) : AssociateOutcome;

    public sealed record NoSuchPolicy : AssociateOutcome;

    /// <summary>The policy would have more volumes than it may; nothing was changed.</summary>
    public sealed record TooManyVolumes(int Limit) : AssociateOutcome;
}
