using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Control.Users;
using Holdfast.Engine.Basics;
using Holdfast.Server.Settings;

namespace Holdfast.Server.Identity.Keystone;

/// <summary>Who wants to get in, as they say.</summary>
/// <param name="Domain">By name: that of the user, and of the project. Null for those of the settings.</param>
/// <param name="Project">By name; null for the user's default one, if there is any.</param>
internal sealed record PasswordLogin(string User, string Password, string? Domain, string? Project)
{
    public override string ToString() => $"{User} of {Domain}";
}

/// <summary>What Keystone says to somebody who wants a token.</summary>
internal abstract record LoginOutcome
{
    private LoginOutcome() { }

    /// <param name="Secret">The token.</param>
    /// <param name="HasProject">Whether it is good for a project.</param>
    public sealed record In(string Secret, bool HasProject) : LoginOutcome
    {
        public override string ToString() => nameof(In);
    }

    /// <summary>Something of what was shown is not right, or gives no right to what was asked for.</summary>
    public sealed record Refused : LoginOutcome
    {
        public static readonly Refused Instance = new();
    }

    /// <summary>What was shown is right, and not enough: Keystone wants another proof.</summary>
    public sealed record WantsMore : LoginOutcome
    {
        public static readonly WantsMore Instance = new();
    }
}

/// <summary>A project in which a token's user has a role.</summary>
internal sealed record KeystoneProject(string Id, string Name);

/// <summary>
/// Lets people in by their own passwords: asks Keystone for tokens in their name. A password is in the request that is sent, and nowhere
/// else. Who tries passwords waits as with the embedded identity, so that this service is no faster way to try them than Keystone itself;
/// and each question is over by one deadline. Thread-safe.
/// </summary>
internal sealed class KeystoneLogin : IDisposable
{
    /// <summary>Passwords that Keystone is asked about at once; it needs a good part of a second for each.</summary>
    public const int MostAtOnce = 4;

    private const int MostProjects = 1000;

    private readonly KeystoneSettings _settings;
    private readonly KeystoneConnection _keystone;
    private readonly LoginTurns _queue = new(MostAtOnce);
    private readonly TimeProvider _clock;

    public KeystoneLogin(KeystoneSettings settings, HttpMessageHandler handler, TimeProvider clock) =>
        (_settings, _keystone, _clock) = (settings, new KeystoneConnection(settings, handler), clock);

    /// <param name="from">The network that it comes from.</param>
    /// <exception cref="TooManyTriesException">Too many wait already, or Keystone says so.</exception>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Unavailable"/> when Keystone does not answer in time, or not as it
    /// should: whether the password is right is not known.</exception>
    public Task<LoginOutcome> LogInAsync(PasswordLogin login, string from, CancellationToken cancel) =>
        WithinAsync(by => _queue.RunAsync(from, () => IssueAsync(IdentityOf(login), ScopeOf(login.Project, login.Domain), by), by), cancel);

    /// <summary>A token for another project, by one for any or none. It ends when that does.</summary>
    /// <param name="project">Its id.</param>
    /// <exception cref="HoldfastException">As <see cref="LogInAsync"/>.</exception>
    public Task<LoginOutcome> RescopeAsync(string secret, string project, CancellationToken cancel) =>
        WithinAsync(
            by =>
                IssueAsync(
                    new JsonObject { ["methods"] = new JsonArray("token"), ["token"] = new JsonObject { ["id"] = secret } },
                    new JsonObject { ["project"] = new JsonObject { ["id"] = project } },
                    by
                ),
            cancel
        );

    /// <summary>The projects in which the token's user has a role, by name; none where the token is not known.</summary>
    /// <exception cref="HoldfastException">As <see cref="LogInAsync"/>.</exception>
    public Task<IReadOnlyList<KeystoneProject>> ProjectsAsync(string secret, CancellationToken cancel) =>
        WithinAsync(by => ListAsync(secret, by), cancel);

    /// <summary>Ends a token. One that is not known has ended.</summary>
    /// <exception cref="HoldfastException">As <see cref="LogInAsync"/>.</exception>
    public Task RevokeAsync(string secret, CancellationToken cancel) =>
        WithinAsync(
            async by =>
            {
                using var answer = await _keystone.SendAsync(() => AskOf(HttpMethod.Delete, "/auth/tokens", secret, subject: true), by);
                return answer.IsSuccessStatusCode || answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.NotFound
                    ? true
                    : throw Odd(answer);
            },
            cancel
        );

