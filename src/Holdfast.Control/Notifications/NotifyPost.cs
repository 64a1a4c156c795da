using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Notifications;

/// <summary>Sends one message to one target, once, within <see cref="Patience"/>. Whatever goes wrong is told and not thrown.</summary>
public sealed class NotifyPost : IDisposable
{
    /// <summary>How long an attempt may take, from the first byte to the last.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private const int MostRead = 1024;

    private readonly HttpClient _http;
    private readonly MailSender? _mail;
    private readonly TimeProvider _clock;

    public NotifyPost(NotificationSettings settings, TimeProvider clock)
    {
        _clock = clock;
        _mail = settings.Smtp is { } smtp ? new MailSender(smtp) : null;
        _http = new HttpClient(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                UseProxy = false,
                MaxResponseHeadersLength = 16,
                PooledConnectionLifetime = TimeSpan.FromMinutes(2),
                ConnectCallback = ConnectAsync,
            }
        )
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>What a receiver compares with the header <c>Holdfast-Signature</c>.</summary>
    /// <param name="timestamp">As in the header <c>Holdfast-Timestamp</c>.</param>
    public static string SignatureOf(string secret, string timestamp, string body)
    {
        var mac = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{timestamp}.{body}"));
        return $"v1={Convert.ToHexStringLower(mac)}";
    }

    /// <param name="payload">A <see cref="NotifyMessage"/> as it is stored: what is signed and sent.</param>
    internal async Task<SendResult> SendAsync(
        NotifyTarget target,
        string? secret,
        NotifyDeliveryId id,
        NotifyEvent one,
        string payload,
        CancellationToken cancel
    )
    {
        using var limit = new CancellationTokenSource(Patience, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        try
        {
            return (target.Kind, secret, _mail) switch
            {
                (NotifyKind.Webhook, { } key, _) => await PostAsync(target.Address, key, id, one, payload, either.Token),
                (NotifyKind.Webhook, null, _) => Failed(
                    "the target's secret does not open with this repository's key: give the target a new one"
                ),
                (_, _, { } mail) => await mail.SendAsync(target.Address, id, NotifyMessage.FromJson(payload), either.Token),
                _ => Failed("no mail server is set: Notifications:Smtp:Host"),
            };
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return Failed($"it did not answer within {Patience.TotalSeconds} s");
        }
        catch (OperationCanceledException)
        {
            throw;
        }
        catch (Exception e) when (limit.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            return Failed($"it did not answer within {Patience.TotalSeconds} s ({e.Message})");
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            return SendResult.Of(false, MailSender.StatusOf(e), (e is HttpRequestException ? e.InnerException ?? e : e).Message);
        }
    }

    public void Dispose() => _http.Dispose();

    private static SendResult Failed(string why) => SendResult.Of(false, null, why);

    private async Task<SendResult> PostAsync(
        string url,
        string secret,
        NotifyDeliveryId id,
        NotifyEvent one,
        string payload,
        CancellationToken cancel
    )
    {
        var timestamp = _clock.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new StringContent(payload, Encoding.UTF8) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("User-Agent", "Holdfast");
        request.Headers.Add("Holdfast-Event", NotifyNames.NameOf(one));
        request.Headers.Add("Holdfast-Delivery", id.ToString());
        request.Headers.Add("Holdfast-Timestamp", timestamp);
        request.Headers.Add("Holdfast-Signature", SignatureOf(secret, timestamp, payload));
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        var status = (int)response.StatusCode;
        return status is >= 300 and < 400
            ? SendResult.Of(false, status, "it answered with a redirect, which is not followed: give the target the new address")
            : SendResult.Of(response.IsSuccessStatusCode, status, await ReadAsync(response, cancel));
    }

    /// <summary>The beginning of the answer. That it cannot be read changes nothing: the status has come.</summary>
    private static async Task<string> ReadAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        var bytes = new byte[MostRead];
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancel);
            return Encoding.UTF8.GetString(bytes, 0, await body.ReadAtLeastAsync(bytes, MostRead, throwOnEndOfStream: false, cancel));
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException)
        {
            return "";
        }
    }

    /// <summary>Looks at where a name leads at the moment of connecting, so that none can lead elsewhere afterwards.</summary>
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var addresses = (await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, cancel)).Where(one => !TargetRules.IsForbidden(one));
        var usable = addresses.ToArray();
        if (usable.Length == 0)
        {
            throw new HoldfastException(
                FailureKind.Refused,
                $"'{context.DnsEndPoint.Host}' leads to a link-local address, to which nothing is sent"
            );
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(usable, context.DnsEndPoint.Port, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
