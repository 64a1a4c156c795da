using System.Text.Json;

namespace Holdfast.Server.Tests.Identity;

/// <summary>What clients of Keystone ask for and say, and find answered as Keystone does.</summary>
public sealed class IdentityMemberTests(TestServer server)
{
    [Theory]
    [InlineData("services?type=volumev3", "services", 1)]
    [InlineData("services?type=volumev3&name=vbs", "services", 0)]
    [InlineData("services?type=", "services", 8)]
    [InlineData("services?name__contains=cinder", "services", 3)]
    [InlineData("services?name__istartswith=CINDERV", "services", 2)]
    [InlineData("services?name__startswith=CINDERV", "services", 0)]
    [InlineData("services?name__endswith=v3", "services", 1)]
    [InlineData("endpoints?service_id=volumev3", "endpoints", 3)]
    [InlineData("endpoints?service_id=volumev3&interface=internal", "endpoints", 1)]
    [InlineData("endpoints?region_id=elsewhere", "endpoints", 0)]
    [InlineData("regions?parent_region_id=RegionOne", "regions", 0)]
    [InlineData("domains?name=default", "domains", 1)]
    [InlineData("domains?enabled=false", "domains", 0)]
    [InlineData("users?name=admin&domain_id=default&enabled=True", "users", 1)]
    [InlineData("users?name=admin&domain_id=elsewhere", "users", 0)]
    [InlineData("users?name=admin&enabled=0", "users", 0)]
    [InlineData("projects?name=default&parent_id=default", "projects", 1)]
    [InlineData("projects?is_domain=true", "projects", 0)]
    [InlineData("projects?domain_id=elsewhere", "projects", 0)]
    public async Task A_list_holds_what_its_filters_ask_for(string query, string member, int count) =>
        Assert.Equal(count, (await server.SendAsync("GET", $"/identity/v3/{query}")).Expect(200).GetProperty(member).GetArrayLength());

    [Theory]
    [InlineData("services", "vbs", "service")]
    [InlineData("endpoints", "vbs-admin", "endpoint")]
    [InlineData("regions", "RegionOne", "region")]
    [InlineData("domains", "default", "domain")]
    public async Task What_a_list_shows_is_found_by_its_id(string collection, string id, string member)
    {
        var shown = (await server.SendAsync("GET", $"/identity/v3/{collection}/{id}")).Expect(200).GetProperty(member);
        Assert.Equal(id, shown.GetProperty("id").GetString());
        Assert.Contains(
            shown.GetRawText(),
            (await server.SendAsync("GET", $"/identity/v3/{collection}"))
                .Expect(200)
                .GetProperty(collection)
                .EnumerateArray()
                .Select(one => one.GetRawText())
        );
        (await server.SendAsync("HEAD", $"/identity/v3/{collection}/{id}")).Expect(200);
        (await server.SendAsync("GET", $"/identity/v3/{collection}/none")).Expect(404);
    }

    [Fact]
    public async Task Each_service_has_three_interfaces_at_one_address()
    {
        var catalog = (await server.SendAsync("GET", "/identity/v3/auth/catalog")).Expect(200).GetProperty("catalog");
        Assert.All(
            catalog.EnumerateArray(),
            service =>
            {
                var endpoints = service.GetProperty("endpoints").EnumerateArray().ToList();
                Assert.Equal(["public", "internal", "admin"], endpoints.Select(one => one.GetProperty("interface").GetString()));
                Assert.Single(endpoints.Select(one => one.GetProperty("url").GetString()).Distinct());
            }
        );
    }

    [Fact]
    public async Task What_clients_say_of_a_user_is_shown_again()
    {
        var user = (
            await server.SendAsync(
                "POST",
                "/identity/v3/users",
                $$"""
                {"user": {"name": "Jörg Äpfel.x@example.com", "domain_id": "default", "default_project_id": "{{server.Project}}",
                "password": "pass word", "options": {"ignore_password_expiry": true}, "office": {"room": 7} } }
                """
            )
        )
            .Expect(201)
            .GetProperty("user");
        Assert.Equal(server.Project, user.GetProperty("default_project_id").GetString());
        Assert.Equal(7, user.GetProperty("office").GetProperty("room").GetInt32());
        Assert.True(user.GetProperty("options").GetProperty("ignore_password_expiry").GetBoolean());

        var path = $"/identity/v3/users/{user.GetProperty("id").GetString()}";
        (
            await server.SendAsync(
                "PATCH",
                path,
                """{"user": {"options": {"ignore_password_expiry": null}, "default_project_id": null, "phone": "1"} }"""
            )
        ).Expect(200);
        user = (await server.SendAsync("GET", path)).Expect(200).GetProperty("user");
        Assert.Equal("{}", user.GetProperty("options").GetRawText());
        Assert.Equal((7, "1"), (user.GetProperty("office").GetProperty("room").GetInt32(), user.GetProperty("phone").GetString()));
        Assert.False(user.TryGetProperty("default_project_id", out _));
    }