    public void Dispose()
    {
        _keystone.Dispose();
        _queue.Dispose();
    }

    private async Task<T> WithinAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancel)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(_settings.TimeoutSeconds), _clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        try
        {
            return await ask(both.Token);
        }
        catch (Exception e) when (KeystoneTrouble.Is(e) && !cancel.IsCancellationRequested)
        {
            throw KeystoneTrouble.Of(e, _settings);
        }
    }

    private async Task<LoginOutcome> IssueAsync(JsonObject identity, JsonObject? scope, CancellationToken cancel)
    {
        var auth = new JsonObject { ["identity"] = identity };
        if (scope is not null)
        {
            auth["scope"] = scope;
        }

        var body = new JsonObject { ["auth"] = auth }.ToJsonString();
        using var answer = await _keystone.SendAsync(
            () =>
                new HttpRequestMessage(HttpMethod.Post, $"{_settings.Url}/auth/tokens?nocatalog")
                {
                    Content = new StringContent(body, Encoding.UTF8, "application/json"),
                },
            cancel
        );
        switch (answer.StatusCode)
        {
            case HttpStatusCode.Created when answer.Headers.TryGetValues("X-Subject-Token", out var secrets):
                using (var document = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(cancel)))
                {
                    return new LoginOutcome.In(secrets.First(), document.RootElement.GetProperty("token").TryGetProperty("project", out _));
                }

            case HttpStatusCode.Unauthorized when answer.Headers.Contains("Openstack-Auth-Receipt"):
                return LoginOutcome.WantsMore.Instance;

            // All that is sent was chosen by who wants to get in. 403 is what a token gets that may not be changed for another.
            case HttpStatusCode.Unauthorized
            or HttpStatusCode.Forbidden
            or HttpStatusCode.BadRequest
            or HttpStatusCode.NotFound
            or HttpStatusCode.RequestEntityTooLarge:
                return LoginOutcome.Refused.Instance;
            case HttpStatusCode.TooManyRequests:
                throw new TooManyTriesException();
            default:
                throw Odd(answer);
        }
    }

    private async Task<IReadOnlyList<KeystoneProject>> ListAsync(string secret, CancellationToken cancel)
    {
        using var answer = await _keystone.SendAsync(() => AskOf(HttpMethod.Get, "/auth/projects", secret, subject: false), cancel);
        if (answer.StatusCode is HttpStatusCode.Unauthorized)
        {
            return [];
        }

        if (answer.StatusCode is not HttpStatusCode.OK)
        {
            throw Odd(answer);
        }

        using var document = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(cancel));
        return
        [
            .. document
                .RootElement.GetProperty("projects")
                .EnumerateArray()
                .Take(MostProjects)
                .Where(project => !project.TryGetProperty("enabled", out var enabled) || enabled.ValueKind == JsonValueKind.True)
                .Select(project => new KeystoneProject(
                    project.GetProperty("id").GetString() ?? "",
                    project.GetProperty("name").GetString() ?? ""
                ))
                .OrderBy(project => project.Name, StringComparer.Ordinal),
        ];
    }

    private HttpRequestMessage AskOf(HttpMethod method, string path, string secret, bool subject)
    {
        var request = new HttpRequestMessage(method, _settings.Url + path);
        request.Headers.TryAddWithoutValidation("X-Auth-Token", secret);
        if (subject)
        {
            request.Headers.TryAddWithoutValidation("X-Subject-Token", secret);
        }

        return request;
    }

    private HoldfastException Odd(HttpResponseMessage answer) =>
        new(
            FailureKind.Unavailable,
            $"Keystone at {_settings.Url} answered {(int)answer.StatusCode} to somebody who wanted to sign in, or out."
        );

    private JsonObject IdentityOf(PasswordLogin login) =>
        new()
        {
            ["methods"] = new JsonArray("password"),
            ["password"] = new JsonObject
            {
                ["user"] = new JsonObject
                {
                    ["name"] = login.User,
                    ["password"] = login.Password,
                    ["domain"] = new JsonObject { ["name"] = login.Domain ?? _settings.UserDomain },
                },
            },
        };

    private JsonObject? ScopeOf(string? project, string? domain) =>
        project is null
            ? null
            : new JsonObject
            {
                ["project"] = new JsonObject
                {
                    ["name"] = project,
                    ["domain"] = new JsonObject { ["name"] = domain ?? _settings.ProjectDomain },
                },
            };
}
