using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Holdfast.Server.Tests.Identity;

/// <summary>Getting in, and not.</summary>
public sealed class AccessTests(TestServer server)
{
    [Fact]
    public async Task A_revoked_token_is_unknown()
    {
        var (token, _) = await server.LogInAsync("admin", TestServer.Password, "default");
        using var request = new HttpRequestMessage(HttpMethod.Delete, "/identity/v3/auth/tokens");
        request.Headers.Add("X-Auth-Token", token);
        request.Headers.Add("X-Subject-Token", token);

        using var revoked = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(204, (int)revoked.StatusCode);
        Assert.Equal("AutoBackup.0003", (await server.SendAsync("GET", "/v2/{p}/backuppolicy", token: token)).ExpectError(401));
    }

    [Theory]
    [InlineData(401, """{"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "admin", "password": "wrong"}}}}}""")]
    [InlineData(
        401,
        """{"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "nobody", "password": "wrong"}}}}}"""
    )]
    [InlineData(401, """{"auth": {"identity": {"methods": ["token"], "token": {"id": "wrong"}}}}""")]
    [InlineData(401, """{"auth": {"identity": {"methods": ["totp"]}}}""")]
    [InlineData(
        401,
        """{"auth": {"identity": {"methods": ["password", "totp"], "password": {"user": {"name": "admin", "password": "x"}}}}}"""
    )]
    [InlineData(400, """{"auth": {"identity": {"methods": ["password"], "password": {"user": {"password": "x"}}}}}""")]
    [InlineData(400, """{"auth": 5}""")]
    [InlineData(400, """{""")]
    public async Task A_bad_login_gets_identitys_own_error_body(int status, string body)
    {
        var error = (await server.SendAsync("POST", "/identity/v3/auth/tokens", body, token: null)).Expect(status).GetProperty("error");

        Assert.Equal(status, error.GetProperty("code").GetInt32());
        Assert.NotEmpty(error.GetProperty("title").GetString() ?? "");
    }

