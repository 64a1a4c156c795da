namespace Holdfast.Control.Users;

/// <summary>Whoever says what a token is worth: the embedded identity, or a Keystone.</summary>
public interface ITokenSource
{
    /// <summary>The token, or null when it is unknown, expired or revoked.</summary>
    /// <exception cref="Engine.HoldfastException"><see cref="Engine.FailureKind.Unavailable"/> when it cannot be told now.</exception>
    ValueTask<Token?> FindAsync(string secret, CancellationToken cancel);
}
