using System.Text.Json;
using Holdfast.Control.Users;
using Holdfast.Server.Identity;

namespace Holdfast.Server.Tests.Identity;

/// <summary>Users, projects and roles over HTTP, and every form in which clients ask for a token.</summary>
public sealed class DirectoryTests(TestServer server)
{
    [Fact]
    public async Task A_user_is_made_let_in_changed_and_removed()
    {
        var project = (await server.SendAsync("POST", "/identity/v3/projects", """{"project": {"name": "directory"} }"""))
            .Expect(201)
            .GetProperty("project")
            .GetProperty("id")
            .GetString();
        (await server.SendAsync("POST", "/identity/v3/projects", """{"project": {"name": "directory"} }""")).Expect(409);
        var user = (await server.SendAsync("POST", "/identity/v3/users", """{"user": {"name": "anna", "password": "pass word"} }"""))
            .Expect(201)
            .GetProperty("user")
            .GetProperty("id")
            .GetString();
        (await server.SendAsync("POST", "/identity/v3/users", """{"user": {"name": "anna", "password": "pass word"} }""")).Expect(409);
        (await LogInAsync("""{"name": "anna", "password": "pass word"}""", """{"project": {"name": "directory"} }""")).Expect(401);
        (await server.SendAsync("PUT", $"/identity/v3/projects/{project}/users/{user}/roles/member")).Expect(204);
        (await server.SendAsync("HEAD", $"/identity/v3/projects/{project}/users/{user}/roles/member")).Expect(204);
        (await server.SendAsync("HEAD", $"/identity/v3/projects/{project}/users/{user}/roles/reader")).Expect(404);
        Assert.Equal(
            "member",
            (await server.SendAsync("GET", $"/identity/v3/projects/{project}/users/{user}/roles"))
                .Expect(200)
                .GetProperty("roles")[0]
                .GetProperty("name")
                .GetString()
        );
        var assigned = (await server.SendAsync("GET", $"/identity/v3/role_assignments?user.id={user}&include_names=true"))
            .Expect(200)
            .GetProperty("role_assignments");
        Assert.Equal(
            "directory",
            Assert.Single(assigned.EnumerateArray()).GetProperty("scope").GetProperty("project").GetProperty("name").GetString()
        );

        var (token, _) = await server.LogInAsync("anna", "pass word", "directory");
        Assert.Equal(200, (await server.SendAsync("GET", $"/v2/{project}/backuppolicy", token: token)).Status);
        Assert.Equal(
            "directory",
            Assert
                .Single(
                    (await server.SendAsync("GET", "/identity/v3/projects", token: token))
                        .Expect(200)
                        .GetProperty("projects")
                        .EnumerateArray()
                )
                .GetProperty("name")
                .GetString()
        );
        (await server.SendAsync("GET", $"/identity/v3/projects/{server.Project}", token: token)).Expect(404);
        (await server.SendAsync("GET", $"/identity/v3/users/{user}", token: token)).Expect(200);
        (
            await server.SendAsync(
                "POST",
                $"/identity/v3/users/{user}/password",
                """{"user": {"password": "another one", "original_password": "wrong one"} }""",
                token
            )
        ).Expect(401);
        (
            await server.SendAsync(
                "POST",
                $"/identity/v3/users/{user}/password",
                """{"user": {"password": "short", "original_password": "pass word"} }""",
                token
            )
        ).Expect(400);
        (
            await server.SendAsync(
                "POST",
                $"/identity/v3/users/{user}/password",
                """{"user": {"password": "another one", "original_password": "pass word"} }""",
                token
            )
        ).Expect(204);
        (await server.SendAsync("GET", $"/v2/{project}/backuppolicy", token: token)).Expect(401);

        (await server.SendAsync("PATCH", $"/identity/v3/users/{user}", """{"user": {"enabled": false} }""")).Expect(200);
        (await LogInAsync("""{"name": "anna", "password": "another one"}""", null)).Expect(401);
        (await server.SendAsync("DELETE", $"/identity/v3/users/{user}")).Expect(204);
        (await server.SendAsync("GET", $"/identity/v3/users/{user}")).Expect(404);
        (await server.SendAsync("DELETE", $"/identity/v3/projects/{project}")).Expect(204);
        _ = await server.CreatePolicyAsync("keeps_its_project");
        (await server.SendAsync("DELETE", $"/identity/v3/projects/{server.Project}")).Expect(409);
    }

