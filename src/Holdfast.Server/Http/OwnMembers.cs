using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Http;

/// <summary>Members of ours, <c>holdfast:…</c>, in answers of the native API: only where the request asks for them, because clients hold
/// answers against schemas that know no other members.</summary>
internal static class OwnMembers
{
    /// <summary>The header of a request that asks: <c>Holdfast-Members: true</c>.</summary>
    public const string Header = "Holdfast-Members";

    /// <summary>Whether the request asks for them. Tells caches that the answer depends on it.</summary>
    public static bool AreAsked(HttpContext context)
    {
        var vary = context.Response.Headers.Vary.ToString();
        if (!vary.Contains(Header, StringComparison.Ordinal))
        {
            context.Response.Headers.Vary = vary.Length == 0 ? Header : $"{vary}, {Header}";
        }

        return "true".Equals(context.Request.Headers[Header].ToString().Trim(), StringComparison.OrdinalIgnoreCase);
    }
}
