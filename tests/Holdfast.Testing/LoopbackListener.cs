using System.Net;
using System.Net.Sockets;

namespace Holdfast.Testing;

/// <summary>A listener for HTTP on a port of the loopback that was free.</summary>
public static class LoopbackListener
{
    /// <returns>What listens, and its address with a slash at its end.</returns>
    public static (HttpListener Listener, string Url) Start()
    {
        for (var i = 0; ; i++)
        {
            using var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            var url = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/";
            probe.Stop();
            var listener = new HttpListener { Prefixes = { url } };
            try
            {
                listener.Start();
                return (listener, url);
            }
            catch (HttpListenerException) when (i < 20)
            {
                // Somebody else has taken the port since.
            }
        }
    }
}
