using System.Collections.Concurrent;
using System.Net;

namespace Holdfast.Server.Tests.Identity.Keystone;

/// <summary>As much of a Keystone as is asked.</summary>
internal sealed class ScriptedKeystone(TimeProvider clock) : HttpMessageHandler
{
    private readonly TaskCompletionSource _never = new();
    private string _own = "own-0";
    private int _logins;
    private int _validations;
    private int _open;
    private int _mostOpen;

    public ConcurrentDictionary<string, TimeSpan> Known { get; } =
        new(new Dictionary<string, TimeSpan> { ["good"] = TimeSpan.FromDays(1) });

    public string[] Roles { get; set; } = ["member", "_member_", "reader", "other"];

    public int Logins => _logins;

    public int Validations => _validations;

    /// <summary>How many validations were open at once at most.</summary>
    public int MostOpen => _mostOpen;

    /// <summary>Released once for each request that arrives.</summary>
    public SemaphoreSlim Arrived { get; } = new(0);

    /// <summary>Released once for each validation that has looked its token up.</summary>
    public SemaphoreSlim LookedUp { get; } = new(0);

    /// <summary>A status that everything is answered with; 0 for a connection that is refused.</summary>
    public int? Fault { get; set; }

    /// <summary>A status that validations alone are answered with.</summary>
    public int? ValidationFault { get; set; }

    public bool RefuseLogins { get; set; }

    /// <summary>Takes requests and never answers.</summary>
    public bool Hangs { get; set; }

    /// <summary>Logins wait for it.</summary>
    public TaskCompletionSource? LoginGate { get; set; }

    /// <summary>Validations wait for it, having looked the token up.</summary>
    public TaskCompletionSource? Gate { get; set; }

    public void RevokeOwn() => _own = "revoked";

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var isLogin = request.Method == HttpMethod.Post;
        Interlocked.Increment(ref isLogin ? ref _logins : ref _validations);
        Arrived.Release();
        if (Hangs)
        {
            await _never.Task.WaitAsync(cancellationToken);
        }

        if ((isLogin ? Fault : ValidationFault ?? Fault) is { } status)
        {
            return status == 0
                ? throw new HttpRequestException("connection refused", null, null)
                : new HttpResponseMessage((HttpStatusCode)status);
        }

        return isLogin ? await LogInAsync(request, cancellationToken) : await ValidateAsync(request, cancellationToken);
    }

    private async Task<HttpResponseMessage> LogInAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        await (LoginGate?.Task.WaitAsync(cancel) ?? Task.CompletedTask);
        Assert.Contains("\"geheim\"", await (request.Content?.ReadAsStringAsync(cancel) ?? Task.FromResult("")), StringComparison.Ordinal);
        _own = $"own-{Logins}";
        var made = new HttpResponseMessage(RefuseLogins ? HttpStatusCode.Unauthorized : HttpStatusCode.Created)
        {
            Content = new StringContent(Body(TimeSpan.FromHours(1))),
        };
        made.Headers.Add("X-Subject-Token", _own);
        return made;
    }

    private async Task<HttpResponseMessage> ValidateAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        if (request.Headers.GetValues("X-Auth-Token").Single() != _own)
        {
            return new HttpResponseMessage(HttpStatusCode.Unauthorized);
        }

        var isKnown = Known.TryGetValue(request.Headers.GetValues("X-Subject-Token").Single(), out var life);
        var open = Interlocked.Increment(ref _open);
        InterlockedMax(ref _mostOpen, open);
        var gate = Gate;
        LookedUp.Release();
        await (gate?.Task.WaitAsync(cancel) ?? Task.CompletedTask);
        Interlocked.Decrement(ref _open);
        return isKnown
            ? new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(Body(life)) }
            : new HttpResponseMessage(HttpStatusCode.NotFound);
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = most; seen < value && Interlocked.CompareExchange(ref most, value, seen) != seen; seen = most) { }
    }

    private string Body(TimeSpan life) =>
        $$$"""
            {"token": {"issued_at": "{{{clock.GetUtcNow():yyyy-MM-ddTHH:mm:ss.ffffffZ}}}", "expires_at": "{{{clock.GetUtcNow()
                + life:yyyy-MM-ddTHH:mm:ss.ffffffZ}}}",
              "user": {"id": "u1", "name": "demo"}, "project": {"id": "p1", "name": "demo"}, "roles": [{{{string.Join(
                ", ",
                Roles.Select(role => $$"""{"name": "{{role}}"}""")
            )}}}]}}
            """;
}
