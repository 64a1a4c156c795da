using System.Text.Json;
using Holdfast.Control.Users;

namespace Holdfast.Server.Tests.Admin;

/// <summary>Who reads the logs of which jobs.</summary>
public sealed class JobLogTests(TestServer server) : IClassFixture<TestServer>
{
    [Fact]
    public async Task A_reader_follows_the_log_of_a_backup_of_the_project_and_nobody_else_does()
    {
        var volume = await server.AddVolumeAsync("logged");
        var job = (
            await server.SendAsync("POST", "/v2/{p}/cloudbackups", $$$"""{"backup": {"volume_id": "{{{volume}}}", "name": "b"}}""")
        )
            .Expect(200)
            .GetProperty("job_id")
            .GetString()!;
        await server.WaitForJobAsync(job, "SUCCESS");

        var (reader, _) = await server.MakeCallerAsync("log-reader", Role.Reader, "default");
        var path = $"/admin/v1/{{p}}/jobs/{job}/log";
        var whole = (await server.SendAsync("GET", path, token: reader)).Expect(200);
        Assert.True(whole.GetProperty("ended").GetBoolean());
        var messages = MessagesOf(whole);
        Assert.StartsWith("Attempt 1 of 3 begins", messages[0], StringComparison.Ordinal);
        Assert.Equal("Done.", messages[^1]);
        Assert.DoesNotContain(Environment.MachineName + ":", whole.GetRawText(), StringComparison.Ordinal);
        Assert.Contains(Environment.MachineName + ":", (await server.SendAsync("GET", path)).Text, StringComparison.Ordinal);

        var first = (await server.SendAsync("GET", path + "?limit=1", token: reader)).Expect(200);
        Assert.False(first.GetProperty("ended").GetBoolean());
        var rest = (await server.SendAsync("GET", path + "?after=1", token: reader)).Expect(200);
        Assert.Equal(messages, [.. MessagesOf(first), .. MessagesOf(rest)]);
        Assert.Equal(["Done."], MessagesOf((await server.SendAsync("GET", path + "?search=dONE.", token: reader)).Expect(200)));

        (await server.SendAsync("POST", $"/admin/v1/{{p}}/jobs/{job}/cancel", token: reader)).Expect(403);
        (await server.SendAsync("POST", $"/admin/v1/{{p}}/jobs/{job}/cancel")).Expect(409);

        var (other, home) = await server.MakeCallerAsync("stranger", Role.Admin, "elsewhere");
        (await server.SendAsync("POST", $"/admin/v1/{home}/jobs/{job}/cancel", token: other)).Expect(404);
        (await server.SendAsync("GET", $"/admin/v1/{home}/jobs/{job}/log", token: other)).Expect(404);
        foreach (var bad in new[] { "limit=0", "limit=10001", "after=-1", "after=x", $"search={new string('x', 201)}", "search=%00" })
        {
            (await server.SendAsync("GET", $"{path}?{bad}")).Expect(400);
        }
    }

    [Fact]
    public async Task A_reader_sees_the_projects_jobs_and_none_of_upkeep()
    {
        var upkeep = (await server.SendAsync("POST", "/admin/v1/{p}/repository/check"))
            .Expect(202)
            .GetProperty("job_id")
            .GetString()!;
        var (reader, _) = await server.MakeCallerAsync("job-reader", Role.Reader, "default");

        Assert.Contains(upkeep, (await server.SendAsync("GET", "/admin/v1/{p}/jobs")).Text, StringComparison.Ordinal);
        var seen = await server.SendAsync("GET", "/admin/v1/{p}/jobs", token: reader);
        seen.Expect(200);
        Assert.DoesNotContain(upkeep, seen.Text, StringComparison.Ordinal);
        foreach (var path in new[] { $"/admin/v1/{{p}}/jobs/{upkeep}", $"/admin/v1/{{p}}/jobs/{upkeep}/log" })
        {
            (await server.SendAsync("GET", path)).Expect(200);
            (await server.SendAsync("GET", path, token: reader)).Expect(404);
        }
    }

    private static List<string> MessagesOf(JsonElement answer) =>
        [.. answer.GetProperty("lines").EnumerateArray().Select(line => line.GetProperty("message").GetString()!)];
}
