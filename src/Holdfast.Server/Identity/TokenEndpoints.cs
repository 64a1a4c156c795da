using Holdfast.Control;
using Holdfast.Control.Projects;
using Holdfast.Control.Users;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Identity;

/// <summary>Getting, checking and ending tokens, and what a token's bearer may reach (contract, clients.md, section 2).</summary>
internal sealed class TokenEndpoints(
    AccountStore accounts,
    ProjectStore projects,
    TokenStore tokens,
    Authenticator authenticator,
    AuditLog audit,
    AuditTrail trail,
    PublicAddress address,
    IdentityDoor door
) : IEndpoints
{
    private const string SubjectToken = "X-Subject-Token";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost(IdentityDoor.Root + "/auth/tokens", IssueAsync).OpenToAll();
        routes.MapPost(IdentityDoor.ShortRoot + "/auth/tokens", IssueAsync).OpenToAll();
        door.MapRead(routes, "/auth/tokens", ValidateAsync);
        door.Map(routes, "DELETE", "/auth/tokens", RevokeAsync);
        door.MapRead(routes, "/auth/catalog", CatalogAsync);
        door.MapRead(
            routes,
            "/auth/projects",
            async (context, caller) =>
                await JsonAnswer.WriteAsync(
                    context,
                    StatusCodes.Status200OK,
                    new ProjectsAnswer(
                        ProjectEndpoints.Filtered(
                            context,
                            await OwnProjectsAsync(caller.Account, context.RequestAborted),
                            door.AddressOf(context, "")
                        ),
                        new ListLinks(door.AddressOf(context, "/auth/projects"))
                    ),
                    IdentityJson.Default.ProjectsAnswer
                )
        );
        door.MapRead(
            routes,
            "/auth/domains",
            (context, _) =>
                JsonAnswer.WriteAsync(
                    context,
                    StatusCodes.Status200OK,
                    new DomainsAnswer(
                        DirectoryEndpoints.DomainsAsked(context, door.AddressOf(context, "")),
                        new ListLinks(door.AddressOf(context, "/auth/domains"))
                    ),
                    IdentityJson.Default.DomainsAnswer
                )
        );
    }

    private async Task IssueAsync(HttpContext context)
    {
        using var body = await RequestBody.ReadObjectAsync(
            context,
            () => new ApiException(StatusCodes.Status400BadRequest, "", "the request has no body")
        );
        try
        {
            var request = TokenRequest.Read(body.RootElement);
            var ground = await ReadGroundAsync(context, request);
            var (secret, token) =
                await tokens.IssueAsync(ground, request.Scope, context.RequestAborted) ?? throw TokenRequest.Unauthorized();
            if (ground is TokenGround.Password)
            {
                await trail.SignedInAsync(context, token.Account, token.Project?.Id);
            }

            await AnswerAsync(context, StatusCodes.Status201Created, secret, token);
        }
        catch (ApiException e) when (e.Status == StatusCodes.Status401Unauthorized)
        {
            authenticator.Challenge(context);
            throw;
        }
    }

    private async Task<TokenGround> ReadGroundAsync(HttpContext context, TokenRequest request)
    {
        if (request.Token is { } shown)
        {
            return new TokenGround.Parent(shown);
        }

        if (
            await accounts.VerifyPasswordAsync(
                request.UserName,
                request.UserId,
                request.Password ?? "",
                RemoteAddress.NetworkOf(context),
                context.RequestAborted
            ) is
            { } verified
        )
        {
            return new TokenGround.Password(verified);
        }

        audit.LoginFailed(context, request.UserName ?? request.UserId?.Value ?? "");
        throw TokenRequest.Unauthorized();
    }

    private async Task ValidateAsync(HttpContext context, IdentityCaller caller)
    {
        var (secret, subject) = await ReadSubjectAsync(context, caller);
        await AnswerAsync(context, StatusCodes.Status200OK, secret, subject);
    }

    private async Task RevokeAsync(HttpContext context, IdentityCaller caller)
    {
        var (secret, _) = await ReadSubjectAsync(context, caller);
        await tokens.RevokeAsync(secret, context.RequestAborted);
        await JsonAnswer.NoContent(context);
    }

    /// <summary>The token that is asked about. Its bearer may ask, and an admin. One for a project in which its account has no role any
    /// more is good for nothing.</summary>
    private async Task<(string Secret, Token Token)> ReadSubjectAsync(HttpContext context, IdentityCaller caller)
    {
        var secret = context.Request.Headers[SubjectToken].ToString();
        return
            await tokens.FindFreshAsync(secret, context.RequestAborted) is { } subject
            && caller.IsOrAdmin(subject.Account.Id)
            && (subject.Project is null || subject.Roles.Count > 0)
            ? (secret, subject)
            : throw new ApiException(StatusCodes.Status404NotFound, "", "there is no such token");
    }

    private async Task CatalogAsync(HttpContext context, IdentityCaller caller)
    {
        var project = caller.Token is { } token
            ? token.Project?.Id
            : ProjectOf(context) ?? await OnlyProjectAsync(caller.Account, context.RequestAborted);
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new CatalogAnswer(
                ServiceCatalog.Of(address.Of(context), project),
                new SelfLink(door.AddressOf(context, "/auth/catalog"))
            ),
            IdentityJson.Default.CatalogAnswer
        );
    }

    /// <summary>Whoever signs and names no project can mean but one, where they have no other.</summary>
    private async Task<ProjectId?> OnlyProjectAsync(Account account, CancellationToken cancel) =>
        await OwnProjectsAsync(account, cancel) is [var only] ? only.Id : null;

    /// <summary>Whoever signs has no token with a project in it; the catalog is written for the one that they name. It opens
    /// nothing.</summary>
    private static ProjectId? ProjectOf(HttpContext context) =>
        context.Request.Headers["X-Project-Id"].ToString() is { Length: > 0 and <= 64 } id && id.All(char.IsAsciiLetterOrDigit)
            ? new ProjectId(id)
            : null;

    private async Task<IReadOnlyList<Project>> OwnProjectsAsync(Account account, CancellationToken cancel)
    {
        var names = (await accounts.ProjectNamesAsync(account.Id, cancel)).ToHashSet(StringComparer.Ordinal);
        return [.. (await projects.ListAsync(cancel)).Where(project => names.Contains(project.Name))];
    }

    private Task AnswerAsync(HttpContext context, int status, string secret, Token token)
    {
        context.Response.Headers[SubjectToken] = secret;
        context.Response.Headers.CacheControl = "no-store";
        var withCatalog = !context.Request.Query.ContainsKey("nocatalog");
        return JsonAnswer.WriteAsync(
            context,
            status,
            new TokenEnvelope(Of(token, TokenStore.AuditIdOf(secret), withCatalog ? address.Of(context) : null)),
            IdentityJson.Default.TokenEnvelope
        );
    }

    /// <param name="address">Where the catalog's services are; null leaves the catalog out.</param>
    private static TokenAnswer Of(Token token, string audit, string? address)
    {
        var isScoped = token.Project is not null || token.IsDomain;
        return new(
            [.. token.Methods],
            [audit],
            token.IssuedAt,
            token.ExpiresAt,
            new(token.Account.Id.Value, token.Account.Name, NamedAnswer.OfDomain)
        )
        {
            Project = token.Project is { } project ? new(project.Id.Value) { Name = project.Name, Domain = NamedAnswer.OfDomain } : null,
            IsDomain = token.Project is null ? null : false,
            Domain = token.Project is null && token.IsDomain ? NamedAnswer.OfDomain : null,
            Roles = isScoped ? [.. token.Roles.Select(IdentityWire.NameOf).Select(role => new NamedAnswer(role) { Name = role })] : null,
            Catalog = isScoped && address is not null ? ServiceCatalog.Of(address, token.Project?.Id) : null,
        };
    }
}
