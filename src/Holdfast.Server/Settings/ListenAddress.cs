using System.Net;

namespace Holdfast.Server.Settings;

/// <summary>Where to answer. Any other name than localhost would be answered on all interfaces, whatever it stands for.</summary>
public static class ListenAddress
{
    public const string Rule =
        "is an address like http://127.0.0.1:8776: http (for TLS put a proxy before it), an IP address or localhost, and a port";

    /// <summary>Null when the text is none.</summary>
    public static Uri? Parse(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url)
        && url is { Scheme: "http", AbsolutePath: "/", Query: "", Fragment: "", UserInfo: "" }
        && (url.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6 || url.Host == "localhost")
            ? url
            : null;

    /// <summary>Whether only this machine reaches it.</summary>
    public static bool IsLoopback(Uri listen) =>
        IPAddress.TryParse(listen.IdnHost, out var address) ? IPAddress.IsLoopback(address) : listen.Host == "localhost";
}
