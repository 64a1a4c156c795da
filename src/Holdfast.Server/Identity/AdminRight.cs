using Holdfast.Control.Users;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Identity;

/// <summary>Whether who calls is an admin at this moment, where an endpoint answers others, too: a right to everything must not outlive its
/// end by what is remembered of a token.</summary>
internal sealed class AdminRight(Authenticator authenticator)
{
    /// <summary>The rights of who signed were read just now.</summary>
    public async Task<bool> HasAsync(HttpContext context) =>
        context.Caller() is { IsAdmin: true } caller
        && (
            (await authenticator.IdentifyAsync(context, fresh: true)).Token is not { } token
            || (token.Project?.Id == caller.Project && token.Roles.Contains(Role.Admin))
        );
}
