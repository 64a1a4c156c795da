using Holdfast.Control;
using Holdfast.Control.Users;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Identity;

/// <summary>Metadata: an endpoint of the identity service that asks who calls, in whatever project.</summary>
internal sealed record NeedsLogin(bool AdminOnly);

/// <summary>Who asks the identity service. An admin of any project, or of the domain, may manage users and projects: see
/// docs/decisions.</summary>
internal sealed record IdentityCaller(Account Account, Token? Token, bool IsAdmin)
{
    public bool IsOrAdmin(AccountId account) => IsAdmin || Account.Id == account;
}

/// <summary>The one way into the identity service for those who must say who they are: an endpoint that is mapped here cannot forget to
/// ask.</summary>
internal sealed class IdentityDoor(Authenticator authenticator, AccountStore accounts, PublicAddress address, AuditTrail trail)
{
    public const string Root = "/identity/v3";

    /// <summary>Where clients ask that keep of an endpoint's address only the host: what is below <c>/auth</c>, and no more, answers there,
    /// too. No project has the id "auth".</summary>
    public const string ShortRoot = "/v3";

    public void Map(
        IEndpointRouteBuilder routes,
        string method,
        string pattern,
        Func<HttpContext, IdentityCaller, Task> handler,
        bool adminOnly = false
    )
    {
        MapAt(routes, method, Root + pattern, handler, adminOnly);
        if (pattern.StartsWith("/auth/", StringComparison.Ordinal))
        {
            MapAt(routes, method, ShortRoot + pattern, handler, adminOnly);
        }
    }

    /// <summary>What is looked at: GET, and HEAD as for every GET of Keystone's.</summary>
    public void MapRead(
        IEndpointRouteBuilder routes,
        string pattern,
        Func<HttpContext, IdentityCaller, Task> handler,
        bool adminOnly = false
    )
    {
        Map(routes, "GET", pattern, handler, adminOnly);
        Map(routes, "HEAD", pattern, handler, adminOnly);
    }

    private void MapAt(
        IEndpointRouteBuilder routes,
        string method,
        string pattern,
        Func<HttpContext, IdentityCaller, Task> handler,
        bool adminOnly
    ) =>
        routes
            .MapMethods(
                pattern,
                [method],
                async context =>
                {
                    var caller = await IdentifyAsync(context);
                    if (adminOnly && !caller.IsAdmin)
                    {
                        throw VbsErrors.Forbidden("this needs the role admin");
                    }

                    await trail.BeginAsync(context);
                    await handler(context, caller);
                }
            )
            .OpenToAll()
            .WithMetadata(new NeedsLogin(adminOnly));

    /// <summary>Tells every answer of the identity service that it is the caller's own: caches ask again for another.</summary>
    public static Task TellAsync(HttpContext context, RequestDelegate next)
    {
        if (ApiFamilies.Of(context.Request.Path) == ApiFamily.Identity)
        {
            context.Response.Headers.Append("Vary", "X-Auth-Token");
        }

        return next(context);
    }

    /// <summary>An address under the identity service, as the caller reaches it.</summary>
    public string AddressOf(HttpContext context, string path) => $"{address.Of(context)}{Root}{path}";

    private async Task<IdentityCaller> IdentifyAsync(HttpContext context)
    {
        // What is changed here gives rights, or lasts: a right that has just ended must not make a lasting one.
        var isChange = !HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method);
        var identified = await authenticator.IdentifyAsync(context, fresh: isChange);
        AuditTrail.Know(context, identified.Account, identified.Token?.Project?.Id);
        var roles = identified.Token?.Roles ?? await accounts.RolesAnywhereAsync(identified.Account.Id, context.RequestAborted);
        return new IdentityCaller(identified.Account, identified.Token, roles.Contains(Role.Admin));
    }
}
