using Holdfast.Control;
using Holdfast.Control.Projects;
using Holdfast.Control.Users;
using Holdfast.Server.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Identity;

/// <summary>
/// Lets nobody past without a token that is good for the project in the path, or a signature by somebody who has a role there, and for what the endpoint
/// does. It comes after routing has looked the endpoint up but before an unknown route or method is told: strangers do not learn what there is.
/// </summary>
internal sealed class AuthMiddleware(RequestDelegate next, Authenticator authenticator, AccountStore accounts, ProjectStore projects, TimeProvider clock)
{
    /// <summary>Roots under which no path names a project. What nobody mapped there is told as missing, not as another project's.</summary>
    private static readonly string[] Projectless = ["/identity", "/image"];

    public async Task InvokeAsync(HttpContext context)
    {
        var endpoint = context.GetEndpoint();
        if (endpoint?.Metadata.GetMetadata<OpenToAll>() is not null)
        {
            await next(context);
            return;
        }

        // A right to everything must not outlive its end by what is remembered of it.
        var special = endpoint?.Metadata.GetMetadata<NeedsRole>()?.Role;
        var identified = await authenticator.IdentifyAsync(context, fresh: special == Role.Admin);
        if (endpoint is not RouteEndpoint && Projectless.Any(root => context.Request.Path.StartsWithSegments(root)))
        {
            await next(context);
            return;
        }

        var path = SegmentOfProject(context.Request.Path.Value ?? "").ToString();
        var token = identified.Token ?? await ForProjectAsync(identified.Account, new ProjectId(path), context.RequestAborted);
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

    /// <summary>The segment after the version: <c>/v2/{project}/…</c>, <c>/admin/v1/{project}/…</c>.</summary>
    private static ReadOnlySpan<char> SegmentOfProject(ReadOnlySpan<char> path)
    {
        if (path.StartsWith("/admin/"))
        {
            path = path["/admin".Length..];
        }

        for (var skipped = 0; skipped < 2; skipped++)
        {
            var slash = path.IndexOf('/');
            if (slash < 0)
            {
                return default;
            }

            path = path[(slash + 1)..];
        }

        var end = path.IndexOf('/');
        return end < 0 ? path : path[..end];
    }
}
