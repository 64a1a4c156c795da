using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Http;

/// <summary>Where the console is.</summary>
internal static class ConsoleAddress
{
    public const string Root = "/console";

    /// <summary>Whether a browser asks, for a person: programs that want JSON do not ask for HTML.</summary>
    public static bool IsWanted(HttpRequest request) =>
        request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
}
