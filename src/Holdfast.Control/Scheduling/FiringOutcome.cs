namespace Holdfast.Control.Scheduling;

/// <summary>What "execute now" did.</summary>
public abstract record FiringOutcome
{
    private FiringOutcome() { }

    /// <summary>So many volumes got a task, skipped ones included. 0 for a policy without volumes.</summary>
    public sealed record Fired(int Tasks) : FiringOutcome;

    public sealed record NoSuchPolicy : FiringOutcome
    {
        public static readonly NoSuchPolicy Instance = new();
    }

    /// <summary>A run of this policy has tasks that have not ended.</summary>
    public sealed record AlreadyRunning : FiringOutcome
    {
        public static readonly AlreadyRunning Instance = new();
    }
}
