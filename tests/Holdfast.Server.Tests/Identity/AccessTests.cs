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
    [InlineData(401, """{"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "nobody", "password": "wrong"}}}}}""")]
    [InlineData(401, """{"auth": {"identity": {"methods": ["token"], "token": {"id": "wrong"}}}}""")]
    [InlineData(401, """{"auth": {"identity": {"methods": ["totp"]}}}""")]
    [InlineData(401, """{"auth": {"identity": {"methods": ["password", "totp"], "password": {"user": {"name": "admin", "password": "x"}}}}}""")]
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
        const string Wrong = """{"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "admin", "password": "wrong"} } } } }""";
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => flooded.SendAsync("POST", "/identity/v3/auth/tokens", Wrong, token: null)));
        Assert.All(answers, answer => Assert.Contains(answer.Status, (int[])[401, 429]));
        Assert.Contains(answers, answer => answer.Status == 429 && answer.Json.GetProperty("error").GetProperty("code").GetInt32() == 429);
        Assert.NotEmpty((await flooded.LogInAsync("admin", TestServer.Password, "default")).Token);
    }

    [Fact]
    public async Task A_token_without_a_project_reaches_nothing_of_one()
    {
        var (token, answer) = await server.LogInAsync("admin", TestServer.Password, project: null);

        Assert.False(answer.GetProperty("token").TryGetProperty("catalog", out _));
        Assert.Equal("AutoBackup.0213", (await server.SendAsync("GET", "/v2/{p}/backuppolicy", token: token)).ExpectError(403));
    }

    [Theory]
    [InlineData(404, "GET", "/identity/v3/credentials")]
    [InlineData(405, "PATCH", "/identity/v3/projects")]
    [InlineData(404, "GET", "/image/v2/images")]
    public async Task What_is_not_there_outside_of_all_projects_is_told_as_missing_but_not_to_strangers(int status, string method, string path)
    {
        var (token, _) = await server.LogInAsync("admin", TestServer.Password, "default");

        Assert.Equal(status, (await server.SendAsync(method, path, token: token)).Status);
        Assert.Equal(401, (await server.SendAsync(method, path, token: null)).Status);
    }
}
