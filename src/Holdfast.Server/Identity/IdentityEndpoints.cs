using System.Globalization;
using System.Text.Json;
using Holdfast.Control;
using Holdfast.Control.Projects;
using Holdfast.Control.Users;
using Holdfast.Server.Errors;
using Holdfast.Server.Hosting;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Identity;

/// <summary>The embedded identity, in Keystone's shape, under <c>/identity/v3</c>: enough to log in with password or token and project scope.</summary>
internal sealed class IdentityEndpoints(AccountStore accounts, ProjectStore projects, TokenStore tokens, PublicAddress address)
{
    private const string SubjectToken = "X-Subject-Token";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/identity", VersionsAsync).OpenToAll();
        routes.MapGet("/identity/v3", VersionAsync).OpenToAll();
        routes.MapPost("/identity/v3/auth/tokens", IssueAsync).OpenToAll();
        routes.MapGet("/identity/v3/auth/tokens", ValidateAsync).OpenToAll();
        routes.MapDelete("/identity/v3/auth/tokens", RevokeAsync).OpenToAll();
    }

    private static ApiException Unauthorized() => new(StatusCodes.Status401Unauthorized, "", "user, password, project or token is not right");

    private static ApiException Bad(string message) => new(StatusCodes.Status400BadRequest, "", message);

    private Task VersionsAsync(HttpContext context) => JsonAnswer.WriteAsync(context, StatusCodes.Status300MultipleChoices, address.Of(context), static (json, address) =>
    {
        json.WriteStartObject();
        json.WriteStartObject("versions");
        json.WriteStartArray("values");
        WriteVersion(json, address);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    });

    private Task VersionAsync(HttpContext context) => JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, address.Of(context), static (json, address) =>
    {
        json.WriteStartObject();
        json.WritePropertyName("version");
        WriteVersion(json, address);
        json.WriteEndObject();
    });

    private async Task IssueAsync(HttpContext context)
    {
        using var body = await RequestBody.ReadObjectAsync(context, () => Bad("the request has no body"));
        var auth = body.RootElement.ObjectMember("auth") ?? throw Bad("'auth' is missing");
        var identity = auth.ObjectMember("identity") ?? throw Bad("'identity' is missing");
        var methods = identity.ArrayMember("methods")?.Select(method => method.ValueKind == JsonValueKind.String ? method.GetString() : null).ToList() ?? [];
        var (account, notAfter, method) = methods switch
        {
            ["password"] => (await VerifyAsync(identity, context.RequestAborted), (DateTimeOffset?)null, "password"),
            ["token"] => await OfTokenAsync(identity, context.RequestAborted) is var token ? (token.Account, token.ExpiresAt, "token") : default,
            _ => throw Bad("the methods are [\"password\"] or [\"token\"]"),
        };
        var project = await FindScopeAsync(auth, account, context.RequestAborted);
        var (secret, issued) = await tokens.IssueAsync(account, project, notAfter, context.RequestAborted);
        await AnswerAsync(context, StatusCodes.Status201Created, secret, issued, method);
    }

    private async Task ValidateAsync(HttpContext context)
    {
        var (secret, subject) = await ReadSubjectAsync(context);
        await AnswerAsync(context, StatusCodes.Status200OK, secret, subject, "password");
    }

    private async Task RevokeAsync(HttpContext context)
    {
        var (secret, _) = await ReadSubjectAsync(context);
        await tokens.RevokeAsync(secret, context.RequestAborted);
        await JsonAnswer.NoContent(context);
    }

    /// <summary>The token that is asked about. Its bearer may ask, and an admin.</summary>
    private async Task<(string Secret, Token Token)> ReadSubjectAsync(HttpContext context)
    {
        var caller = await tokens.FindAsync(context.Request.Headers["X-Auth-Token"].ToString(), context.RequestAborted) ?? throw Unauthorized();
        var secret = context.Request.Headers[SubjectToken].ToString();
        var subject = await tokens.FindAsync(secret, context.RequestAborted);
        return subject is not null && (subject.Account.Id == caller.Account.Id || caller.Roles.Contains(Role.Admin))
            ? (secret, subject)
            : throw new ApiException(StatusCodes.Status404NotFound, "", "there is no such token");
    }

    private async Task<Account> VerifyAsync(JsonElement identity, CancellationToken cancel)
    {
        var user = identity.ObjectMember("password")?.ObjectMember("user") ?? throw Bad("'password.user' is missing");
        var (name, id, password) = (user.TextMember("name"), user.TextMember("id"), user.TextMember("password"));
        if (name is null && id is null)
        {
            throw Bad("'user' has neither 'name' nor 'id'");
        }

        return await accounts.VerifyPasswordAsync(name, id is null ? null : new AccountId(id), password ?? throw Bad("'password' is missing"), cancel) ?? throw Unauthorized();
    }

    private async Task<Token> OfTokenAsync(JsonElement identity, CancellationToken cancel)
    {
        var secret = identity.ObjectMember("token")?.TextMember("id") ?? throw Bad("'token.id' is missing");
        return await tokens.FindAsync(secret, cancel) ?? throw Unauthorized();
    }

    /// <summary>The project of the scope, in which the account must have a role; null for a request without scope.</summary>
    private async Task<Project?> FindScopeAsync(JsonElement auth, Account account, CancellationToken cancel)
    {
        if (auth.ObjectMember("scope")?.ObjectMember("project") is not { } scope)
        {
            return null;
        }

        var project = scope.TextMember("id") is { } id ? await projects.FindAsync(new ProjectId(id), cancel)
            : scope.TextMember("name") is { } name ? await projects.FindByNameAsync(name, cancel)
            : throw Bad("'project' has neither 'id' nor 'name'");
        return project is { Enabled: true } && (await accounts.RolesAsync(account.Id, project.Id, cancel)).Count > 0 ? project : throw Unauthorized();
    }

    private Task AnswerAsync(HttpContext context, int status, string secret, Token token, string method)
    {
        context.Response.Headers[SubjectToken] = secret;
        context.Response.Headers.Vary = "X-Auth-Token";
        return JsonAnswer.WriteAsync(context, status, (token, method, address: address.Of(context)), static (json, answer) => Write(json, answer.token, answer.method, answer.address));
    }

    private static void Write(Utf8JsonWriter json, Token token, string method, string address)
    {
        json.WriteStartObject();
        json.WriteStartObject("token");
        json.WriteStartArray("methods");
        json.WriteStringValue(method);
        json.WriteEndArray();
        json.WriteString("issued_at", Time(token.IssuedAt));
        json.WriteString("expires_at", Time(token.ExpiresAt));
        WriteNamed(json, "user", token.Account.Id.Value, token.Account.Name);
        if (token.Project is { } project)
        {
            WriteNamed(json, "project", project.Id.Value, project.Name);
            json.WriteStartArray("roles");
            foreach (var role in token.Roles.Select(role => role.ToString().ToLowerInvariant()))
            {
                json.WriteStartObject();
                json.WriteString("id", role);
                json.WriteString("name", role);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            ServiceCatalog.Write(json, address, project.Id);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteNamed(Utf8JsonWriter json, string member, string id, string name)
    {
        json.WriteStartObject(member);
        json.WriteString("id", id);
        json.WriteString("name", name);
        json.WriteStartObject("domain");
        json.WriteString("id", ServiceCatalog.DomainId);
        json.WriteString("name", ServiceCatalog.DomainName);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>RFC 3339 with its zone: a client decodes it as a time.</summary>
    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    private static void WriteVersion(Utf8JsonWriter json, string address)
    {
        json.WriteStartObject();
        json.WriteString("id", "v3.8");
        json.WriteString("status", "stable");
        json.WriteString("updated", "2017-02-22T00:00:00Z");
        json.WriteStartArray("media-types");
        json.WriteEndArray();
        json.WriteStartArray("links");
        json.WriteStartObject();
        json.WriteString("rel", "self");
        json.WriteString("href", $"{address}/identity/v3/");
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
