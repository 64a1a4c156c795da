using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Control;
using Holdfast.Control.Projects;
using Holdfast.Control.Users;
using Holdfast.Engine;
using Microsoft.Extensions.Logging;

namespace Holdfast.Server.Identity.Keystone;

/// <summary>Asks a Keystone what tokens are worth, as a user of the service's own. Thread-safe.</summary>
internal sealed class KeystoneClient(KeystoneSettings settings, HttpMessageHandler handler, TimeProvider clock, ILogger<KeystoneClient> log) : IDisposable
{
    /// <summary>Our own token is renewed so long before its end: clocks differ.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    /// <summary>What Keystone's roles mean here. <c>_member_</c> is what old installations call a member.</summary>
    private static readonly Dictionary<string, Role> RolesByName = new(StringComparer.OrdinalIgnoreCase) { ["admin"] = Role.Admin, ["member"] = Role.Member, ["_member_"] = Role.Member, ["reader"] = Role.Reader };

    private readonly HttpClient _http = new(handler) { Timeout = TimeSpan.FromSeconds(settings.TimeoutSeconds), MaxResponseContentBufferSize = 4 << 20 };
    private readonly SemaphoreSlim _login = new(1, 1);
    private (string Secret, DateTimeOffset ExpiresAt)? _own;
    private int _isAway;

    /// <summary>The token, or null when Keystone does not know it (any more).</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Unavailable"/> when Keystone does not answer, or not as it should.</exception>
    public async Task<Token?> ValidateAsync(string secret, CancellationToken cancel)
    {
        try
        {
            var token = await ValidateOnceAsync(secret, await LogInAsync(renew: false, cancel), cancel) ?? await ValidateOnceAsync(secret, await LogInAsync(renew: true, cancel), cancel)
                ?? throw new HoldfastException(FailureKind.Unavailable, $"Keystone at {settings.Url} does not accept the token that it gave user '{settings.Username}'.");
            if (Interlocked.Exchange(ref _isAway, 0) == 1)
            {
                ServerLog.KeystoneIsBack(log, settings.Url?.ToString() ?? "");
            }

            return token.Found;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException or InvalidOperationException or KeyNotFoundException or FormatException or HoldfastException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            // Once when it goes, not for each request that is refused meanwhile.
            if (Interlocked.Exchange(ref _isAway, 1) == 0)
            {
                ServerLog.KeystoneIsAway(log, e, settings.Url?.ToString() ?? "");
            }

            throw e as HoldfastException ?? new HoldfastException(FailureKind.Unavailable, $"Keystone at {settings.Url} does not answer as it should: {e.Message}", e);
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _login.Dispose();
    }

    /// <summary>Null when it is our own token that is not accepted.</summary>
    private async Task<Answer?> ValidateOnceAsync(string secret, string own, CancellationToken cancel)
    {
        using var response = await SendAsync(() =>
        {
            var request = new HttpRequestMessage(HttpMethod.Get, $"{settings.Url}/auth/tokens?nocatalog");
            request.Headers.TryAddWithoutValidation("X-Auth-Token", own);
            request.Headers.TryAddWithoutValidation("X-Subject-Token", secret);
            return request;
        }, cancel);
        switch (response.StatusCode)
        {
            case HttpStatusCode.Unauthorized:
                return null;
            case HttpStatusCode.NotFound:
                return new Answer(null);
            case HttpStatusCode.OK or HttpStatusCode.NonAuthoritativeInformation:
                using (var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancel)))
                {
                    return new Answer(Read(document.RootElement.GetProperty("token")));
                }

            default:
                throw new HoldfastException(FailureKind.Unavailable, $"Keystone at {settings.Url} answered {(int)response.StatusCode} when it was asked about a token. May user '{settings.Username}' validate tokens?");
        }
    }

    private async Task<string> LogInAsync(bool renew, CancellationToken cancel)
    {
        var seen = _own;
        if (!renew && seen is { } held && held.ExpiresAt - Margin > clock.GetUtcNow())
        {
            return held.Secret;
        }

        await _login.WaitAsync(cancel);
        try
        {
            // Whoever waited here for another's login takes what that brought.
            if (_own is { } brought && brought != seen && brought.ExpiresAt - Margin > clock.GetUtcNow())
            {
                return brought.Secret;
            }

            using var response = await SendAsync(() => new HttpRequestMessage(HttpMethod.Post, $"{settings.Url}/auth/tokens?nocatalog") { Content = new StringContent(LoginBody(), Encoding.UTF8, "application/json") }, cancel);
            if (response.StatusCode != HttpStatusCode.Created || !response.Headers.TryGetValues("X-Subject-Token", out var values))
            {
                throw new HoldfastException(FailureKind.Unavailable, $"Keystone at {settings.Url} does not let user '{settings.Username}' in (it answered {(int)response.StatusCode}). Correct the settings Identity:Keystone:…");
            }

            using var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancel));
            var made = (values.First(), TimeOf(document.RootElement.GetProperty("token"), "expires_at"));
            _own = made;
            return made.Item1;
        }
        finally
        {
            _login.Release();
        }
    }

    /// <summary>Some servers close a connection that we think is open: then once more.</summary>
    private async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> make, CancellationToken cancel)
    {
        try
        {
            using var first = make();
            return await _http.SendAsync(first, cancel);
        }
        catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.ResponseEnded or HttpRequestError.Unknown)
        {
            using var second = make();
            return await _http.SendAsync(second, cancel);
        }
    }

    private string LoginBody()
    {
        var user = new JsonObject { ["name"] = settings.Username, ["password"] = settings.Password, ["domain"] = new JsonObject { ["name"] = settings.UserDomain } };
        var project = new JsonObject { ["name"] = settings.Project, ["domain"] = new JsonObject { ["name"] = settings.ProjectDomain } };
        return new JsonObject
        {
            ["auth"] = new JsonObject
            {
                ["identity"] = new JsonObject { ["methods"] = new JsonArray("password"), ["password"] = new JsonObject { ["user"] = user } },
                ["scope"] = new JsonObject { ["project"] = project },
            },
        }.ToJsonString();
    }

    private static Token Read(JsonElement token)
    {
        var user = token.GetProperty("user");
        var account = new Account(new AccountId(TextOf(user, "id")), TextOf(user, "name"), Enabled: true);
        var project = token.TryGetProperty("project", out var scope) ? new Project(new ProjectId(TextOf(scope, "id")), TextOf(scope, "name"), Enabled: true) : null;
        IEnumerable<JsonElement> given = token.TryGetProperty("roles", out var list) ? list.EnumerateArray() : [];
        var roles = given.Select(role => RolesByName.TryGetValue(TextOf(role, "name"), out var known) ? known : (Role?)null).OfType<Role>().Distinct().Order().ToList();
        return new Token(account, project, roles, TimeOf(token, "issued_at"), TimeOf(token, "expires_at"));
    }

    private static string TextOf(JsonElement json, string member) => json.GetProperty(member).GetString() ?? throw new FormatException($"'{member}' is null");

    private static DateTimeOffset TimeOf(JsonElement json, string member) => DateTimeOffset.Parse(TextOf(json, member), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);

    /// <summary>An answer that is there, whether or not the token is.</summary>
    private sealed record Answer(Token? Found);
}
