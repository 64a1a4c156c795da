using Holdfast.Server.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Vbs;

/// <summary>Tells an id that is empty in the path by its code: no route matches an empty segment. After the caller was looked at, as any
/// refusal of a path.</summary>
internal static class EmptyIds
{
    public static Task RefuseAsync(HttpContext context, RequestDelegate next)
    {
        if (context.GetEndpoint() is not RouteEndpoint && context.Request.Path.Value is { } path)
        {
            if (
                path.Contains("/backuppolicy//", StringComparison.Ordinal)
                || path.Contains("/backuppolicyresources//", StringComparison.Ordinal)
            )
            {
                throw VbsErrors.NoPolicyIdInPath();
            }

            if (path.Contains("/cloudbackups//restore", StringComparison.Ordinal))
            {
                throw VbsErrors.NoBackupIdInPath();
            }
        }

        return next(context);
    }
}
