using System.Net;
using Holdfast.Server.Settings;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Http;

/// <summary>The address that callers are told: the configured one, else the one they used, as a proxy tells it. Without a slash at the
/// end.</summary>
internal sealed class PublicAddress(ServerSettings settings)
{
    public string Of(HttpContext context) =>
        settings.PublicUrl?.GetLeftPart(UriPartial.Path).TrimEnd('/')
        ?? $"{context.Request.Scheme}://{HostOf(context)}{context.Request.PathBase.ToUriComponent().TrimEnd('/')}";

    /// <summary>Old clients need not say whom they ask; they reached this address.</summary>
    private static string HostOf(HttpContext context) =>
        context.Request.Host is { HasValue: true, Value: { } host }
            ? host
            : new IPEndPoint(context.Connection.LocalIpAddress ?? IPAddress.Loopback, context.Connection.LocalPort).ToString();
}
