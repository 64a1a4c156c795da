using System.Net;
using Holdfast.Control;
using Holdfast.Control.Catalog;
using Holdfast.Control.Users;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.Server.Tests.Identity;

/// <summary>A right that another server has ended, while this one remembers its token.</summary>
public sealed class EndedRightsTests(TestServer server)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(
        "POST",
        "/identity/v3/auth/tokens",
        """{"auth": {"identity": {"methods": ["token"], "token": {"id": "{t}"} } } }""",
        "reader"
    )]
    [InlineData("POST", "/identity/v3.0/OS-CREDENTIAL/credentials", """{"credential": {} }""", "reader")]
    [InlineData("POST", "/identity/v3/users", """{"user": {"name": "ended_made", "password": "pass word"} }""", "admin")]
    [InlineData("PATCH", "/identity/v3/users/{u}", """{"user": {"enabled": true} }""", "admin")]
    [InlineData("PUT", "/identity/v3/projects/{p}/users/{u}/roles/admin", null, "admin")]
    [InlineData("DELETE", "/identity/v3/projects/{p}/users/{u}/roles/member", null, "admin")]
    [InlineData("POST", "/identity/v3/projects", """{"project": {"name": "ended_made"} }""", "admin")]
    [InlineData("DELETE", "/identity/v3/projects/{p}", null, "admin")]
    [InlineData("GET", "/admin/v1/{p}/repository", null, "admin")]
    [InlineData("POST", "/v3/{p}/os-volume-manage", "{}", "admin")]
    public async Task Makes_nothing_that_lasts_and_rules_nothing(string method, string path, string? body, string role)
    {
        for (var attempt = 1; ; attempt++)
        {
            var name = $"ended_{Guid.CreateVersion7():N}";
            var (token, _) = await server.MakeCallerAsync(name, Enum.Parse<Role>(role, ignoreCase: true), "default");
            var user =
                await server.Server.Services.GetRequiredService<AccountStore>().FindByNameAsync(name, Cancel)
                ?? throw new InvalidOperationException("no user");
            (await server.SendAsync("GET", "/v2/{p}/backuppolicy", token: token)).Expect(200);

            await EndElsewhereAsync(user.Id);

            // Remembered for its few seconds, and no more than that; and forgotten with all others when somebody's rights change, as
            // other tests do meanwhile.
            if ((await server.SendAsync("GET", "/v2/{p}/backuppolicy", token: token)).Status != 200 && attempt < 10)
                continue;

            var itsPath = path.Replace("{u}", user.Id.Value, StringComparison.Ordinal);
            (await server.SendAsync(method, itsPath, body?.Replace("{t}", token, StringComparison.Ordinal), token)).Expect(401);
            return;
        }
    }

    [Fact]
    public async Task A_token_for_a_project_in_which_nothing_is_left_does_not_validate()
    {
        var (token, project) = await server.MakeCallerAsync("ended_role", Role.Member, "ended_project");
        var user =
            await server.Server.Services.GetRequiredService<AccountStore>().FindByNameAsync("ended_role", Cancel)
            ?? throw new InvalidOperationException("no user");
        Assert.Equal(HttpStatusCode.OK, await ValidateAsync(token));
        (await server.SendAsync("DELETE", $"/identity/v3/projects/{project}/users/{user.Id}/roles/member")).Expect(204);
        Assert.Equal(HttpStatusCode.NotFound, await ValidateAsync(token));
        Assert.Equal("AutoBackup.0213", (await server.SendAsync("GET", $"/v2/{project}/backuppolicy", token: token)).ExpectError(403));
    }

    private async Task<HttpStatusCode> ValidateAsync(string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/identity/v3/auth/tokens");
        request.Headers.Add("X-Auth-Token", server.Token);
        request.Headers.Add("X-Subject-Token", token);
        using var response = await server.Http.SendAsync(request, Cancel);
        return response.StatusCode;
    }

    private async Task EndElsewhereAsync(AccountId user)
    {
        var catalog = server.Server.Services.GetRequiredService<CatalogDatabase>();
        using var accounts = new AccountStore(catalog, TimeProvider.System);
        var other = new Administration(catalog, accounts, new TokenStore(catalog, TimeProvider.System));
        Assert.Equal(AdministrationOutcome.Done, await other.UpdateUserAsync(user, new UserChange { Password = "another one" }, Cancel));
    }
}
