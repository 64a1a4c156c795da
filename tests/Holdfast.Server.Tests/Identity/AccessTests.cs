using Holdfast.Control.Projects;
using Holdfast.Control.Users;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.Server.Tests.Identity;

/// <summary>Who gets where, over every endpoint that is mapped: a new one cannot be forgotten.</summary>
public sealed class AccessTests(TestServer server)
{
    [Fact]
    public async Task No_endpoint_of_a_project_answers_without_a_token_that_is_good_for_it()
    {
        var other = await ProjectTokenAsync("elsewhere", Role.Admin);
        foreach (var (method, path, _) in Endpoints())
        {
            Assert.True((await server.SendAsync(method, path, token: null)).Status == 401, $"{method} {path} without a token");
            Assert.True((await server.SendAsync(method, path, token: "hft_wrong")).Status == 401, $"{method} {path} with a wrong token");
            Assert.True((await server.SendAsync(method, path, token: other)).Status == 403, $"{method} {path} with another project's token");
        }
    }

    [Fact]
    public async Task A_reader_reads_and_changes_nothing_and_only_an_admin_does_what_needs_one()
    {
        var reader = await RoleTokenAsync("reader", Role.Reader);
        var member = await RoleTokenAsync("member", Role.Member);
        foreach (var (method, path, needed) in Endpoints())
        {
            Assert.True((await server.SendAsync(method, path, token: reader)).Status == 403 == needed < Role.Reader, $"{method} {path} as reader");
            Assert.True((await server.SendAsync(method, path, token: member)).Status == 403 == needed < Role.Member, $"{method} {path} as member");
        }
    }

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
    [InlineData(400, """{"auth": {"identity": {"methods": ["totp"]}}}""")]
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
    public async Task A_token_without_a_project_reaches_nothing_of_one()
    {
        var (token, answer) = await server.LogInAsync("admin", TestServer.Password, project: null);

        Assert.False(answer.GetProperty("token").TryGetProperty("catalog", out _));
        Assert.Equal("AutoBackup.0213", (await server.SendAsync("GET", "/v2/{p}/backuppolicy", token: token)).ExpectError(403));
    }

    private List<(string Method, string Path, Role Needed)> Endpoints()
    {
        var found = from endpoint in server.Server.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
                    where endpoint.Metadata.GetMetadata<OpenToAll>() is null
                    let path = endpoint.RoutePattern.RawText?.Replace("{project}", "{p}", StringComparison.Ordinal) ?? ""
                    from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []
                    let needed = endpoint.Metadata.GetMetadata<NeedsRole>()?.Role ?? (method == "GET" ? Role.Reader : Role.Member)
                    select (method, path.Replace("{policy}", "none", StringComparison.Ordinal).Replace("{volume}", "none", StringComparison.Ordinal).Replace("{backup}", "none", StringComparison.Ordinal).Replace("{job}", "none", StringComparison.Ordinal), needed);
        var list = found.Distinct().ToList();
        Assert.True(list.Count >= 20, $"Only {list.Count} endpoints were found.");
        return list;
    }

    private async Task<string> RoleTokenAsync(string name, Role role)
    {
        var services = server.Server.Services;
        var account = await services.GetRequiredService<AccountStore>().CreateAsync(name, "pass word", TestContext.Current.CancellationToken) ?? throw new InvalidOperationException("made twice");
        await services.GetRequiredService<AccountStore>().GrantAsync(account.Id, new(server.Project), role, TestContext.Current.CancellationToken);
        return (await server.LogInAsync(name, "pass word", "default")).Token;
    }

    private async Task<string> ProjectTokenAsync(string name, Role role)
    {
        var services = server.Server.Services;
        var project = await services.GetRequiredService<ProjectStore>().EnsureAsync(name, TestContext.Current.CancellationToken);
        var account = await services.GetRequiredService<AccountStore>().CreateAsync(name, "pass word", TestContext.Current.CancellationToken) ?? throw new InvalidOperationException("made twice");
        await services.GetRequiredService<AccountStore>().GrantAsync(account.Id, project.Id, role, TestContext.Current.CancellationToken);
        return (await server.LogInAsync(name, "pass word", name)).Token;
    }
}
