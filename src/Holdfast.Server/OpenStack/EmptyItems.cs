using Holdfast.Server.Http;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.OpenStack;

/// <summary>A path that ends behind a collection with a slash names an item of it whose id is empty: there is none. Routing would take it
/// for the collection, and a POST would make something.</summary>
internal static class EmptyItems
{
    private static readonly string[] Collections = ["volumes", "backups", "types"];

    public static Task RefuseAsync(HttpContext context, RequestDelegate next)
    {
        var path = context.Request.Path;
        return
            path.Value is { } text
            && text.EndsWith('/')
            && (path.StartsWithSegments("/v2") || path.StartsWithSegments("/v3"))
            && Collections.Contains(ProjectPath.Of(path)?.Resource, StringComparer.OrdinalIgnoreCase)
            ? throw VbsErrors.Native(StatusCodes.Status404NotFound, "The resource could not be found: the path ends with an empty id.")
            : next(context);
    }
}
