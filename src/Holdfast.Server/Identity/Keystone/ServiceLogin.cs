using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Engine.Basics;
using Holdfast.Server.Settings;

namespace Holdfast.Server.Identity.Keystone;

/// <summary>The service's own token.</summary>
/// <param name="GivenAt">When it was given: a time stamp of the clock, to count from.</param>
internal sealed record OwnToken(string Secret, long GivenAt, DateTimeOffset ExpiresAt);

/// <summary>
/// The service's own login. Whoever needs it while one is under way waits for that one and takes what comes of it, success or failure; and
/// a failure stands for some seconds, so that a wrong password is not tried over and over until Keystone locks the user out. Thread-safe.
/// </summary>
internal sealed class ServiceLogin(KeystoneSettings settings, KeystoneConnection keystone, TimeProvider clock)
{
    /// <summary>Our token is renewed so long before its end: clocks differ.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    /// <summary>No two logins are nearer to each other, whatever came of the first.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private Task<OwnToken>? _latest;
    private long _failedAt;

    /// <param name="refused">A token that was not accepted; it is given back all the same when it is so new that another would not be
    /// either.</param>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Unavailable"/> when Keystone does not let the service in, or does not
    /// answer.</exception>
    public Task<OwnToken> GetAsync(OwnToken? refused, CancellationToken cancel)
    {
        lock (_gate)
        {
            if (_latest is not { } login || IsSpent(login, refused))
            {
                // It is everybody's, so it runs by its own deadline and not by that of whoever came first.
                _latest = login = Task.Run(LogInAsync, CancellationToken.None);
            }

            return login.WaitAsync(cancel);
        }
    }

    /// <summary>The rest is counted, so that a clock that was ahead for a moment does not keep the service from logging in.</summary>
    private bool IsSpent(Task<OwnToken> login, OwnToken? refused) =>
        login.IsCompletedSuccessfully
            ? HasRested(login.Result.GivenAt)
                && (login.Result == refused || login.Result.ExpiresAt <= clock.GetUtcNow() + Margin)
            : login.IsCompleted && HasRested(_failedAt);

    private bool HasRested(long since) => clock.GetElapsedTime(since) >= Rest;

    private async Task<OwnToken> LogInAsync()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(settings.TimeoutSeconds), clock);
        try
        {
            using var response = await keystone.SendAsync(
                () =>
                    new HttpRequestMessage(HttpMethod.Post, $"{settings.Url}/auth/tokens?nocatalog")
                    {
                        Content = new StringContent(Body(), Encoding.UTF8, "application/json"),
                    },
                deadline.Token
            );
            if (response.StatusCode != HttpStatusCode.Created || !response.Headers.TryGetValues("X-Subject-Token", out var values))
            {
                throw new HoldfastException(
                    FailureKind.Unavailable,
                    $"Keystone at {settings.Url} does not let user '{settings.Username}' in (it answered {(int)response.StatusCode}). "
                        + $"Correct the settings Identity:Keystone:…"
                );
            }

            using var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(deadline.Token));
            return new OwnToken(
                values.First(),
                clock.GetTimestamp(),
                KeystoneAnswer.TimeOf(document.RootElement.GetProperty("token"), "expires_at")
            );
        }
        catch
        {
            _failedAt = clock.GetTimestamp();
            throw;
        }
    }

    private string Body()
    {
        var user = new JsonObject
        {
            ["name"] = settings.Username,
            ["password"] = settings.Password,
            ["domain"] = new JsonObject { ["name"] = settings.UserDomain },
        };
        var project = new JsonObject
        {
            ["name"] = settings.Project,
            ["domain"] = new JsonObject { ["name"] = settings.ProjectDomain },
        };
        return new JsonObject
        {
            ["auth"] = new JsonObject
            {
                ["identity"] = new JsonObject
                {
                    ["methods"] = new JsonArray("password"),
                    ["password"] = new JsonObject { ["user"] = user },
                },
                ["scope"] = new JsonObject { ["project"] = project },
            },
        }.ToJsonString();
    }
}
