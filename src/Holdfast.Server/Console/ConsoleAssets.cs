using System.Security.Cryptography;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Console;

/// <summary>The style sheet, the script and the icon. Their addresses hold a hash of what they hold, so browsers keep them for ever and
/// never have those of another version.</summary>
internal sealed class ConsoleAssets(ConsoleDoor door) : IEndpoints
{
    private static readonly Dictionary<string, (byte[] Bytes, string Type)> Files = new(StringComparer.Ordinal)
    {
        ["console.css"] = (Load("console.css"), "text/css; charset=utf-8"),
        ["console.js"] = (Load("console.js"), "text/javascript; charset=utf-8"),
        ["icon.svg"] = (Load("icon.svg"), "image/svg+xml"),
    };

    private static readonly Dictionary<string, string> Hashes = Files.ToDictionary(
        file => file.Key,
        file => Convert.ToHexStringLower(SHA256.HashData(file.Value.Bytes))[..12]
    );

    /// <summary>The address of a file below the console.</summary>
    public static string PathOf(string name) => $"/assets/{Hashes[name]}/{name}";

    public void Map(IEndpointRouteBuilder routes) =>
        door.Open(routes, "/assets/{hash}/{name}", "GET", AnswerAsync);

    private static async Task AnswerAsync(HttpContext context)
    {
        var name = (string?)context.GetRouteValue("name") ?? "";
        if (!Files.TryGetValue(name, out var file) || (string?)context.GetRouteValue("hash") != Hashes[name])
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        context.Response.ContentType = file.Type;
        context.Response.ContentLength = file.Bytes.Length;
        context.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        await context.Response.Body.WriteAsync(file.Bytes, context.RequestAborted);
    }

    private static byte[] Load(string name)
    {
        using var stream =
            typeof(ConsoleAssets).Assembly.GetManifestResourceStream($"Holdfast.Server.Console.Assets.{name}")
            ?? throw new InvalidOperationException($"The console's file '{name}' is not in the assembly.");
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
