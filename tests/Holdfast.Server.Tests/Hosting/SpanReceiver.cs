using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Holdfast.Testing;

namespace Holdfast.Server.Tests.Hosting;

/// <param name="Parent">Empty for the first of its trace.</param>
/// <param name="Failure">What its status says; null where that is no error.</param>
/// <param name="Job">The job that it is of, or null.</param>
internal sealed record Span(string Trace, string Id, string Parent, string Name, string? Failure, string? Job);

/// <summary>A receiver of OTLP over HTTP on a port of the loopback, as far as these tests read it.</summary>
internal sealed class SpanReceiver : IDisposable
{
    private const int Error = 2;

    private readonly HttpListener _listener;

    public SpanReceiver()
    {
        (_listener, Url) = LoopbackListener.Start();
        _ = ServeAsync();
    }

    public string Url { get; }

    public ConcurrentQueue<string> Paths { get; } = [];

    public ConcurrentQueue<Span> Spans { get; } = [];

    /// <summary>All that came, as text: what must not be in it is looked for here.</summary>
    public ConcurrentQueue<string> Texts { get; } = [];

    public void Dispose() => _listener.Close();

    private async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                Paths.Enqueue(context.Request.RawUrl ?? "");
                Texts.Enqueue(Encoding.Latin1.GetString(body.ToArray()));
                Read(body.ToArray());
                context.Response.Close();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    /// <summary>An ExportTraceServiceRequest: resource_spans (1), in them scope_spans (2), in them spans (2). Source: the protocol's
    /// <c>trace.proto</c>.</summary>
    private void Read(byte[] request)
    {
        foreach (
            var span in Fields(request)
                .Where(field => field.Number == 1)
                .SelectMany(resource => Fields(resource.Bytes).Where(field => field.Number == 2))
                .SelectMany(scope => Fields(scope.Bytes).Where(field => field.Number == 2))
        )
        {
            var fields = Fields(span.Bytes).ToLookup(field => field.Number);
            byte[] First(int number) => fields[number].Select(field => field.Bytes).FirstOrDefault() ?? [];
            var status = Fields(First(15)).ToLookup(field => field.Number);
            Spans.Enqueue(
                new Span(
                    Convert.ToHexStringLower(First(1)),
                    Convert.ToHexStringLower(First(2)),
                    Convert.ToHexStringLower(First(4)),
                    Encoding.UTF8.GetString(First(5)),
                    status[3].Any(field => field.Value == Error)
                        ? Encoding.UTF8.GetString(status[2].Select(field => field.Bytes).FirstOrDefault() ?? [])
                        : null,
                    fields[9].Select(field => AttributeOf(field.Bytes)).FirstOrDefault(one => one.Key == "holdfast.job.id").Value
                )
            );
        }
    }

    /// <summary>A key (1) and a value (2), in which a text is 1.</summary>
    private static (string Key, string Value) AttributeOf(byte[] attribute)
    {
        var fields = Fields(attribute).ToLookup(field => field.Number);
        var value = Fields(fields[2].Single().Bytes).Where(field => field.Number == 1).Select(field => field.Bytes).FirstOrDefault();
        return (Encoding.UTF8.GetString(fields[1].Single().Bytes), Encoding.UTF8.GetString(value ?? []));
    }

    private static List<(int Number, ulong Value, byte[] Bytes)> Fields(byte[] message)
    {
        var fields = new List<(int, ulong, byte[])>();
        for (var at = 0; at < message.Length;)
        {
            var tag = Varint(message, ref at);
            var number = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    fields.Add((number, Varint(message, ref at), []));
                    break;
                case 1:
                    fields.Add((number, BinaryPrimitives.ReadUInt64LittleEndian(message.AsSpan(at)), []));
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint(message, ref at);
                    fields.Add((number, 0, message[at..(at + length)]));
                    at += length;
                    break;
                default:
                    fields.Add((number, BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(at)), []));
                    at += 4;
                    break;
            }
        }

        return fields;
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var part = message[at++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }
    }
}