    [Theory]
    [InlineData("users", """{"user": {"name": "refused", "domain_id": "none"} }""", 404, "domain 'none'")]
    [InlineData("users", """{"user": {"name": "refused", "password_expires_at": "2030-01-01"} }""", 400, "password_expires_at")]
    [InlineData("users", """{"user": {"name": "refused", "federated": []} }""", 400, "federated")]
    [InlineData(
        "users",
        """{"user": {"name": "refused", "options": {"multi_factor_auth_enabled": true} } }""",
        400,
        "options.multi_factor_auth_enabled"
    )]
    [InlineData("users", """{"user": {"name": "refused", "default_project_id": "default"} }""", 400, "default_project_id")]
    [InlineData("projects", """{"project": {"name": "refused", "domain_id": "none"} }""", 404, "domain 'none'")]
    [InlineData("projects", """{"project": {"name": "refused", "is_domain": true} }""", 400, "is_domain")]
    [InlineData("projects", """{"project": {"name": "refused", "parent_id": "none"} }""", 400, "parent_id")]
    [InlineData("projects", """{"project": {"name": "refused", "options": {"immutable": true} } }""", 400, "options.immutable")]
    [InlineData("projects", """{"project": {"name": "refused", "tags": ["a,b"]} }""", 400, "a,b")]
    [InlineData("projects", """{"project": {"name": "refused", "tags": ["a", "a"]} }""", 400, "tags")]
    public async Task What_cannot_be_is_refused_by_its_name(string collection, string body, int status, string named)
    {
        var message = (await server.SendAsync("POST", $"/identity/v3/{collection}", body)).Expect(status);
        Assert.Contains(named, message.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Empty(
            (await server.SendAsync("GET", $"/identity/v3/{collection}?name=refused")).Expect(200).GetProperty(collection).EnumerateArray()
        );
    }

    [Fact]
    public async Task A_project_keeps_its_tags_and_is_found_by_them()
    {
        var project = (
            await server.SendAsync("POST", "/identity/v3/projects", """{"project": {"name": "tagged", "tags": ["a", "b"], "cost": "x"} }""")
        )
            .Expect(201)
            .GetProperty("project");
        Assert.Equal("x", project.GetProperty("cost").GetString());
        var path = $"/identity/v3/projects/{project.GetProperty("id").GetString()}/tags";
        (await server.SendAsync("PUT", $"{path}/c")).Expect(201);
        (await server.SendAsync("DELETE", $"{path}/a")).Expect(204);
        (await server.SendAsync("DELETE", $"{path}/a")).Expect(404);
        (await server.SendAsync("HEAD", $"{path}/c")).Expect(204);
        Assert.Equal("""["b","c"]""", (await server.SendAsync("GET", path)).Expect(200).GetProperty("tags").GetRawText());
        Assert.Equal(1, await CountAsync("tags=b,c"));
        Assert.Equal(0, await CountAsync("tags=a,c"));
        Assert.Equal(1, await CountAsync("tags-any=a,c"));
        Assert.Equal(0, await CountAsync("not-tags=b,c"));
        Assert.Equal(0, await CountAsync("not-tags-any=a,c"));
        (await server.SendAsync("DELETE", path)).Expect(204);
        Assert.Equal(0, await CountAsync("tags=b"));

        async Task<int> CountAsync(string query) =>
            (await server.SendAsync("GET", $"/identity/v3/projects?name=tagged&{query}"))
                .Expect(200)
                .GetProperty("projects")
                .GetArrayLength();
    }

    [Fact]
    public async Task A_login_that_names_no_scope_is_for_the_default_project()
    {
        var (_, id) = await server.MakeCallerAsync("identity_default", Holdfast.Control.Users.Role.Reader, "default");
        Assert.NotNull(id);
        var found = (await server.SendAsync("GET", "/identity/v3/users?name=identity_default"))
            .Expect(200)
            .GetProperty("users")[0]
            .GetProperty("id")
            .GetString();
        (
            await server.SendAsync(
                "PATCH",
                $"/identity/v3/users/{found}",
                $$"""{"user": {"default_project_id": "{{server.Project}}", "password": "pass word"} }"""
            )
        ).Expect(200);
        foreach (var root in (string[])["/identity/v3", "/v3"])
        {
            Assert.True((await LogInAsync(root, "")).TryGetProperty("project", out _));
            Assert.False((await LogInAsync(root, """, "scope": "unscoped" """)).TryGetProperty("project", out _));
        }

        async Task<JsonElement> LogInAsync(string root, string scope) =>
            (
                await server.SendAsync(
                    "POST",
                    $"{root}/auth/tokens",
                    $$"""
                    {"auth": {"identity": {"methods": ["password"], "password": {"user": {"id": "{{found}}", "password": "pass word"} } }
                    {{scope}} } }
                    """,
                    token: null
                )
            )
                .Expect(201)
                .GetProperty("token");
    }

    [Fact]
    public async Task A_refusal_below_the_short_root_is_the_identitys()
    {
        (await server.SendAsync("GET", "/v3/auth/projects")).Expect(200);
        Assert.Equal(
            401,
            (await server.SendAsync("GET", "/v3/auth/catalog", token: null)).Expect(401).GetProperty("error").GetProperty("code").GetInt32()
        );
    }

    [Fact]
    public async Task Tags_that_are_added_at_once_are_all_there()
    {
        var made = (await server.SendAsync("POST", "/identity/v3/projects", """{"project": {"name": "tagged at once"} }""")).Expect(201);
        var project = made.GetProperty("project").GetProperty("id").GetString();
        var names = Enumerable.Range(0, 8).Select(i => $"tag-{i}").ToList();
        var answers = await Task.WhenAll(names.Select(tag => server.SendAsync("PUT", $"/identity/v3/projects/{project}/tags/{tag}")));

        Assert.All(answers, answer => Assert.Equal(201, answer.Status));
        var tags = (await server.SendAsync("GET", $"/identity/v3/projects/{project}/tags")).Expect(200).GetProperty("tags");
        Assert.Equal(names, tags.EnumerateArray().Select(tag => tag.GetString()!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_version_names_its_media_type() =>
        Assert.Equal(
            "application/vnd.openstack.identity-v3+json",
            (await server.SendAsync("GET", "/identity/v3/", token: null))
                .Expect(200)
                .GetProperty("version")
                .GetProperty("media-types")[0]
                .GetProperty("type")
                .GetString()
        );
}
