using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using IPNetwork = System.Net.IPNetwork;

namespace Holdfast.Server.Settings;

/// <summary>What a proxy says of the request that it passes on. Believed from the proxies of the settings, else from this machine's
/// own.</summary>
internal static class ForwardedRequests
{
    /// <summary>Not the caller's address: a proxy that passes on what its callers claim would let each of them be many.</summary>
    public static ForwardedHeadersOptions OptionsOf(ServerSettings settings)
    {
        var options = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost | ForwardedHeaders.XForwardedPrefix,
        };
        if (settings.Proxies is not { } networks)
        {
            return options;
        }

        if (networks.Count == 0)
        {
            // Without a list of proxies the framework would believe everybody.
            options.ForwardedHeaders = ForwardedHeaders.None;
        }

        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var network in networks)
        {
            options.KnownIPNetworks.Add(network);
        }

        return options;
    }

    /// <summary>Addresses and networks, with commas between them; null when one of them is neither. An empty text is none at all.</summary>
    public static IReadOnlyList<IPNetwork>? Parse(string text)
    {
        var networks = new List<IPNetwork>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (IPAddress.TryParse(part, out var address))
            {
                networks.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
            }
            else if (IPNetwork.TryParse(part, out var network))
            {
                networks.Add(network);
            }
            else
            {
                return null;
            }
        }

        return networks;
    }
}