    [Fact]
    public async Task What_is_said_of_a_user_or_a_project_is_kept_until_it_is_taken_away()
    {
        var user = (
            await server.SendAsync(
                "POST",
                "/identity/v3/users",
                """{"user": {"name": "described", "email": "d@example.com", "description": "one", "enabled": false} }"""
            )
        )
            .Expect(201)
            .GetProperty("user");
        var project = (
            await server.SendAsync("POST", "/identity/v3/projects", """{"project": {"name": "described", "description": "two"} }""")
        )
            .Expect(201)
            .GetProperty("project");
        Assert.Equal(
            ("d@example.com", "one", false),
            (user.GetProperty("email").GetString(), user.GetProperty("description").GetString(), user.GetProperty("enabled").GetBoolean())
        );
        Assert.Equal("two", project.GetProperty("description").GetString());

        var path = $"/identity/v3/users/{user.GetProperty("id").GetString()}";
        (await server.SendAsync("PATCH", path, """{"user": {"description": null} }""")).Expect(200);
        (
            await server.SendAsync(
                "PATCH",
                $"/identity/v3/projects/{project.GetProperty("id").GetString()}",
                """{"project": {"description": "three"} }"""
            )
        ).Expect(200);
        user = (await server.SendAsync("GET", path)).Expect(200).GetProperty("user");
        Assert.Equal(("d@example.com", false), (user.GetProperty("email").GetString(), user.TryGetProperty("description", out _)));
        Assert.Equal(
            "three",
            (await server.SendAsync("GET", $"/identity/v3/projects/{project.GetProperty("id").GetString()}"))
                .Expect(200)
                .GetProperty("project")
                .GetProperty("description")
                .GetString()
        );
        (await server.SendAsync("PATCH", path, $$"""{"user": {"email": "{{new string('x', 1001)}}"} }""")).Expect(400);
        (await server.SendAsync("POST", "/identity/v3/users", """{"user": {"name": ".."} }""")).Expect(400);
    }

    [Fact]
    public async Task The_figures_of_the_whole_repository_are_for_admins()
    {
        var (member, _) = await server.MakeCallerAsync("directory_figures", Role.Member, "default");
        (await server.SendAsync("GET", "/admin/v1/{p}/repository", token: member)).Expect(403);
        (await server.SendAsync("GET", "/admin/v1/{p}/repository")).Expect(200);
    }

    [Fact]
    public async Task No_endpoint_of_the_identity_answers_a_stranger_and_only_an_admin_manages()
    {
        var (member, _) = await server.MakeCallerAsync("directory_member", Role.Member, "default");
        var seen = 0;
        foreach (var (method, pattern, endpoint) in server.Endpoints())
        {
            if (endpoint.Metadata.GetMetadata<NeedsLogin>() is not { } needs)
            {
                continue;
            }

            seen++;
            var path = pattern
                .Replace("{id}", "none", StringComparison.Ordinal)
                .Replace("{access}", "none", StringComparison.Ordinal)
                .Replace("{project_id}", "none", StringComparison.Ordinal)
                .Replace("{user_id}", "none", StringComparison.Ordinal)
                .Replace("{role}", "member", StringComparison.Ordinal);
            Assert.True((await server.SendAsync(method, path, token: null)).Status == 401, $"{method} {path} without a token");
            Assert.True((await server.SendAsync(method, path, token: "hft_wrong")).Status == 401, $"{method} {path} with a wrong token");
            Assert.True(
                (await server.SendAsync(method, path, token: member)).Status == 403 == needs.AdminOnly,
                $"{method} {path} as member"
            );
        }

        Assert.True(seen >= 30, $"Only {seen} endpoints were found.");
        Assert.DoesNotContain(
            server.Endpoints(),
            operation =>
                operation.Pattern.StartsWith("/identity/", StringComparison.Ordinal)
                && operation.Endpoint.Metadata.GetMetadata<NeedsLogin>() is null
                && (operation.Method, operation.Pattern) is not (("GET", "/identity/v3") or ("POST", "/identity/v3/auth/tokens"))
        );
    }

