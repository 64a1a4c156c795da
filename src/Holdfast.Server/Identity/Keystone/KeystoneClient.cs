using System.Text.Json;
using Holdfast.Control.Users;
using Holdfast.Engine.Basics;
using Holdfast.Server.Settings;
using Microsoft.Extensions.Logging;

namespace Holdfast.Server.Identity.Keystone;

/// <summary>
/// Asks a Keystone what tokens are worth, as a user of the service's own. A bounded number of questions is open at once, and each is over
/// by one deadline, whatever it takes: waiting for its turn, a login, an answer, and both again. Thread-safe.
/// </summary>
internal sealed class KeystoneClient : IDisposable
{
    /// <summary>Whoever invents tokens keeps so much of Keystone busy and no more.</summary>
    public const int MostAtOnce = 16;

    private readonly KeystoneSettings _settings;
    private readonly KeystoneConnection _keystone;
    private readonly ServiceLogin _login;
    private readonly SemaphoreSlim _turns = new(MostAtOnce, MostAtOnce);
    private readonly TimeProvider _clock;
    private readonly ILogger<KeystoneClient> _log;
    private int _isAway;

    public KeystoneClient(KeystoneSettings settings, HttpMessageHandler handler, TimeProvider clock, ILogger<KeystoneClient> log)
    {
        (_settings, _clock, _log) = (settings, clock, log);
        _keystone = new KeystoneConnection(settings, handler);
        _login = new ServiceLogin(settings, _keystone, clock);
    }

    /// <summary>The token, or null when Keystone does not know it (any more). There is no token to cancel it by: who asks goes, and others
    /// may wait for the same answer.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Unavailable"/> when Keystone does not answer in time, or not as it
    /// should.</exception>
    public async Task<Token?> ValidateAsync(string secret)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(_settings.TimeoutSeconds), _clock);
        try
        {
            var answer = await InTurnAsync(secret, deadline.Token);
            if (Interlocked.Exchange(ref _isAway, 0) == 1)
            {
                ServerLog.KeystoneIsBack(_log, _settings.Url?.ToString() ?? "");
            }

            return answer.Found;
        }
        catch (Exception e) when (KeystoneTrouble.Is(e))
        {
            // Once when it goes, not for each request that is refused meanwhile.
            if (Interlocked.Exchange(ref _isAway, 1) == 0)
            {
                ServerLog.KeystoneIsAway(_log, e, _settings.Url?.ToString() ?? "");
            }

            throw KeystoneTrouble.Of(e, _settings);
        }
    }

    public void Dispose()
    {
        _keystone.Dispose();
        _turns.Dispose();
    }

    private async Task<Answer> InTurnAsync(string secret, CancellationToken cancel)
    {
        await _turns.WaitAsync(cancel);
        try
        {
            var own = await _login.GetAsync(refused: null, cancel);
            if (await AskAsync(secret, own, cancel) is { } answer)
            {
                return answer;
            }

            var renewed = await _login.GetAsync(refused: own, cancel);
            return (renewed == own ? null : await AskAsync(secret, renewed, cancel))
                ?? throw new HoldfastException(
                    FailureKind.Unavailable,
                    $"Keystone at {_settings.Url} does not accept the token that it gave user '{_settings.Username}'."
                );
        }
        finally
        {
            _turns.Release();
        }
    }

    /// <summary>Null when it is our own token that is not accepted.</summary>
    private async Task<Answer?> AskAsync(string secret, OwnToken own, CancellationToken cancel)
    {
        using var response = await _keystone.SendAsync(
            () =>
            {
                var request = new HttpRequestMessage(HttpMethod.Get, $"{_settings.Url}/auth/tokens?nocatalog");
                request.Headers.TryAddWithoutValidation("X-Auth-Token", own.Secret);
                request.Headers.TryAddWithoutValidation("X-Subject-Token", secret);
                return request;
            },
            cancel
        );
        switch ((int)response.StatusCode)
        {
            case 200 or 203:
                using (var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancel)))
                {
                    return new Answer(KeystoneAnswer.Read(document.RootElement.GetProperty("token"), _settings));
                }

            case 401:
                return null;

            // All that a caller chooses of this request is the token: where the request is bad or too large, it is the token that is.
            case 400
            or 404
            or 413
            or 414
            or 431:
                return new Answer(null);
            case 403:
                throw new HoldfastException(
                    FailureKind.Unavailable,
                    $"Keystone at {_settings.Url} does not let user '{_settings.Username}' validate tokens (it answered 403). Give the "
                        + $"user a role there that may, such as admin or service."
                );
            default:
                throw new HoldfastException(
                    FailureKind.Unavailable,
                    $"Keystone at {_settings.Url} answered {(int)response.StatusCode} when it was asked about a token."
                );
        }
    }

    /// <summary>An answer that is there, whether or not the token is.</summary>
    private sealed record Answer(Token? Found);
}
