using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Console;

/// <summary>What the address of a page asks for. People cut and change addresses: what makes no sense is taken as not said.</summary>
internal static class PageQuery
{
    private const int MostText = 255;

    public static string Text(HttpContext context, string name)
    {
        var text = context.Request.Query[name].ToString().Trim();
        return text.Length <= MostText ? text : text[..MostText];
    }

    /// <summary>A part of the page's own path, as a part of another.</summary>
    public static string Part(HttpContext context, string name) => Uri.EscapeDataString((string?)context.GetRouteValue(name) ?? "");

    /// <summary>Null where none of them is named.</summary>
    public static T? OneOf<T>(HttpContext context, string name)
        where T : struct, Enum =>
        Enum.GetValues<T>()
            .Where(one => one.ToString().Equals(Text(context, name), StringComparison.OrdinalIgnoreCase))
            .Select(one => (T?)one)
            .FirstOrDefault();

    /// <param name="least">Also what is taken where no number is given.</param>
    public static int Number(HttpContext context, string name, int least, int most = 1_000_000) =>
        int.TryParse(Text(context, name), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? Math.Clamp(number, least, most)
            : least;
}
