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

    /// <summary>Id of a project; an empty one is taken away.</summary>
    public string? DefaultProject { get; init; }

    /// <summary>A JSON object of free members that are set; of "options" each for itself, and null takes one away.</summary>
    public string? Attributes { get; init; }
}

/// <summary>What is to be changed of a project; null stays as it is.</summary>
public sealed record ProjectChange
{
    public string? Name { get; init; }

    /// <summary>Disabling ends the tokens for the project for good.</summary>
    public bool? Enabled { get; init; }

    public string? Description { get; init; }

    /// <summary>What becomes of the tags that it has, so that two who change different ones do not undo each other. May throw: then nothing
    /// is changed.</summary>
    public Func<IReadOnlyList<string>, IReadOnlyList<string>>? Tags { get; init; }

    /// <summary>As <see cref="UserChange.Attributes"/>.</summary>
    public string? Attributes { get; init; }
}
