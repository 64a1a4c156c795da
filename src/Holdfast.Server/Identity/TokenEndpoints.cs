using System.Security.Cryptography;
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

/// <summary>Getting, checking and ending tokens, and what a token's bearer may reach (contract, clients.md, section 2).</summary>
internal sealed class TokenEndpoints(AccountStore accounts, ProjectStore projects, TokenStore tokens, PublicAddress address, IdentityDoor door)
{
    private const string SubjectToken = "X-Subject-Token";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost(IdentityDoor.Root + "/auth/tokens", IssueAsync).OpenToAll();
        door.Map(routes, "GET", "/auth/tokens", ValidateAsync);
        door.Map(routes, "HEAD", "/auth/tokens", async (context, caller) => _ = await ReadSubjectAsync(context, caller));
        door.Map(routes, "DELETE", "/auth/tokens", RevokeAsync);
        door.Map(routes, "GET", "/auth/catalog", CatalogAsync);
        door.Map(routes, "GET", "/auth/projects", async (context, caller) =>
            await IdentityWire.ListAsync(context, "projects", await OwnProjectsAsync(caller.Account, context.RequestAborted), door.AddressOf(context, "/auth/projects"), door.AddressOf(context, "/projects"), IdentityWire.WriteProject));
        door.Map(routes, "GET", "/auth/domains", (context, _) =>
            IdentityWire.ListAsync(context, "domains", DirectoryEndpoints.DomainsNamed(context), door.AddressOf(context, "/auth/domains"), door.AddressOf(context, "/domains"), IdentityWire.WriteDomain));
    }

    private async Task IssueAsync(HttpContext context)
    {
        using var body = await RequestBody.ReadObjectAsync(context, () => new ApiException(StatusCodes.Status400BadRequest, "", "the request has no body"));
        var request = TokenRequest.Read(body.RootElement);
        var (account, notAfter) = await IdentifyAsync(request, context.RequestAborted);
        var (secret, token) = request.Scope switch
        {
            TokenScope.Project scope => await tokens.IssueAsync(account, await FindProjectAsync(scope, account, context.RequestAborted), notAfter, context.RequestAborted),
            TokenScope.Domain => (await accounts.RolesAnywhereAsync(account.Id, context.RequestAborted)).Count > 0 ? await tokens.IssueForDomainAsync(account, notAfter, context.RequestAborted) : throw TokenRequest.Unauthorized(),
            _ => await tokens.IssueAsync(account, null, notAfter, context.RequestAborted),
        };
        await AnswerAsync(context, StatusCodes.Status201Created, secret, token, request.Token is null ? "password" : "token");
    }

    private async Task<(Account Account, DateTimeOffset? NotAfter)> IdentifyAsync(TokenRequest request, CancellationToken cancel)
    {
        if (request.Token is { } shown)
        {
            var token = await tokens.FindAsync(shown, cancel) ?? throw TokenRequest.Unauthorized();
            return (token.Account, token.ExpiresAt);
        }

        return (await accounts.VerifyPasswordAsync(request.UserName, request.UserId, request.Password ?? "", cancel) ?? throw TokenRequest.Unauthorized(), null);
    }

    /// <summary>The project of the scope, in which the account must have a role.</summary>
    private async Task<Project> FindProjectAsync(TokenScope.Project scope, Account account, CancellationToken cancel)
    {
        var project = scope.Id is { } id ? await projects.FindAsync(id, cancel) : await projects.FindByNameAsync(scope.Name ?? "", cancel);
        return project is { Enabled: true } && (await accounts.RolesAsync(account.Id, project.Id, cancel)).Count > 0 ? project : throw TokenRequest.Unauthorized();
    }

    private async Task ValidateAsync(HttpContext context, IdentityCaller caller)
    {
        var (secret, subject) = await ReadSubjectAsync(context, caller);
        await AnswerAsync(context, StatusCodes.Status200OK, secret, subject, "password");
    }

    private async Task RevokeAsync(HttpContext context, IdentityCaller caller)
    {
        var (secret, _) = await ReadSubjectAsync(context, caller);
        await tokens.RevokeAsync(secret, context.RequestAborted);
        await JsonAnswer.NoContent(context);
    }

    /// <summary>The token that is asked about. Its bearer may ask, and an admin.</summary>
    private async Task<(string Secret, Token Token)> ReadSubjectAsync(HttpContext context, IdentityCaller caller)
    {
        var secret = context.Request.Headers[SubjectToken].ToString();
        return await tokens.FindAsync(secret, context.RequestAborted) is { } subject && caller.IsOrAdmin(subject.Account.Id)
            ? (secret, subject)
            : throw new ApiException(StatusCodes.Status404NotFound, "", "there is no such token");
    }

    private Task CatalogAsync(HttpContext context, IdentityCaller caller) => JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, (project: caller.Token?.Project?.Id ?? ProjectOf(context), address: address.Of(context), self: door.AddressOf(context, "/auth/catalog")), static (json, answer) =>
    {
        json.WriteStartObject();
        ServiceCatalog.Write(json, answer.address, answer.project);
        IdentityWire.WriteListLinks(json, answer.self);
        json.WriteEndObject();
    });

    /// <summary>Whoever signs has no token with a project in it; the catalog is written for the one that they name. It opens nothing.</summary>
    private static ProjectId? ProjectOf(HttpContext context) => context.Request.Headers["X-Project-Id"].ToString() is { Length: > 0 and <= 64 } id && id.All(char.IsAsciiLetterOrDigit) ? new ProjectId(id) : null;

    private async Task<IReadOnlyList<Project>> OwnProjectsAsync(Account account, CancellationToken cancel)
    {
        var names = (await accounts.ProjectNamesAsync(account.Id, cancel)).ToHashSet(StringComparer.Ordinal);
        return [.. (await projects.ListAsync(cancel)).Where(project => names.Contains(project.Name))];
    }

    private Task AnswerAsync(HttpContext context, int status, string secret, Token token, string method)
    {
        context.Response.Headers[SubjectToken] = secret;
        context.Response.Headers.Vary = "X-Auth-Token";
        var withCatalog = !context.Request.Query.ContainsKey("nocatalog");
        return JsonAnswer.WriteAsync(context, status, (token, method, withCatalog, address: address.Of(context)), static (json, answer) => Write(json, answer.token, answer.method, answer.withCatalog, answer.address));
    }

    private static void Write(Utf8JsonWriter json, Token token, string method, bool withCatalog, string address)
    {
        json.WriteStartObject();
        json.WriteStartObject("token");
        json.WriteStartArray("methods");
        json.WriteStringValue(method);
        json.WriteEndArray();
        json.WriteStartArray("audit_ids");
        json.WriteStringValue(RandomNumberGenerator.GetHexString(16, lowercase: true));
        json.WriteEndArray();
        json.WriteString("issued_at", IdentityWire.Time(token.IssuedAt));
        json.WriteString("expires_at", IdentityWire.Time(token.ExpiresAt));
        IdentityWire.WriteNamed(json, "user", token.Account.Id.Value, token.Account.Name, withDomain: true);
        if (token.Project is { } project)
        {
            IdentityWire.WriteNamed(json, "project", project.Id.Value, project.Name, withDomain: true);
            json.WriteBoolean("is_domain", false);
        }
        else if (token.IsDomain)
        {
            IdentityWire.WriteNamed(json, "domain", ServiceCatalog.DomainId, ServiceCatalog.DomainName, withDomain: false);
        }

        if (token.Project is not null || token.IsDomain)
        {
            json.WriteStartArray("roles");
            foreach (var role in token.Roles.Select(IdentityWire.NameOf))
            {
                json.WriteStartObject();
                json.WriteString("id", role);
                json.WriteString("name", role);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            if (withCatalog)
            {
                ServiceCatalog.Write(json, address, token.Project?.Id);
            }
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
