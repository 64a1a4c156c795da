using CsCheck;
using Holdfast.Engine.Basics;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Holdfast.Server.Tests.Http;

public sealed class ErrorBodyTests(TestServer server)
{
    [Theory]
    [InlineData("PATCH", "/v2/{p}/backuppolicy", 405, "error")]
    [InlineData("GET", "/v2/{p}/backuppolicy/a/b/c", 404, "error")]
    [InlineData("GET", "/v2/{p}/cloudbackups/x/y", 404, "error")]
    [InlineData("GET", "/v1/{p}/jobs/x", 404, "error")]
    [InlineData("GET", "/v3/{p}/volumes/x", 404, "itemNotFound")]
    [InlineData("GET", "/v3/{p}/backups/x", 404, "itemNotFound")]
    [InlineData("DELETE", "/v3/{p}/backups/x", 404, "itemNotFound")]
    [InlineData("PATCH", "/v3/{p}/volumes/x", 405, "badMethod")]
    [InlineData("POST", "/v3/{p}/os-volume-manage", 400, "badRequest")]
    [InlineData("GET", "/v3/{p}/backups/detail?limit=-1", 400, "badRequest")]
    [InlineData("GET", "/v3/{p}/backups/detail?marker=x", 404, "itemNotFound")]
    [InlineData("PATCH", "/V2/{p}/BackupPolicy", 405, "error")]
    [InlineData("GET", "/v2/{p}/CLOUDBACKUPS/x/y", 404, "error")]
    [InlineData("GET", "/IDENTITY/v3/nothing", 404, "error")]
    [InlineData("GET", "/identityx", 404, "itemNotFound")]
    [InlineData("GET", "/v3/{p}/volumes/backuppolicy", 404, "itemNotFound")]
    [InlineData("GET", "/v3/{p}/backups/x/jobs/", 404, "itemNotFound")]
    [InlineData("GET", "/nix", 404, "itemNotFound")]
    [InlineData("GET", "/v4/{p}/backups", 404, "itemNotFound")]
    [InlineData("GET", "/admin/v1", 404, "itemNotFound")]
    [InlineData("GET", "/v2//{p}/backups", 404, "itemNotFound")]
    public async Task A_refusal_has_the_body_of_its_paths_family(string method, string path, int status, string member) =>
        Assert.Equal(member, (await server.SendAsync(method, path)).Expect(status).EnumerateObject().Single().Name);

    /// <summary>Who is nobody is told as much where anybody may ask, and the methods that there are.</summary>
    [Theory]
    [InlineData("/")]
    [InlineData("/v2")]
    [InlineData("/v3/")]
    [InlineData("/healthz")]
    [InlineData("/docs/")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/identity/v3")]
    public async Task An_open_path_tells_which_methods_it_takes(string path)
    {
        foreach (var method in (string[])["PATCH", "TRACE", "OPTIONS", "DELETE"])
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            using var response = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(405, (int)response.StatusCode);
            Assert.Contains("GET", response.Content.Headers.Allow);
        }
    }

    [Fact]
    public async Task A_client_that_has_gone_is_nobodys_failure_and_a_body_that_cannot_be_read_is_its_senders()
    {
        Assert.Equal((499, 0), await ReadAsync(new ConnectionResetException("gone")));
        Assert.Equal((400, 0), await ReadAsync(new IOException("a chunk of no size", new OverflowException())));
        Assert.Equal((500, 1), await ReadAsync(new InvalidOperationException("a bug")));

        static async Task<(int Status, int Logged)> ReadAsync(Exception trouble)
        {
            var log = new CountingLog();
            var context = new DefaultHttpContext
            {
                Request = { Path = "/v2/p/backuppolicy", Body = new BrokenStream(trouble) },
                Response = { Body = new MemoryStream() },
            };
            await new ErrorMiddleware(
                async inner => (await RequestBody.ReadObjectAsync(inner, VbsErrors.EmptyRequest)).Dispose(),
                log
            ).InvokeAsync(context);
            return (context.Response.StatusCode, log.Count);
        }
    }

    [Fact]
    public async Task What_passes_is_told_with_when_to_try_again()
    {
        var context = new DefaultHttpContext { Response = { Body = new MemoryStream() } };
        await new ErrorMiddleware(_ => throw new HoldfastException(FailureKind.Unavailable, "away"), new CountingLog()).InvokeAsync(
            context
        );
        Assert.Equal(503, context.Response.StatusCode);
        Assert.Equal("5", context.Response.Headers.RetryAfter);
    }

    [Fact]
    public async Task A_body_that_is_too_large_or_no_JSON_is_refused()
    {
        Assert.Equal(
            "AutoBackup.0008",
            (await server.SendAsync("POST", "/v2/{p}/backuppolicy", new string(' ', 2_000_000))).ExpectError(413)
        );
        Assert.Equal(
            "AutoBackup.0008",
            (await server.SendAsync("POST", "/v2/{p}/backuppolicy", "<a/>", contentType: "text/xml")).ExpectError(415)
        );
    }

    [Fact]
    public async Task Nothing_that_is_sent_to_make_or_change_a_policy_is_answered_with_a_server_error()
    {
        var policy = await server.CreatePolicyAsync("fuzz_1");
        var values = Gen.OneOfConst(
            "null",
            "true",
            "0",
            "-1",
            "1e99",
            "12345678901234567890",
            "\"\"",
            "\"ON\"",
            "\"12:00\"",
            "\"UTC+01:00\"",
            "\"\\u0000\"",
            "\"\\ud800\"",
            "[]",
            "[null]",
            "[[]]",
            "{}",
            "[\"MON\"]",
            "[{\"key\":\"a\",\"value\":\"b\"}]"
        );
        var names = Gen.OneOfConst(
            "backup_policy_name",
            "scheduled_policy",
            "time_zone",
            "tags",
            "start_time",
            "frequency",
            "week_frequency",
            "rentention_num",
            "rentention_day",
            "status",
            "resources",
            "backup_policy_id"
        );
        var body = Gen.Select(names, values)
            .Array[0, 5]
            .Select(members => $$"""{ {{string.Join(", ", members.Select(m => $"\"{m.Item1}\": {m.Item2}"))}} }""");
        var nested = Gen.Select(
            body,
            body,
            (outer, inner) =>
                outer.Replace("{  }", "{}", StringComparison.Ordinal).Length > 3
                    ? outer[..^2] + $", \"scheduled_policy\": {inner} }}"
                    : inner
        );

        await Gen.Select(
                nested,
                Gen.OneOfConst(
                    ("POST", "/v2/{p}/backuppolicy"),
                    ("PUT", $"/v2/{{p}}/backuppolicy/{policy}"),
                    ("POST", "/v2/{p}/backuppolicyresources"),
                    ("POST", "/v3/{p}/os-volume-manage"),
                    ("POST", "/identity/v3/auth/tokens")
                )
            )
            .SampleAsync(
                async sample =>
                    Assert.InRange((await server.SendAsync(sample.Item2.Item1, sample.Item2.Item2, sample.Item1)).Status, 200, 499),
                iter: 1500,
                threads: 2
            );
    }

    private sealed class CountingLog : ILogger<ErrorMiddleware>
    {
        public int Count { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => Count++;
    }

    private sealed class BrokenStream(Exception trouble) : MemoryStream
    {
        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) =>
            Task.FromException(trouble);
    }
}
