using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Holdfast.Bench.Tasks;

/// <summary>
/// One keep-alive connection that sends a request made beforehand and reads the answer whole. Measuring shares the machine's cores with the
/// server; a full HTTP client would cost more than the server does and flatter every ratio.
/// </summary>
internal sealed class RawHttp : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[1 << 20];

    public RawHttp(int port) => _socket.Connect(IPAddress.Loopback, port);

    public static byte[] Request(int port, string path, string token) =>
        Encoding.ASCII.GetBytes(
            $"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Auth-Token: {token}\r\nAccept: application/json\r\n\r\n"
        );

    /// <summary>Returns the length of the body.</summary>
    public int Send(byte[] request) => Exchange(request).Length;

    public string SendAndRead(byte[] request)
    {
        var (start, length) = Exchange(request);
        return Encoding.UTF8.GetString(_buffer, start, length);
    }

    public void Dispose() => _socket.Dispose();

    private (int Start, int Length) Exchange(byte[] request)
    {
        _socket.Send(request);
        var filled = 0;
        var body = -1;
        var length = -1;
        while (body < 0 || filled < body + length)
        {
            var read = _socket.Receive(_buffer, filled, _buffer.Length - filled, SocketFlags.None);
            if (read == 0)
            {
                throw new IOException("The server closed the connection.");
            }

            filled += read;
            if (body < 0 && (body = _buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8)) >= 0)
            {
                length = ReadHead(_buffer.AsSpan(0, body));
                body += 4;
            }
        }

        return (body, length);
    }

    private static int ReadHead(ReadOnlySpan<byte> head)
    {
        var text = Encoding.ASCII.GetString(head);
        if (!text.StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
        {
            throw new IOException($"The server answered {text.Split('\r')[0]}.");
        }

        const string Name = "\r\nContent-Length: ";
        var at = text.IndexOf(Name, StringComparison.OrdinalIgnoreCase);
        if (at < 0)
        {
            throw new IOException("The answer has no Content-Length.");
        }

        var value = text.AsSpan(at + Name.Length);
        var end = value.IndexOf('\r');
        return int.Parse(end < 0 ? value : value[..end], CultureInfo.InvariantCulture);
    }
}