    [Fact]
    public async Task A_flood_of_logins_is_held_back_and_lets_nobody_in()
    {
        await using var flooded = await TestServer.StartAsync();
        const string Wrong =
            """{"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "admin", "password": "wrong"} } } } }""";
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 200).Select(_ => flooded.SendAsync("POST", "/identity/v3/auth/tokens", Wrong, token: null))
        );
        Assert.All(answers, answer => Assert.Contains(answer.Status, (int[])[401, 429]));
        Assert.Contains(answers, answer => answer.Status == 429 && answer.Json.GetProperty("error").GetProperty("code").GetInt32() == 429);
        Assert.NotEmpty((await flooded.LogInAsync("admin", TestServer.Password, "default")).Token);
    }

    [Fact]
    public async Task A_flood_from_one_address_keeps_nobody_out_who_comes_from_another()
    {
        await using var flooded = await TestServer.StartAsync();
        const string Wrong =
            """{"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "admin", "password": "wrong"} } } } }""";
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var held = new TaskCompletionSource();
        var flood = Enumerable
            .Range(0, 100)
            .Select(async _ =>
            {
                while (!end.IsCancellationRequested)
                {
                    if ((await flooded.SendAsync("POST", "/identity/v3/auth/tokens", Wrong, token: null)).Status == 429)
                    {
                        held.TrySetResult();
                    }
                }
            })
            .ToList();
        await held.Task.WaitAsync(TestContext.Current.CancellationToken);

        using var elsewhere = new HttpClient(FromAddress("127.0.0.2")) { BaseAddress = flooded.Http.BaseAddress };
        for (var i = 0; i < 5; i++)
        {
            using var body = new StringContent(
                Wrong.Replace("\"wrong\"", $"\"{TestServer.Password}\"", StringComparison.Ordinal),
                Encoding.UTF8,
                "application/json"
            );
            using var answer = await elsewhere.PostAsync(
                new Uri("/identity/v3/auth/tokens", UriKind.Relative),
                body,
                TestContext.Current.CancellationToken
            );
            Assert.Equal(201, (int)answer.StatusCode);
        }

        (
            await flooded.SendAsync("POST", "/identity/v3/users", """{"user": {"name": "made_meanwhile", "password": "pass word"} }""")
        ).Expect(201);
        await end.CancelAsync();
        await Task.WhenAll(flood);
    }

    [Fact]
    public async Task An_answer_with_a_token_is_not_to_be_kept_and_says_the_same_of_it_each_time()
    {
        var (token, made) = await server.LogInAsync("admin", TestServer.Password, "default");
        var child = $$"""{"auth": {"identity": {"methods": ["token"], "token": {"id": "{{token}}"} } } }""";
        using var issued = await SendAsync(HttpMethod.Post, null, child);
        Assert.Equal(
            ["token", "password"],
            (await ReadAsync(issued)).GetProperty("methods").EnumerateArray().Select(method => method.GetString())
        );

        using var shown = await SendAsync(HttpMethod.Get, token);
        using var looked = await SendAsync(HttpMethod.Head, token);
        var body = await ReadAsync(shown);
        Assert.Equal(made.GetProperty("token").GetProperty("audit_ids").GetRawText(), body.GetProperty("audit_ids").GetRawText());
        Assert.Equal(made.GetProperty("token").GetProperty("issued_at").GetRawText(), body.GetProperty("issued_at").GetRawText());
        Assert.Equal("[\"password\"]", body.GetProperty("methods").GetRawText());
        Assert.Equal("", await looked.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        foreach (var (answer, status) in ((HttpResponseMessage, int)[])[(issued, 201), (shown, 200), (looked, 200)])
        {
            Assert.Equal(
                (status, "no-store", "X-Auth-Token"),
                ((int)answer.StatusCode, answer.Headers.CacheControl?.ToString(), answer.Headers.Vary.ToString())
            );
            Assert.Equal(status == 201, answer.Headers.GetValues("X-Subject-Token").Single() != token);
        }
    }

    [Fact]
    public async Task Whoever_is_not_let_in_is_told_where_tokens_are_got()
    {
        using var refused = await SendAsync(
            HttpMethod.Post,
            null,
            """{"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "admin", "password": "wrong"} } } } }"""
        );
        Assert.Equal(
            (401, $"Keystone uri=\"{server.Http.BaseAddress}identity/v3\""),
            ((int)refused.StatusCode, refused.Headers.WwwAuthenticate.ToString())
        );
    }

    [Fact]
    public async Task A_token_without_a_project_reaches_nothing_of_one()
    {
        var (token, answer) = await server.LogInAsync("admin", TestServer.Password, project: null);

        Assert.False(answer.GetProperty("token").TryGetProperty("catalog", out _));
        Assert.Equal("AutoBackup.0213", (await server.SendAsync("GET", "/v2/{p}/backuppolicy", token: token)).ExpectError(403));
    }

    [Theory]
    [InlineData(404, "GET", "/identity/v3/trusts")]
    [InlineData(405, "PATCH", "/identity/v3/projects")]
    public async Task What_is_not_there_outside_of_all_projects_is_told_as_missing_but_not_to_strangers(
        int status,
        string method,
        string path
    )
    {
        var (token, _) = await server.LogInAsync("admin", TestServer.Password, "default");

        Assert.Equal(status, (await server.SendAsync(method, path, token: token)).Status);
        Assert.Equal(401, (await server.SendAsync(method, path, token: null)).Status);
    }

    private static SocketsHttpHandler FromAddress(string address) =>
        new()
        {
            ConnectCallback = async (context, cancel) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
                await socket.ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, cancel);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage answer) =>
        JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement.GetProperty("token");

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string? subject, string? body = null)
    {
        using var request = new HttpRequestMessage(method, "/identity/v3/auth/tokens");
        if (subject is not null)
        {
            request.Headers.Add("X-Auth-Token", server.Token);
            request.Headers.Add("X-Subject-Token", subject);
        }

        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        return await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
