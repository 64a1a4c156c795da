namespace Holdfast.Control.Users;

/// <summary>An account whose password was shown, and the hash that it was checked against: the right to a token, as long as that is still
/// its hash.</summary>
public sealed record VerifiedPassword(Account Account, string Hash);

/// <summary>What a token is made upon. It is read again in the transaction that makes the token: it may have ended since it was
/// checked.</summary>
public abstract record TokenGround
{
    private TokenGround() { }

    public sealed record Password(VerifiedPassword Verified) : TokenGround;

    /// <summary>Another token; the new one ends no later.</summary>
    public sealed record Parent(string Secret) : TokenGround;
}

/// <summary>What a token is to be good for.</summary>
public abstract record TokenScope
{
    private TokenScope() { }

    public sealed record None : TokenScope;

    /// <summary>The account's default project where it has one and a role in it, else nothing.</summary>
    public sealed record OwnDefault : TokenScope;

    /// <summary>All the roles that the account has in any project, for the identity service only.</summary>
    public sealed record Domain : TokenScope;

    /// <summary>Either the id or the name is there.</summary>
    public sealed record Project(ProjectId? Id, string? Name) : TokenScope;
}
