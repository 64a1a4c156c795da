using Holdfast.Engine.Basics;
namespace Holdfast.Control.Users;

/// <summary>Whoever says what a token is worth: the embedded identity, or a Keystone.</summary>
public interface ITokenSource
{
    /// <summary>The token, or null when it is unknown, expired or revoked.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Unavailable"/> when it cannot be told now.</exception>
    ValueTask<Token?> FindAsync(string secret, CancellationToken cancel);

    /// <summary>The same, without what was remembered of it: for what must not be done with a right that has just ended.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Unavailable"/> when it cannot be told now.</exception>
    ValueTask<Token?> FindFreshAsync(string secret, CancellationToken cancel);
}
