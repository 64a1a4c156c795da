using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Console;

/// <summary>
/// The console's four cookies, sent to the console alone and never with what another site posts. The session is a token of the identity
/// service and nothing else, so it ends when the token does.
/// </summary>
internal static class ConsoleCookies
{
    private const string Session = "holdfast_session";
    private const string Made = "holdfast_made";
    private const string Theme = "holdfast_theme";
    private const string Note = "holdfast_note";
    private const int MostNote = 1000;

    public static string? SessionOf(HttpRequest request) =>
        request.Cookies.TryGetValue(Session, out var secret) && secret.Length > 0 ? secret : null;

    /// <summary>Whether the session's token was made for it, and is nobody else's.</summary>
    public static bool IsMade(HttpRequest request) => request.Cookies.TryGetValue(Made, out var made) && made == "1";

    public static void Begin(HttpContext context, string root, string secret, bool isMade)
    {
        context.Response.Cookies.Append(Session, secret, Options(context, root));
        context.Response.Cookies.Append(Made, isMade ? "1" : "0", Options(context, root));
    }

    public static void End(HttpContext context, string root)
    {
        context.Response.Cookies.Delete(Session, Options(context, root));
        context.Response.Cookies.Delete(Made, Options(context, root));
    }

    /// <summary>What every form of a session carries. Only who has the session can make it, and it opens nothing by itself.</summary>
    public static string FormProofOf(string secret) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), "holdfast console form"u8));

    public static bool IsFormProof(string given, string secret) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(FormProofOf(secret)));

    public static string ThemeOf(HttpRequest request) =>
        request.Cookies.TryGetValue(Theme, out var theme) && theme is "light" or "dark" ? theme : "auto";

    public static void SetTheme(HttpContext context, string root, string theme) =>
        context.Response.Cookies.Append(
            Theme,
            theme is "light" or "dark" ? theme : "auto",
            Options(context, root, TimeSpan.FromDays(365))
        );

    /// <summary>Keeps a note for the next page.</summary>
    public static void Tell(HttpContext context, string root, ConsoleNote note)
    {
        var text = note.Text.Length <= MostNote ? note.Text : $"{note.Text[..MostNote]}…";
        context.Response.Cookies.Append(
            Note,
            (note.IsGood ? "+" : "-") + Convert.ToBase64String(Encoding.UTF8.GetBytes(text)),
            Options(context, root, TimeSpan.FromMinutes(1))
        );
    }

    /// <summary>The note for this page, which no other page shows again.</summary>
    public static ConsoleNote? TakeNote(HttpContext context, string root)
    {
        if (!context.Request.Cookies.TryGetValue(Note, out var kept) || kept.Length < 2)
        {
            return null;
        }

        context.Response.Cookies.Delete(Note, Options(context, root));
        var bytes = new byte[kept.Length];
        return Convert.TryFromBase64String(kept[1..], bytes, out var length)
            ? new ConsoleNote(kept[0] == '+', Encoding.UTF8.GetString(bytes, 0, length))
            : null;
    }

    /// <summary>Lax: a link in a message still finds its reader signed in; what another site posts comes without the cookie.</summary>
    private static CookieOptions Options(HttpContext context, string root, TimeSpan? age = null) =>
        new()
        {
            Path = root,
            HttpOnly = true,
            SameSite = SameSiteMode.Lax,
            Secure = context.Request.IsHttps,
            MaxAge = age,
            IsEssential = true,
        };
}
