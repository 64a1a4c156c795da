namespace Holdfast.Control.Users;

/// <summary>What is to be changed of a user; null stays as it is, an empty email or description is taken away.</summary>
public sealed record UserChange
{
    public string? Name { get; init; }

    /// <summary>Disabling ends the user's tokens for good.</summary>
    public bool? Enabled { get; init; }

    /// <summary>A new one ends the user's tokens.</summary>
    public string? Password { get; init; }

    /// <summary>Changes nothing when the password is no longer the one that was checked.</summary>
    public VerifiedPassword? OnlyIf { get; init; }

    public string? Email { get; init; }

    public string? Description { get; init; }
}

/// <summary>What is to be changed of a project; null stays as it is.</summary>
public sealed record ProjectChange
{
    public string? Name { get; init; }

    /// <summary>Disabling ends the tokens for the project for good.</summary>
    public bool? Enabled { get; init; }

    public string? Description { get; init; }
}
