using CsCheck;

namespace Holdfast.Server.Tests.Errors;

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
    [InlineData("GET", "/v3/{p}/backups/detail?limit=0", 400, "badRequest")]
    [InlineData("GET", "/v3/{p}/backups/detail?marker=x", 404, "itemNotFound")]
    public async Task A_refusal_has_the_body_of_its_paths_family(string method, string path, int status, string member) =>
        Assert.Equal(member, (await server.SendAsync(method, path)).Expect(status).EnumerateObject().Single().Name);

    [Fact]
    public async Task A_body_that_is_too_large_or_no_JSON_is_refused()
    {
        Assert.Equal("AutoBackup.0008", (await server.SendAsync("POST", "/v2/{p}/backuppolicy", new string(' ', 2_000_000))).ExpectError(413));
        Assert.Equal("AutoBackup.0008", (await server.SendAsync("POST", "/v2/{p}/backuppolicy", "<a/>", contentType: "text/xml")).ExpectError(415));
    }

    [Fact]
    public async Task Nothing_that_is_sent_to_make_or_change_a_policy_is_answered_with_a_server_error()
    {
        var policy = await server.CreatePolicyAsync("fuzz_1");
        var values = Gen.OneOfConst("null", "true", "0", "-1", "1e99", "12345678901234567890", "\"\"", "\"ON\"", "\"12:00\"", "\"UTC+01:00\"", "\"\\u0000\"", "\"\\ud800\"", "[]", "[null]", "[[]]", "{}", "[\"MON\"]", "[{\"key\":\"a\",\"value\":\"b\"}]");
        var names = Gen.OneOfConst("backup_policy_name", "scheduled_policy", "time_zone", "tags", "start_time", "frequency", "week_frequency", "rentention_num", "rentention_day", "status", "resources", "backup_policy_id");
        var body = Gen.Select(names, values).Array[0, 5].Select(members => $$"""{ {{string.Join(", ", members.Select(m => $"\"{m.Item1}\": {m.Item2}"))}} }""");
        var nested = Gen.Select(body, body, (outer, inner) => outer.Replace("{  }", "{}", StringComparison.Ordinal).Length > 3 ? outer[..^2] + $", \"scheduled_policy\": {inner} }}" : inner);

        await Gen.Select(nested, Gen.OneOfConst(("POST", "/v2/{p}/backuppolicy"), ("PUT", $"/v2/{{p}}/backuppolicy/{policy}"), ("POST", "/v2/{p}/backuppolicyresources"), ("POST", "/v3/{p}/os-volume-manage"), ("POST", "/identity/v3/auth/tokens")))
            .SampleAsync(async sample => Assert.InRange((await server.SendAsync(sample.Item2.Item1, sample.Item2.Item2, sample.Item1)).Status, 200, 499), iter: 1500, threads: 2);
    }
}
