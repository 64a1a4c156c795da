using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.OpenStack;

/// <summary>
/// Native paths as older clients write them, brought into the one form there is before they are looked up. Cinder takes a format behind the
/// name of a collection (<c>/os-availability-zone.json</c>), and the web servers in front of it make one slash of several behind the
/// project: fog sends both.
/// </summary>
internal static class NativePaths
{
    private const string Format = ".json";

    public static Task TidyAsync(HttpContext context, RequestDelegate next)
    {
        if (
            context.Request.Path.Value?.Split('/') is ["", "v2" or "v3", { Length: > 0 }, _, ..] segments
            && (segments[3].Length == 0 || segments[^1].EndsWith(Format, StringComparison.Ordinal))
        )
        {
            var rest = segments.Skip(3).ToList();
            if (rest is ["", { Length: > 0 }, ..])
            {
                rest.RemoveAt(0);
            }

            // Only where a collection stands: what an item is called may end so.
            if (rest is [{ Length: > 5 }] or [_, "detail.json"] && rest[^1].EndsWith(Format, StringComparison.Ordinal))
            {
                rest[^1] = rest[^1][..^Format.Length];
            }

            context.Request.Path = new PathString(string.Join('/', segments.Take(3).Concat(rest)));
        }

        return next(context);
    }
}
