namespace Holdfast.Control.Users;

/// <summary>What somebody may do in a project. The numbers are in the catalog and only grow.</summary>
public enum Role
{
    /// <summary>Everything, volumes and restores to devices included.</summary>
    Admin = 1,

    /// <summary>Policies and backups.</summary>
    Member = 2,

    /// <summary>Looks, changes nothing.</summary>
    Reader = 3,
}

/// <param name="Email">Kept for whoever asks; nothing is sent there.</param>
public sealed record Account(AccountId Id, string Name, bool Enabled, string? Email = null, string? Description = null)
{
    /// <summary>The project that a token is for when its request names none. It may be no more.</summary>
    public ProjectId? DefaultProject { get; init; }

    /// <summary>A JSON object of the members that mean nothing here, and of "options".</summary>
    public string Attributes { get; init; } = "{}";
}