    [Theory]
    [InlineData(
        """{"name": "admin", "domain": {"name": "Default"}, "password": "{pw}"}""",
        """{"project": {"name": "default", "domain": {"name": "Default"} } }""",
        "project"
    )]
    [InlineData("""{"name": "admin", "domain": {"id": "default"}, "password": "{pw}"}""", """{"project": {"id": "{p}"} }""", "project")]
    [InlineData("""{"name": "admin", "password": "{pw}"}""", """{"project": {"name": "default"} }""", "project")]
    [InlineData("""{"name": "admin", "password": "{pw}"}""", """{"domain": {"name": "Default"} }""", "domain")]
    [InlineData("""{"name": "admin", "password": "{pw}"}""", """{"domain": {"id": "default"} }""", "domain")]
    [InlineData("""{"name": "admin", "password": "{pw}"}""", """{"unscoped": {} }""", "user")]
    [InlineData("""{"name": "admin", "password": "{pw}"}""", "\"unscoped\"", "user")]
    [InlineData("""{"name": "admin", "password": "{pw}"}""", null, "user")]
    public async Task Every_form_of_a_request_for_a_token_is_taken(string user, string? scope, string expected)
    {
        var token = (
            await LogInAsync(
                user.Replace("{pw}", TestServer.Password, StringComparison.Ordinal),
                scope?.Replace("{p}", server.Project, StringComparison.Ordinal)
            )
        )
            .Expect(201)
            .GetProperty("token");
        Assert.Equal(expected == "project", token.TryGetProperty("project", out _));
        Assert.Equal(expected == "domain", token.TryGetProperty("domain", out _));
        Assert.Equal(expected != "user", token.TryGetProperty("catalog", out var catalog));
        if (expected == "project")
        {
            string[] types = ["vbs", "vbsv2", "volume-backup", "volumev2", "volumev3", "identity"];
            Assert.Empty(types.Except(catalog.EnumerateArray().Select(service => service.GetProperty("type").GetString())));
            Assert.All(
                catalog.EnumerateArray().SelectMany(service => service.GetProperty("endpoints").EnumerateArray()),
                endpoint => Assert.Equal("RegionOne", endpoint.GetProperty("region").GetString())
            );
        }
    }

    [Theory]
    [InlineData("""{"name": "admin", "domain": {"name": "Other"}, "password": "{pw}"}""", null)]
    [InlineData("""{"name": "admin", "password": "{pw}"}""", """{"project": {"name": "default", "domain": {"name": "Other"} } }""")]
    [InlineData("""{"name": "admin", "password": "{pw}"}""", """{"project": {"name": "nowhere"} }""")]
    [InlineData("""{"name": "admin", "password": "{pw}"}""", """{"domain": {"id": "other"} }""")]
    [InlineData("""{"name": "admin", "password": "{pw}"}""", """{"system": {"all": true} }""")]
    public async Task What_is_not_there_is_not_given(string user, string? scope) =>
        (await LogInAsync(user.Replace("{pw}", TestServer.Password, StringComparison.Ordinal), scope)).Expect(401);

    [Fact]
    public async Task A_validated_token_is_repeated_in_the_header_and_a_token_begets_another()
    {
        var (token, _) = await server.LogInAsync("admin", TestServer.Password, "default");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/identity/v3/auth/tokens?nocatalog");
        request.Headers.Add("X-Auth-Token", token);
        request.Headers.Add("X-Subject-Token", token);
        using var response = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(token, response.Headers.GetValues("X-Subject-Token").Single());
        Assert.False(
            JsonDocument
                .Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))
                .RootElement.GetProperty("token")
                .TryGetProperty("catalog", out _)
        );

        var body =
            $$"""{"auth": {"identity": {"methods": ["token"], "token": {"id": "{{token}}"} },"""
                + """ "scope": {"domain": {"id": "default"} } } }""";
        Assert.Equal(
            "token",
            (await server.SendAsync("POST", "/identity/v3/auth/tokens", body, token: null))
                .Expect(201)
                .GetProperty("token")
                .GetProperty("methods")[0]
                .GetString()
        );
    }

    private Task<Answer> LogInAsync(string user, string? scope) =>
        server.SendAsync(
            "POST",
            "/identity/v3/auth/tokens",
            $$"""{"auth": {"identity": {"methods": ["password"], "password": {"user":"""
                + $$""" {{user}} } }{{(scope is null ? "" : $", \"scope\": {scope}")}} } }""",
            token: null
        );
}
