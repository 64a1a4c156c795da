using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Tests.Identity.Keystone;

/// <summary>A Keystone on a port of loopback with two users: who signs in, changes projects and out is answered as by a real one, by
/// password and by token. The service's own user is "vbs".</summary>
internal sealed class FakeKeystone : IAsyncDisposable
{
    public const string Password = "pa\"ss wörd";

    private readonly Dictionary<string, (string Project, string Role)[]> _roles = new()
    {
        ["vbs"] = [("service", "admin")],
        ["anna"] = [("alpha", "other"), ("beta", "member"), ("gamma", "reader")],
        ["otto"] = [("alpha", "other")],
    };

    private readonly ConcurrentDictionary<string, (string User, string? Project)> _tokens = new();
    private LoopbackPeer? _peer;
    private int _made;

    public Uri Address => new(_peer?.Address ?? throw new InvalidOperationException("Not started."), "/v3");

    /// <summary>Tokens that people have, in the order in which they were made.</summary>
    public IReadOnlyList<string> Tokens => [.. _tokens.Where(token => token.Value.User != "vbs").Select(token => token.Key).Order()];

    /// <summary>What passwords are answered with, instead of whether they are right.</summary>
    public int? Fault { get; set; }

    /// <summary>Passwords wait for it.</summary>
    public TaskCompletionSource? Gate { get; set; }

    public bool WantsMore { get; set; }

    /// <summary>Whether a token for a project may be changed for one for another.</summary>
    public bool MayRescope { get; set; } = true;

    public static async Task<FakeKeystone> StartAsync(CancellationToken cancel)
    {
        var keystone = new FakeKeystone();
        keystone._peer = await LoopbackPeer.StartAsync(keystone.AnswerAsync, cancel);
        return keystone;
    }

    /// <summary>As the settings of a service name it.</summary>
    public (string, string)[] Settings() =>
        [
            ("HOLDFAST_Identity__Mode", "Keystone"),
            ("HOLDFAST_Identity__Keystone__Url", Address.ToString()),
            ("HOLDFAST_Identity__Keystone__Username", "vbs"),
            ("HOLDFAST_Identity__Keystone__Password", Password),
            ("HOLDFAST_Identity__Keystone__Project", "service"),
            ("HOLDFAST_Identity__Keystone__TimeoutSeconds", "60"),
        ];

    public string MakeToken(string user, string? project)
    {
        var token = $"token-{Interlocked.Increment(ref _made):0000}";
        _tokens[token] = (user, project);
        return token;
    }

    public ValueTask DisposeAsync() => _peer?.DisposeAsync() ?? ValueTask.CompletedTask;

    private Task AnswerAsync(HttpContext context) =>
        (context.Request.Method, context.Request.Path.Value) switch
        {
            ("POST", "/v3/auth/tokens") => IssueAsync(context),
            ("GET", "/v3/auth/tokens") => ValidateAsync(context),
            ("DELETE", "/v3/auth/tokens") => RevokeAsync(context),
            ("GET", "/v3/auth/projects") => ListAsync(context),
            _ => AnswerAsync(context, 404),
        };

    private async Task IssueAsync(HttpContext context)
    {
        using var body = await JsonDocument.ParseAsync(context.Request.Body);
        var auth = body.RootElement.GetProperty("auth");
        var identity = auth.GetProperty("identity");
        var isPassword = identity.GetProperty("methods")[0].GetString() == "password";
        var user = isPassword ? UserOf(identity.GetProperty("password").GetProperty("user")) : BearerOf(identity);
        if (isPassword && user != "vbs")
        {
            await (Gate?.Task ?? Task.CompletedTask);
            if (Fault is { } fault)
            {
                await AnswerAsync(context, fault);
                return;
            }
        }

        var project = ProjectOf(auth);
        if (user is null || (project is not null && _roles[user].All(role => role.Project != project)))
        {
            await AnswerAsync(context, 401);
        }
        else if (isPassword && WantsMore && user != "vbs")
        {
            context.Response.Headers["Openstack-Auth-Receipt"] = "receipt";
            await AnswerAsync(context, 401);
        }
        else if (!isPassword && !MayRescope)
        {
            await AnswerAsync(context, 403);
        }
        else
        {
            var token = MakeToken(user, project);
            context.Response.Headers["X-Subject-Token"] = token;
            await AnswerAsync(context, 201, Body(user, project));
        }
    }

    private async Task ValidateAsync(HttpContext context)
    {
        var asks = _tokens.TryGetValue(context.Request.Headers["X-Auth-Token"].ToString(), out var own) && own.User == "vbs";
        await (
            !asks ? AnswerAsync(context, 401)
            : _tokens.TryGetValue(context.Request.Headers["X-Subject-Token"].ToString(), out var token)
                ? AnswerAsync(context, 200, Body(token.User, token.Project))
            : AnswerAsync(context, 404)
        );
    }

    private Task RevokeAsync(HttpContext context) =>
        AnswerAsync(context, _tokens.TryRemove(context.Request.Headers["X-Subject-Token"].ToString(), out _) ? 204 : 404);

    private Task ListAsync(HttpContext context) =>
        _tokens.TryGetValue(context.Request.Headers["X-Auth-Token"].ToString(), out var token)
            ? AnswerAsync(
                context,
                200,
                JsonSerializer.Serialize(new { projects = _roles[token.User].Select(role => ProjectOf(role.Project)) })
            )
            : AnswerAsync(context, 401);

    private static object ProjectOf(string name) =>
        new
        {
            id = $"id-{name}",
            name,
            enabled = true,
        };

    private string? UserOf(JsonElement user) =>
        user.GetProperty("name").GetString() is { } name
        && _roles.ContainsKey(name)
        && user.GetProperty("password").GetString() == Password
        && user.GetProperty("domain").GetProperty("name").GetString() == "Default"
            ? name
            : null;

    private string? BearerOf(JsonElement identity) =>
        _tokens.TryGetValue(identity.GetProperty("token").GetProperty("id").GetString() ?? "", out var bearer) ? bearer.User : null;

    private static string? ProjectOf(JsonElement auth) =>
        !auth.TryGetProperty("scope", out var scope) ? null
        : scope.GetProperty("project") is var project && project.TryGetProperty("id", out var id) ? id.GetString()?.Replace("id-", "")
        : project.GetProperty("name").GetString();

    private string Body(string user, string? project)
    {
        var token = new Dictionary<string, object>
        {
            ["issued_at"] = "2026-01-01T00:00:00.000000Z",
            ["expires_at"] = "2099-01-01T00:00:00.000000Z",
            ["user"] = new { id = $"id-{user}", name = user },
        };
        if (project is not null)
        {
            token["project"] = new { id = $"id-{project}", name = project };
            token["roles"] = _roles[user].Where(role => role.Project == project).Select(role => new { name = role.Role });
        }

        return JsonSerializer.Serialize(new { token });
    }

    private static async Task AnswerAsync(HttpContext context, int status, string? body = null)
    {
        context.Response.StatusCode = status;
        if (body is not null)
        {
            await context.Response.WriteAsync(body);
        }
    }
}
