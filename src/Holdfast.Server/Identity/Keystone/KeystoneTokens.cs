using System.Security.Cryptography;
using System.Text;
using Holdfast.Control.Projects;
using Holdfast.Control.Users;
using Holdfast.Engine.Basics;
using Holdfast.Server.Settings;

namespace Holdfast.Server.Identity.Keystone;

/// <summary>
/// Tokens of an external Keystone. Its answers are believed for a bounded time, and never longer than the token lives; many who ask for one
/// token at once make one question. While Keystone is away, what is believed goes on to be. Thread-safe.
/// </summary>
internal sealed class KeystoneTokens(KeystoneSettings settings, KeystoneClient client, ForeignProjects projects, TimeProvider clock)
    : ITokenSource
{
    private const int MostRemembered = 10_000;

    /// <summary>Keystone's tokens have some hundreds of characters. What is longer is not worth a question that its web server may not even
    /// read.</summary>
    private const int LongestToken = 4096;

    private readonly Lock _gate = new();
    private readonly AnswerMemory _memory = new(clock, TimeSpan.FromSeconds(settings.CacheSeconds), MostRemembered);
    private readonly Dictionary<string, Question> _asking = new(StringComparer.Ordinal);

    public async ValueTask<Token?> FindAsync(string secret, CancellationToken cancel)
    {
        var digest = Digest(secret);
        Question? question;
        lock (_gate)
        {
            if (_memory.TryFind(digest, out var known))
            {
                return known;
            }

            if (!_asking.TryGetValue(digest, out question))
            {
                question = _asking[digest] = new Question(mine => AskAsync(digest, secret, mine));
            }
        }

        // Not the question: whoever else waits for the answer must not lose it when this caller goes.
        return await question.Answer.WaitAsync(cancel);
    }

    /// <summary>The token as Keystone knows it now, whatever is remembered; and from now on that is remembered.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Unavailable"/> when it cannot be told now.</exception>
    public async ValueTask<Token?> FindFreshAsync(string secret, CancellationToken cancel)
    {
        var digest = Digest(secret);
        Question question;
        lock (_gate)
        {
            // One that is under way may have been answered already, before whatever the caller must not miss.
            question = _asking[digest] = new Question(mine => AskAsync(digest, secret, mine));
        }

        return await question.Answer.WaitAsync(cancel);
    }

    private async Task<Token?> AskAsync(string digest, string secret, Question mine)
    {
        try
        {
            var token = IsPossible(secret) ? await client.ValidateAsync(secret) : null;
            if (token is not null && token.ExpiresAt <= clock.GetUtcNow())
            {
                token = null;
            }

            if (token?.Project is { } project)
            {
                await projects.EnsureAsync(project.Id, project.Name, CancellationToken.None);
            }

            Remember(digest, token, mine);
            return token;
        }
        finally
        {
            lock (_gate)
            {
                if (_asking.GetValueOrDefault(digest) == mine)
                {
                    _asking.Remove(digest);
                }
            }
        }
    }

    /// <summary>An answer to a question after which a fresh one was asked is not remembered: it may be the older of the two.</summary>
    private void Remember(string digest, Token? token, Question mine)
    {
        lock (_gate)
        {
            if (_asking.GetValueOrDefault(digest) == mine)
            {
                _memory.Remember(digest, token);
            }
        }
    }

    /// <summary>A header cannot hold other characters, and Keystone's tokens have none of them.</summary>
    private static bool IsPossible(string secret) => secret.Length <= LongestToken && secret.All(c => c is > ' ' and < '\u007f');

    /// <summary>The token itself is kept nowhere.</summary>
    private static string Digest(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    /// <summary>Asked when its answer is first wanted, outside of any lock.</summary>
    private sealed class Question
    {
        private readonly Lazy<Task<Token?>> _answer;

        public Question(Func<Question, Task<Token?>> ask) => _answer = new Lazy<Task<Token?>>(() => ask(this));

        public Task<Token?> Answer => _answer.Value;
    }
}
