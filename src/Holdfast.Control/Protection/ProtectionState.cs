namespace Holdfast.Control.Protection;

/// <summary>What there is to say of a volume in one word; of several the gravest, the later ones being graver.</summary>
public enum ProtectionState
{
    /// <summary>Its newest good backup is as young as its policy wants.</summary>
    Protected,

    /// <summary>Has no backup yet, and the first is not late.</summary>
    Waiting,

    /// <summary>Has never been, or is no longer, in a policy that is on: nothing backs it up by itself.</summary>
    Unprotected,

    /// <summary>Its newest good backup is older than one and a half times the longest pause of its policy's schedule.</summary>
    Overdue,

    /// <summary>The last order to back it up failed, or a restore into it did, and nothing backs it up as it is.</summary>
    Failed,

    /// <summary>Some of its backups cannot be restored whole.</summary>
    Damaged,
}
