using System.Net;

namespace Holdfast.Engine.Tests.Objects.S3;

/// <summary>Makes requests fail, half of them before they are sent and half of them when they have had their effect; of answers with a
/// body some break off in the middle.</summary>
/// <param name="share">Of 1000 requests so many fail.</param>
internal sealed class FaultHandler(HttpMessageHandler sends, int share, int seed) : DelegatingHandler(sends)
{
    private readonly Random _random = new(seed);
    private readonly Lock _lock = new();
    private int _outage;

    public int Failures { get; private set; }

    public int Requests { get; private set; }

    /// <summary>So many requests from now on all fail.</summary>
    public void BeginOutage(int requests) => Volatile.Write(ref _outage, requests);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var (fails, kind) = Draw();
        if (fails && kind == 0)
            throw new HttpRequestException("The test lets no connection through.");

        if (fails && kind == 1)
            return new HttpResponseMessage(HttpStatusCode.ServiceUnavailable) { RequestMessage = request };

        var answer = await base.SendAsync(request, cancellationToken);
        if (!fails)
            return answer;

        if (kind == 2 && request.Method == HttpMethod.Get && answer.Content.Headers.ContentLength > 1)
        {
            var cut = new ByteArrayContent((await answer.Content.ReadAsByteArrayAsync(cancellationToken))[..1]);
            foreach (var (name, values) in answer.Content.Headers)
                cut.Headers.TryAddWithoutValidation(name, values);

            answer.Content = cut;
            return answer;
        }

        answer.Dispose();
        return kind == 2 ? new HttpResponseMessage(HttpStatusCode.InternalServerError) { RequestMessage = request }
            : throw new HttpRequestException("The test loses the answer.", new IOException("The connection was cut."));
    }

    private (bool Fails, int Kind) Draw()
    {
        lock (_lock)
        {
            Requests++;
            var fails = _random.Next(1000) < share;
            if (_outage > 0)
            {
                _outage--;
                fails = true;
            }

            Failures += fails ? 1 : 0;
            return (fails, _random.Next(4));
        }
    }
}
