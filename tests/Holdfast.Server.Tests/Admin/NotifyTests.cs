using System.Text.Json;

namespace Holdfast.Server.Tests.Admin;

/// <summary>Targets, rules and messages over HTTP.</summary>
public sealed class NotifyTests(TestServer server)
{
    private const string Targets = "/admin/v1/{p}/notify/targets";
    private const string Rules = "/admin/v1/{p}/notify/rules";

    [Fact]
    public async Task A_secret_that_was_made_up_is_told_once()
    {
        var made = (await server.SendAsync("POST", Targets, Webhook("told-once"))).Expect(201);
        var secret = made.GetProperty("secret").GetString() ?? "";
        Assert.Equal(40, secret.Length);
        var id = made.GetProperty("target").GetProperty("id").GetString();
        foreach (var path in (string[])[Targets, $"{Targets}/{id}"])
        {
            var answer = await server.SendAsync("GET", path);
            answer.Expect(200);
            Assert.DoesNotContain(secret, answer.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("secret", answer.Text, StringComparison.Ordinal);
        }

        var given = await server.SendAsync("POST", Targets, Webhook("given", """, "secret": "sixteen-or-more-characters" """));
        Assert.Equal(JsonValueKind.Null, given.Expect(201).GetProperty("secret").ValueKind);
        Assert.DoesNotContain("sixteen", given.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(400, """{"kind": "webhook", "url": "https://example.com/"}""")]
    [InlineData(400, """{"name": "a", "kind": "pigeon", "url": "https://example.com/"}""")]
    [InlineData(400, """{"name": "a", "kind": "webhook", "url": "https://anna:secret@example.com/"}""")]
    [InlineData(400, """{"name": "a", "kind": "webhook", "url": "http://169.254.169.254/"}""")]
    [InlineData(400, """{"name": "a", "kind": "webhook", "url": "https://example.com/", "secret": "short"}""")]
    [InlineData(400, """{"name": "a", "kind": "webhook", "recipients": ["anna@example.com"]}""")]
    [InlineData(400, """{"name": "a", "kind": "email", "recipients": ["anna@example.com\r\nBcc: b@example.com"]}""")]
    [InlineData(400, """{"name": "a", "kind": "email", "recipients": ["anna@example.com"]}""")]
    public async Task What_cannot_be_told_is_refused(int status, string body) =>
        (await server.SendAsync("POST", Targets, body)).Expect(status);

    [Fact]
    public async Task Rules_name_events_and_targets_that_there_are()
    {
        var made = (await server.SendAsync("POST", Targets, Webhook("ruled"))).Expect(201);
        var id = made.GetProperty("target").GetProperty("id").GetString();
        (await server.SendAsync("POST", Targets, Webhook("ruled"))).Expect(409);
        (await server.SendAsync("POST", Rules, $$"""{"target_id": "{{id}}", "events": ["test"]}""")).Expect(400);
        (await server.SendAsync("POST", Rules, $$"""{"target_id": "{{id}}", "events": []}""")).Expect(400);
        (await server.SendAsync("POST", Rules, $$"""{"target_id": "{{id}}", "least_severity": "critical"}""")).Expect(400);
        var rule = (await server.SendAsync("POST", Rules, $$"""{"target_id": "{{id}}", "events": ["digest", "volume_failed"]}"""))
            .Expect(201)
            .GetProperty("rule");
        Assert.Equal(["digest", "volume_failed"], Events(rule).Order(StringComparer.Ordinal));
        Assert.Equal("info", rule.GetProperty("least_severity").GetString());
        var changed = await server.SendAsync("PUT", $"{Rules}/{rule.GetProperty("id").GetString()}", """{"least_severity": "error"}""");
        Assert.Equal(2, Events(changed.Expect(200).GetProperty("rule")).Count());

        (await server.SendAsync("DELETE", $"{Targets}/{id}")).Expect(204);
        (await server.SendAsync("GET", $"{Rules}/{rule.GetProperty("id").GetString()}")).Expect(404);
    }

    [Fact]
    public async Task A_test_that_does_not_come_through_says_so_and_is_listed()
    {
        var made = (await server.SendAsync("POST", Targets, Webhook("nobody"))).Expect(201);
        var id = made.GetProperty("target").GetProperty("id").GetString();
        var result = (await server.SendAsync("POST", $"{Targets}/{id}/test")).Expect(200);
        Assert.False(result.GetProperty("delivered").GetBoolean());

        var listed = (await server.SendAsync("GET", $"/admin/v1/{{p}}/notify/deliveries?target_id={id}")).Expect(200);
        var test = listed.GetProperty("deliveries").EnumerateArray().Single(one => one.GetProperty("event").GetString() == "test");
        Assert.Equal("given_up", test.GetProperty("state").GetString());
        Assert.NotEmpty(test.GetProperty("last_answer").GetString() ?? "");
    }

    private static string Webhook(string name, string more = "") =>
        $$"""{"name": "{{name}}", "kind": "webhook", "url": "http://127.0.0.1:9/"{{more}}}""";

    private static IEnumerable<string> Events(JsonElement rule) =>
        rule.GetProperty("events").EnumerateArray().Select(one => one.GetString() ?? "");
}
