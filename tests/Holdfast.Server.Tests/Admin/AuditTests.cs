using System.Text;
using System.Text.Json;
using Holdfast.Control.Catalog;
using Holdfast.Control.Users;
using Microsoft.Extensions.DependencyInjection;

namespace Holdfast.Server.Tests.Admin;

/// <summary>Who changed what can be told afterwards, and no secret with it.</summary>
public sealed class AuditTests(TestServer server) : IClassFixture<TestServer>
{
    private const string Secret = "xq-SeCrEt-57";

    [Fact]
    public async Task A_change_is_told_with_who_from_where_and_what_came_of_it()
    {
        // Whatever the other tests of this class did before.
        var last = (await ListAsync("limit=1")).Select(one => one.GetProperty("number").GetInt64()).FirstOrDefault();
        var policy = await server.CreatePolicyAsync("audited");
        (await server.SendAsync("DELETE", $"/v2/{{p}}/backuppolicy/{policy}")).Expect(204);
        (await server.SendAsync("DELETE", $"/v2/{{p}}/backuppolicy/{policy}")).ExpectError(404);
        (await server.SendAsync("GET", "/v2/{p}/backuppolicy")).Expect(200);

        var events = await ListAsync($"action=/backuppolicy&after={last}");
        Assert.Equal(
            [
                ("DELETE /v2/{project}/backuppolicy/{policy}", 404),
                ("DELETE /v2/{project}/backuppolicy/{policy}", 204),
                ("POST /v2/{project}/backuppolicy", 200),
            ],
            events.Select(one => (one.GetProperty("action").GetString()!, one.GetProperty("status").GetInt32()))
        );
        var deleted = events[1];
        Assert.Equal("admin", deleted.GetProperty("actor").GetProperty("name").GetString());
        Assert.Equal("127.0.0.1", deleted.GetProperty("from").GetString());
        Assert.Equal(server.Project, deleted.GetProperty("project_id").GetString());
        Assert.Equal($"policy={policy}", deleted.GetProperty("object").GetString());
        Assert.Equal(JsonValueKind.Null, deleted.GetProperty("code").ValueKind);
        Assert.Equal("AutoBackup.0205", events[0].GetProperty("code").GetString());
        Assert.True(deleted.GetProperty("began").GetInt64() < deleted.GetProperty("number").GetInt64());
    }

    [Fact]
    public async Task Who_may_not_is_told_and_who_did_not_get_in()
    {
        var (reader, _) = await server.MakeCallerAsync("audit-reader", Role.Reader, "default");
        (await server.SendAsync("POST", "/v2/{p}/backuppolicy", "{}", token: reader)).ExpectError(403);
        (await server.SendAsync("POST", "/identity/v3/users", "{}", token: reader)).Expect(403);
        (await server.SendAsync("GET", "/admin/v1/{p}/audit", token: reader)).Expect(403);
        (await server.SendAsync("POST", "/identity/v3/auth/tokens", LogIn("audit-stranger", Secret), token: null)).Expect(401);

        var events = await ListAsync("actor=audit-reader");
        Assert.Equal(
            [("POST /identity/v3/users", 403), ("POST /v2/{project}/backuppolicy", 403), ("sign-in", 201)],
            events.Select(one => (one.GetProperty("action").GetString()!, one.GetProperty("status").GetInt32()))
        );
        var failed = Assert.Single(await ListAsync("actor=audit-stranger"));
        Assert.Equal(("sign-in.failed", 401), (failed.GetProperty("action").GetString()!, failed.GetProperty("status").GetInt32()));
    }

    [Fact]
    public async Task No_secret_of_a_request_or_an_answer_is_in_any_row()
    {
        var user = (await server.SendAsync("POST", "/identity/v3/users", $$$"""{"user": {"name": "kept", "password": "{{{Secret}}}"}}"""))
            .Expect(201)
            .GetProperty("user")
            .GetProperty("id")
            .GetString();
        var key = (
            await server.SendAsync("POST", "/identity/v3.0/OS-CREDENTIAL/credentials", $$$"""{"credential": {"user_id": "{{{user}}}"}}""")
        )
            .Expect(201)
            .GetProperty("credential");
        (await server.SendAsync("PATCH", $"/identity/v3/users/{user}", $$$"""{"user": {"password": "{{{Secret}}}2"}}""")).Expect(200);
        var token = await server.LogInAsync("kept", Secret + "2", null);

        await ListAsync("limit=1"); // all is written then
        var all = await AllAsync();
        Assert.Contains("made user 'kept'", all, StringComparison.Ordinal);
        foreach (var secret in new[] { Secret, key.GetProperty("secret").GetString()!, token.Token })
        {
            Assert.DoesNotContain(secret, all, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task It_is_verified_and_what_was_changed_is_named()
    {
        await using var own = await TestServer.StartAsync();
        await own.CreatePolicyAsync("one");
        var sound = (await own.SendAsync("GET", "/admin/v1/{p}/audit/verify")).Expect(200);
        Assert.True(sound.GetProperty("sound").GetBoolean());
        Assert.Equal(sound.GetProperty("head_number").GetInt64(), sound.GetProperty("events").GetInt64());

        await own.ChangeCatalogAsync("UPDATE audit_event SET actor_name = 'ben' WHERE number = @number", new { number = 2 });
        var broken = (await own.SendAsync("GET", "/admin/v1/{p}/audit/verify")).Expect(200);
        Assert.Equal((false, 2L), (broken.GetProperty("sound").GetBoolean(), broken.GetProperty("first_broken").GetInt64()));
    }

    [Fact]
    public async Task A_catalog_that_takes_no_event_refuses_the_change()
    {
        await using var own = await TestServer.StartAsync();
        await own.ChangeCatalogAsync("DELETE FROM audit_head", new { });
        var body = """{"backup_policy_name": "no", "scheduled_policy": {"start_time": "12:00", "frequency": 1, "status": "ON"} }""";
        (await own.SendAsync("POST", "/v2/{p}/backuppolicy", body)).ExpectError(500);
        Assert.DoesNotContain("\"no\"", (await own.SendAsync("GET", "/v2/{p}/backuppolicy")).Text, StringComparison.Ordinal);
    }

    /// <summary>The whole table, as text.</summary>
    private async Task<string> AllAsync()
    {
        await using var connection = await server
            .Server.Services.GetRequiredService<CatalogDatabase>()
            .OpenAsync(TestContext.Current.CancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT * FROM audit_event";
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var all = new StringBuilder();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            var row = new object[reader.FieldCount];
            reader.GetValues(row);
            all.AppendJoin('|', row).AppendLine();
        }

        return all.ToString();
    }

    private static string LogIn(string user, string password) =>
        """{"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "NAME", "domain": {"id": "default"}, """
            .Replace("NAME", user, StringComparison.Ordinal)
        + "\"password\": \"" + password + "\"}}}}}";

    private async Task<List<JsonElement>> ListAsync(string query) =>
        [.. (await server.SendAsync("GET", $"/admin/v1/{{p}}/audit?{query}")).Expect(200).GetProperty("events").EnumerateArray()];
}
