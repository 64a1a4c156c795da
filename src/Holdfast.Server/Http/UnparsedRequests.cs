using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace Holdfast.Server.Http;

/// <summary>
/// Answers what Kestrel refuses before anything of ours sees the request: a request line or a header that is none. Kestrel tells of it,
/// then sends a bare head and closes the connection. Here the whole answer is made when it tells, and takes the place of that head.
/// </summary>
internal sealed class UnparsedRequests(TimeProvider clock) : IObserver<KeyValuePair<string, object?>>
{
    private const string EventName = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    /// <summary>Listens as long as the listener lives.</summary>
    public static void Answer(DiagnosticListener listener, TimeProvider clock) =>
        listener.Subscribe(new UnparsedRequests(clock), static (name, _, _) => name == EventName);

    /// <summary>For every connection: lets its last answer be replaced.</summary>
    public static ConnectionDelegate Prepare(ConnectionDelegate next) =>
        connection =>
        {
            var output = new ReplacingWriter(connection.Transport.Output);
            connection.Features.Set(output);
            connection.Transport = new Ends(connection.Transport.Input, output);
            return next(connection);
        };

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (
            value is { Key: EventName, Value: IFeatureCollection features }
            && features.Get<IHttpResponseFeature>() is { HasStarted: false }
            && features.Get<ReplacingWriter>() is { } output
            && features.Get<IBadRequestExceptionFeature>()?.Error is BadHttpRequestException error
        )
        {
            output.Replace(Write(error.StatusCode, features.Get<IHttpRequestFeature>()));
        }
    }

    public void OnCompleted() { }

    public void OnError(Exception error) { }

    /// <param name="request">As far as it was read: without a path when that is what is wrong.</param>
    private ReadOnlyMemory<byte> Write(int status, IHttpRequestFeature? request)
    {
        // A version of HTTP that there is not would be 505, and that is no failure of ours.
        status = status < StatusCodes.Status500InternalServerError ? status : StatusCodes.Status400BadRequest;
        var reason = ReasonPhrases.GetReasonPhrase(status);
        var path = request?.Path is ['/', ..] rooted ? rooted : "";
        var body = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(body);
        ErrorBody.Write(
            json,
            ErrorBody.Of(ApiFamilies.Of(path), status, code: null, $"the request cannot be read as HTTP: {reason.ToLowerInvariant()}")
        );
        json.Flush();
        IHeaderDictionary headers = new HeaderDictionary
        {
            ["Content-Length"] = body.WrittenCount.ToString(CultureInfo.InvariantCulture),
            ["Content-Type"] = "application/json",
            ["Connection"] = "close",
            ["Date"] = clock.GetUtcNow().ToString("r"),
        };
        ErrorMiddleware.TellId(headers);
        if (status == StatusCodes.Status405MethodNotAllowed)
        {
            // Only the target's form can be what the method does not take, and only these two have forms of their own.
            headers.Allow = "CONNECT, OPTIONS";
        }

        var head = Encoding.ASCII.GetBytes(
            $"HTTP/1.1 {status} {reason}\r\n{string.Concat(headers.Select(header => $"{header.Key}: {header.Value}\r\n"))}\r\n"
        );
        return request?.Method == HttpMethods.Head ? head : (byte[])[.. head, .. body.WrittenSpan];
    }

    private sealed class Ends(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }

    /// <summary>Another writer, until its last words are said: whatever is written after them is thrown away.</summary>
    private sealed class ReplacingWriter(PipeWriter inner) : PipeWriter
    {
        /// <summary>Takes what is written from now on.</summary>
        private byte[]? _waste;

        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => inner.UnflushedBytes;

        public void Replace(ReadOnlyMemory<byte> last)
        {
            inner.Write(last.Span);
            _waste = new byte[4096];
        }

        public override void Advance(int bytes)
        {
            if (_waste is null)
            {
                inner.Advance(bytes);
            }
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => _waste is null ? inner.GetMemory(sizeHint) : Waste(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => _waste is null ? inner.GetSpan(sizeHint) : Waste(sizeHint);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
            inner.FlushAsync(cancellationToken);

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        private byte[] Waste(int sizeHint) => sizeHint <= _waste?.Length ? _waste : _waste = new byte[sizeHint];
    }
}
