using System.Net.Sockets;
using System.Text;
using CsCheck;

namespace Holdfast.Server.Tests.Http;

/// <summary>What a client's library would never send: bytes that are written by hand.</summary>
public sealed class RawRequestTests(TestServer server)
{
    private const int Requests = 500;
    private const string Chunked = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";

    /// <summary>A request line that cannot be read has no path, so its refusal is native; a header or body that cannot be read has the body
    /// of the path's family.</summary>
    [Theory]
    [InlineData(400, null, "GARBAGE\r\n\r\n")]
    [InlineData(400, null, "GET /v2/{p}/backuppolicy\r\n\r\n")]
    [InlineData(400, null, "GET /v2/{p}/backuppolicy HTTP/3.7\r\nHost: x\r\n\r\n")]
    [InlineData(400, null, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
    [InlineData(400, null, "GET /v2/{p}/backuppolicy/%00 HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData(400, null, "GET /v2/{p}/backuppolicy/\u00e4 HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData(400, null, "\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003")]
    [InlineData(405, null, "GET * HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData(414, null, "GET /v2/{p}/backuppolicy?{70000} HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData(414, "/v2/{p}/backuppolicy", "GET /v2/{p}/backuppolicy?{9000} HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData(400, "/v2/{p}/backuppolicy", "GET /v2/{p}/backuppolicy HTTP/1.1\r\n\r\n")]
    [InlineData(400, "/v2/{p}/backuppolicy", "GET /v2/{p}/backuppolicy HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n")]
    [InlineData(400, "/v2/{p}/cloudbackups/x", "GET /v2/{p}/cloudbackups/x HTTP/1.1\r\nHost: x\r\nbad\r\n\r\n")]
    [InlineData(400, "/v3/{p}/backups", "GET /v3/{p}/backups HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n")]
    [InlineData(400, "/identity/v3", "GET /identity/v3 HTTP/1.1\r\nHost: x\r\nX-Auth-Token: \u00e4\r\n\r\n")]
    [InlineData(400, "/v1/{p}/jobs/x", "GET /v1/{p}/jobs/x HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n")]
    [InlineData(431, "/v2/{p}/backuppolicy", "GET /v2/{p}/backuppolicy HTTP/1.1\r\nHost: x\r\nX: {40000}\r\n\r\n")]
    [InlineData(
        400,
        "/identity/v3/auth/tokens",
        "POST /identity/v3/auth/tokens HTTP/1.1\r\nHost: x\r\n" + Chunked + "ffffffffffffffffff\r\n{}"
    )]
    [InlineData(400, "/identity/v3/auth/tokens", "POST /identity/v3/auth/tokens HTTP/1.1\r\nHost: x\r\n" + Chunked + "zz\r\n{}")]
    [InlineData(
        400,
        "/v2/{p}/backuppolicy",
        "POST /v2/{p}/backuppolicy HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {t}\r\n" + Chunked + "ffffffffffffffffff\r\n{}"
    )]
    [InlineData(
        400,
        "/v2/{p}/cloudbackups",
        "POST /v2/{p}/cloudbackups HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {t}\r\n" + Chunked + "-1\r\n{}"
    )]
    [InlineData(
        400,
        "/v3/{p}/volumes",
        "POST /v3/{p}/volumes HTTP/1.1\r\nHost: x\r\nAuthorization: SDK-HMAC-SHA256 Access=a, SignedHeaders=host, "
            + "Signature=0000000000000000000000000000000000000000000000000000000000000000\r\n"
            + Chunked
            + "ffffffffffffffffff\r\n{}"
    )]
    public async Task What_cannot_be_read_is_refused_in_the_paths_family_with_an_id(int status, string? path, string request)
    {
        var (told, head, body) = Parse(await ExchangeAsync(request, patience: 60));
        Assert.True(told == status, $"{told} {body}");
        Refusals.Check(told, "GET", path?.Replace("{p}", server.Project, StringComparison.Ordinal), body, server.Folder, request);
        Assert.Contains("Content-Type: application/json\r\n", head, StringComparison.Ordinal);
        Assert.Contains("X-Openstack-Request-Id: req-", head, StringComparison.Ordinal);
        Assert.Contains("X-Compute-Request-Id: req-", head, StringComparison.Ordinal);
        Assert.Equal(status == 405, head.Contains("Allow: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_hardly_HTTP_gets_an_answer_below_500_or_none()
    {
        var targets = Gen.OneOf(
            Gen.OneOfConst(
                "/v2/{p}/backuppolicy/%zz/tags",
                "/v2/{p}/backuppolicy/%",
                "/v2/{p}/backups/%C3%28",
                "/v2/{p}/backups/a%00b",
                "/v2/{p}/backups?name=%zz&limit=%",
                "//",
                "/v2/{p}//backups",
                "/v2/{p}/backups/../backups",
                "*",
                "http://elsewhere/v2/{p}/backups",
                "/v2/{p}/backups#x",
                "/v3/{p}/volumes?name=%ff%fe",
                "/v2/{p}/backups/\u00ff"
            ),
            Gen.String[Gen.Char[' ', '\u00ff'], 0, 40].Select(text => $"/v2/{{p}}/{text}")
        );
        var headers = Gen.OneOfConst(
            "",
            "Content-Length: 5\r\n",
            "Content-Length: -1\r\n",
            "Content-Length: 99999999999\r\n",
            "Transfer-Encoding: chunked\r\n",
            "Content-Type: \0\r\n",
            "X: y\r\n z\r\n",
            "Expect: 100-continue\r\n",
            "X: \u00e4\u00ff\r\n",
            "Host: y\r\n"
        );
        var body = Gen.OneOfConst(
            "",
            "{}",
            "5\r\nhello\r\n0\r\n\r\n",
            "zz\r\n",
            "\0\0\0",
            "ffffffffffffffffff\r\n{}",
            "8000000000000000\r\n{}"
        );
        var answered = 0;
        await Gen.Select(Gen.OneOfConst("GET", "POST", "PUT", "DELETE", "PATCH", "BREW", "GET\t"), targets, headers, body)
            .SampleAsync(
                async sample =>
                {
                    var (method, target, header, content) = sample;
                    var text = await ExchangeAsync(
                        $"{method} {target} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {{t}}\r\nConnection: close\r\n{header}\r\n{content}",
                        patience: MayWaitForMore(header) ? 0.2 : 60
                    );
                    if (text.Length == 0)
                    {
                        return;
                    }

                    Interlocked.Increment(ref answered);
                    var (status, _, answer) = Parse(text);
                    Assert.True(status is (>= 200 and < 500) or 100, $"{text} for {sample}");
                    Assert.True(status is 100 or (< 400) || answer.Length > 0, $"{text} for {sample}");
                },
                iter: Requests,
                threads: 2
            );
        Assert.True(answered > Requests / 3, $"Only {answered} were answered.");
    }

    /// <summary>Whether a header tells of a body that may be longer than the one that is sent: then the server waits for the rest, and only
    /// then a client has to give up. Of all others it knows that they ended.</summary>
    private static bool MayWaitForMore(string header) =>
        header is "Content-Length: 5\r\n" or "Content-Length: 99999999999\r\n" or "Transfer-Encoding: chunked\r\n";

    /// <summary>A client that goes in the middle of its request is nobody's failure; the next one is answered.</summary>
    [Fact]
    public async Task A_client_that_resets_its_connection_harms_nobody()
    {
        for (var i = 0; i < 20; i++)
        {
            using var client = await ConnectAsync();
            client.LingerState = new LingerOption(true, 0);
            await client
                .GetStream()
                .WriteAsync(
                    Encoding.Latin1.GetBytes(
                        $"POST /identity/v3/auth/tokens HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
                            + $"100\r\n\r\n{{\"a\":"
                    ),
                    TestContext.Current.CancellationToken
                );
        }

        (await server.SendAsync("GET", "/healthz", token: null)).Expect(200);
    }

    private static (int Status, string Head, string Body) Parse(string answer)
    {
        var end = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        Assert.True(end > 0 && answer.StartsWith("HTTP/1.1 ", StringComparison.Ordinal), answer);
        return (int.Parse(answer.AsSpan(9, 3)), answer[..(end + 2)], answer[(end + 4)..]);
    }

    private async Task<TcpClient> ConnectAsync()
    {
        var client = new TcpClient();
        await client.ConnectAsync(
            server.Http.BaseAddress?.Host ?? "",
            server.Http.BaseAddress?.Port ?? 0,
            TestContext.Current.CancellationToken
        );
        return client;
    }

    /// <summary>Sends characters as bytes. <c>{t}</c> stands for a token, <c>{9000}</c> for so many letters.</summary>
    private async Task<string> ExchangeAsync(string request, double patience)
    {
        request = request.Replace("{p}", server.Project, StringComparison.Ordinal).Replace("{t}", server.Token, StringComparison.Ordinal);
        foreach (var length in (int[])[9_000, 40_000, 70_000])
        {
            request = request.Replace($"{{{length}}}", new string('a', length), StringComparison.Ordinal);
        }

        using var client = await ConnectAsync();
        using var answer = new MemoryStream();
        using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(patience));
        try
        {
            await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request), enough.Token);
            await client.GetStream().CopyToAsync(answer, enough.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The server closed before it had read everything, or waits for the rest of a body.
        }

        return Encoding.UTF8.GetString(answer.ToArray());
    }
}
