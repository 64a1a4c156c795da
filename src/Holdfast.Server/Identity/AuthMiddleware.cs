using Holdfast.Control;
using Holdfast.Control.Projects;
using Holdfast.Control.Users;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Identity;

/// <summary>
/// Lets nobody past without a token that is good for the project in the path, or a signature by somebody who has a role there, and for what
/// the endpoint does. It comes after routing has looked the endpoint up but before an unknown route or method is told: strangers do not
/// learn what there is.
/// </summary>
internal sealed class AuthMiddleware(
    RequestDelegate next,
    Authenticator authenticator,
    AccountStore accounts,
    ProjectStore projects,
    OpenRoutes open,
    AuditTrail trail,
    TimeProvider clock
)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var endpoint = context.GetEndpoint();
        if (endpoint?.Metadata.GetMetadata<OpenToAll>() is not null || (endpoint is not RouteEndpoint && open.Has(context.Request.Path)))
        {
            await next(context);
            return;
        }

        // A right to everything must not outlive its end by what is remembered of it.
        var special = endpoint?.Metadata.GetMetadata<NeedsRole>()?.Role;
        var identified = await authenticator.IdentifyAsync(context, fresh: special == Role.Admin);
        AuditTrail.Know(context, identified.Account, identified.Token?.Project?.Id);
        var path = ProjectPath.Of(context.Request.Path)?.Project;
        if (path is null && endpoint is not RouteEndpoint)
        {
            // No project is named: what nobody mapped there is told as missing, not as another project's.
            await next(context);
            return;
        }

        var token = identified.Token ?? await ForProjectAsync(identified.Account, new ProjectId(path ?? ""), context.RequestAborted);
        var project = token.Project?.Id ?? throw VbsErrors.Forbidden("the token has no project; ask for one with a project as its scope");
        if (path != project.Value)
        {
            throw VbsErrors.Forbidden("the token is not for the project in the path");
        }

        var needed = special ?? (HttpMethods.IsGet(context.Request.Method) ? Role.Reader : Role.Member);
        if (!token.Roles.Any(role => role <= needed))
        {
            throw VbsErrors.Forbidden($"this needs the role {needed.ToString().ToLowerInvariant()} in the project");
        }

        context.Features.Set(new Caller(token, project));
        await trail.BeginAsync(context);
        await next(context);
    }

    /// <summary>A signed request names its project by its path alone: headers that name one are not signed.</summary>
    private async Task<Token> ForProjectAsync(Account account, ProjectId id, CancellationToken cancel)
    {
        var project = await projects.FindAsync(id, cancel);
        var roles = project is { Enabled: true } ? await accounts.RolesAsync(account.Id, id, cancel) : [];
        return roles.Count > 0
            ? new Token(account, project, roles, clock.GetUtcNow(), clock.GetUtcNow())
            : throw VbsErrors.Forbidden("the owner of the access key has no role in the project in the path");
    }
}
