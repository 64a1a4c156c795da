using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Hosting;

/// <summary>The address that callers are told: the configured one, else the one they used. Without a slash at the end.</summary>
internal sealed class PublicAddress(ServerSettings settings)
{
    public string Of(HttpContext context) =>
        settings.PublicUrl?.GetLeftPart(UriPartial.Path).TrimEnd('/') ?? $"{context.Request.Scheme}://{context.Request.Host.Value}";
}
