using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Holdfast.Server.Http;

/// <summary>
/// Refuses a path with a segment '.' or '..', however it is spelled. The server resolves such segments before anything of ours sees the
/// path, so what was asked of a tag named '..' would be done to its policy.
/// </summary>
internal static class DotSegments
{
    public static Task RefuseAsync(HttpContext context, RequestDelegate next)
    {
        var path = PathOf(context.Features.Get<IHttpRequestFeature>()?.RawTarget);
        if (!(path.Contains('%') ? Has(Uri.UnescapeDataString(path)) : Has(path)))
        {
            return next(context);
        }

        // The path as it was sent says whose body the refusal has.
        context.Request.Path = new PathString($"/{Uri.UnescapeDataString(path)}");
        throw VbsErrors.DotSegment();
    }

    /// <summary>Both separators count, also where they are encoded: of a target that is an address the server takes a backslash for a
    /// slash.</summary>
    private static bool Has(ReadOnlySpan<char> path)
    {
        foreach (var segment in path.SplitAny('/', '\\'))
        {
            if (path[segment] is "." or "..")
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The path of a target without its first slash. The target may be an address: <c>http://host/path?query</c>.</summary>
    private static ReadOnlySpan<char> PathOf(ReadOnlySpan<char> target)
    {
        var end = target.IndexOfAny('?', '#');
        target = end < 0 ? target : target[..end];
        if (target.IndexOf("://", StringComparison.Ordinal) is var scheme and > 0 && target[0] != '/')
        {
            target = target[(scheme + 3)..];
        }

        var slash = target.IndexOfAny('/', '\\');
        return slash < 0 ? default : target[(slash + 1)..];
    }
}
