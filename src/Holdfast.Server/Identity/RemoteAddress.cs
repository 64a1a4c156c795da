using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.Identity;

/// <summary>From where a caller comes, as far as they can be told apart.</summary>
internal static class RemoteAddress
{
    /// <summary>Whoever has one IPv6 address mostly has the 2^64 beside it.</summary>
    private const int BytesOfNetwork = 8;

    /// <summary>Callers of one network share a part of the room in the queue of logins.</summary>
    public static string NetworkOf(HttpContext context)
    {
        var address = Of(context);
        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? Convert.ToHexStringLower(address.GetAddressBytes().AsSpan(0, BytesOfNetwork))
            : address.ToString();
    }

    public static IPAddress Of(HttpContext context) =>
        context.Connection.RemoteIpAddress is not { } address ? IPAddress.None
        : address.IsIPv4MappedToIPv6 ? address.MapToIPv4()
        : address;
}
