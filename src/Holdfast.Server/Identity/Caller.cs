using Holdfast.Control;
using Holdfast.Control.Users;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Identity;

/// <summary>Who calls, in which project. Made by <see cref="AuthMiddleware"/>; an endpoint without one cannot be reached.</summary>
/// <param name="Project">In which the request is carried out: that of the path, or where an admin acts on what is another's, the other
/// (see docs/decisions/0023).</param>
internal sealed record Caller(Token Token, ProjectId Project)
{
    /// <summary>The project of the path, which the token is for.</summary>
    public ProjectId Home => Token.Project?.Id ?? Project;

    public bool IsAdmin => Token.Roles.Contains(Role.Admin);
}

/// <summary>Metadata: what an endpoint asks of its caller. Without it an endpoint asks for <see cref="Role.Reader"/> to read and
/// <see cref="Role.Member"/> for the rest.</summary>
internal sealed record NeedsRole(Role Role);

/// <summary>Metadata: an endpoint that anybody may call.</summary>
internal sealed class OpenToAll
{
    public static readonly OpenToAll Instance = new();
}

internal static class CallerExtensions
{
    public static Caller Caller(this HttpContext context) =>
        context.Features.Get<Caller>() ?? throw new InvalidOperationException($"'{context.Request.Path}' was reached without a caller.");

    public static TBuilder Needs<TBuilder>(this TBuilder endpoint, Role role)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new NeedsRole(role));

    public static TBuilder OpenToAll<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(Identity.OpenToAll.Instance);
}
