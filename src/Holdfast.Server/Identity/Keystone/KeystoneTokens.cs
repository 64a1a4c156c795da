using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Holdfast.Control.Projects;
using Holdfast.Control.Users;

namespace Holdfast.Server.Identity.Keystone;

/// <summary>
/// Tokens of an external Keystone. Its answers are believed for a bounded time, and never longer than the token lives; many who ask for one token at once make
/// one question. While Keystone is away, what is believed goes on to be.
/// </summary>
internal sealed class KeystoneTokens(KeystoneSettings settings, KeystoneClient client, ForeignProjects projects, TimeProvider clock) : ITokenSource
{
    private const int MostRemembered = 10_000;

    /// <summary>A token that is unknown may be asked for again so soon: it may be a second old, on another server of theirs.</summary>
    private static readonly TimeSpan UnknownFor = TimeSpan.FromSeconds(5);

    private readonly TimeSpan _believed = TimeSpan.FromSeconds(settings.CacheSeconds);
    private readonly ConcurrentDictionary<string, (Token? Token, DateTimeOffset Until)> _answers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Lazy<Task<Token?>>> _asking = new(StringComparer.Ordinal);

    public async ValueTask<Token?> FindAsync(string secret, CancellationToken cancel)
    {
        // The token itself is kept nowhere.
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
        if (_answers.TryGetValue(digest, out var known) && known.Until > clock.GetUtcNow())
        {
            return known.Token;
        }

        return await AskOnceAsync(digest, secret, cancel);
    }

    /// <summary>Asks anew. While Keystone is away this cannot be told.</summary>
    public async ValueTask<Token?> FindFreshAsync(string secret, CancellationToken cancel) =>
        await AskOnceAsync(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret))), secret, cancel);

    private async Task<Token?> AskOnceAsync(string digest, string secret, CancellationToken cancel)
    {
        // Not the caller's token: whoever else waits for the answer must not lose it when this one goes.
        var asking = _asking.GetOrAdd(digest, key => new Lazy<Task<Token?>>(() => AskAsync(key, secret)));
        return await asking.Value.WaitAsync(cancel);
    }

    private async Task<Token?> AskAsync(string digest, string secret)
    {
        try
        {
            // A header cannot hold other characters, and Keystone's tokens have none of them.
            var token = secret.All(c => c is > ' ' and < '\u007f') ? await client.ValidateAsync(secret, CancellationToken.None) : null;
            var now = clock.GetUtcNow();
            if (token is not null && token.ExpiresAt <= now)
            {
                token = null;
            }

            if (token?.Project is { } project)
            {
                await projects.EnsureAsync(project.Id, project.Name, CancellationToken.None);
            }

            if (_answers.Count >= MostRemembered)
            {
                _answers.Clear();
            }

            var until = now + (token is null ? UnknownFor : _believed);
            _answers[digest] = (token, token is not null && token.ExpiresAt < until ? token.ExpiresAt : until);
            return token;
        }
        finally
        {
            _asking.TryRemove(digest, out _);
        }
    }
}
