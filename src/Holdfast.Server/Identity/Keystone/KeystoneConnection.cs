using System.Net;
using Holdfast.Engine.Basics;
using Holdfast.Server.Settings;

namespace Holdfast.Server.Identity.Keystone;

/// <summary>
/// The way to a Keystone, and to nobody else: what goes there are passwords and tokens, so neither an answer (by a redirect or a cookie)
/// nor the environment (by a proxy) has a say in where they go. Thread-safe.
/// </summary>
internal sealed class KeystoneConnection(KeystoneSettings settings, HttpMessageHandler handler) : IDisposable
{
    /// <summary>How long one request may take is said by whoever sends it.</summary>
    private readonly HttpClient _http = new(handler) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = 4 << 20 };

    public static SocketsHttpHandler MakeHandler(KeystoneSettings settings) =>
        new()
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ConnectTimeout = TimeSpan.FromSeconds(settings.TimeoutSeconds),
        };

    /// <summary>The answer, whole. Some servers close a connection that we think is open: then once more.</summary>
    /// <exception cref="HoldfastException"><see cref="FailureKind.Unavailable"/> when it points elsewhere.</exception>
    public async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> make, CancellationToken cancel)
    {
        HttpResponseMessage response;
        try
        {
            using var first = make();
            response = await _http.SendAsync(first, cancel);
        }
        catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.ResponseEnded or HttpRequestError.Unknown)
        {
            using var second = make();
            response = await _http.SendAsync(second, cancel);
        }

        if (response.StatusCode is < HttpStatusCode.MultipleChoices or >= HttpStatusCode.BadRequest)
        {
            return response;
        }

        using (response)
        {
            throw new HoldfastException(
                FailureKind.Unavailable,
                $"Keystone at {settings.Url} answered {(int)response.StatusCode} and points to '{response.Headers.Location}'. That is "
                    + $"not followed, because secrets would be sent there: set Identity:Keystone:Url to the address that answers itself."
            );
        }
    }

    public void Dispose() => _http.Dispose();
}
