using System.Text.RegularExpressions;

namespace Holdfast.Server.Tests.Vbs;

/// <summary>The whole main job over HTTP, on a real file.</summary>
public sealed partial class MainJobTests(TestServer server)
{
    [Fact]
    public async Task A_volume_is_protected_fired_queried_and_restored()
    {
        var source = Path.Combine(server.Folder, "disk.img");
        var bytes = new byte[3_000_001];
        new Random(7).NextBytes(bytes.AsSpan(1_000_000, 1_500_000));
        await File.WriteAllBytesAsync(source, bytes, TestContext.Current.CancellationToken);
        var volume = (
            await server.SendAsync(
                "POST",
                "/v3/{p}/os-volume-manage",
                $$"""{"volume": {"name": "disk", "host": "holdfast", "ref": {"source-name": "file://{{source}}"} } }"""
            )
        )
            .Expect(202)
            .GetProperty("volume")
            .GetProperty("id")
            .GetString();
        var policy = await server.CreatePolicyAsync("main_1");
        var associated = (
            await server.SendAsync(
                "POST",
                "/v2/{p}/backuppolicyresources",
                $$"""{"backup_policy_id": "{{policy}}", "resources": [{"resource_id": "{{volume}}", "resource_type": "volume"}]}"""
            )
        ).Expect(200);
        Assert.Equal(volume, associated.GetProperty("success_resources")[0].GetProperty("resource_id").GetString());

        Assert.Equal("", (await server.SendAsync("POST", $"/v2/{{p}}/backuppolicy/{policy}/action")).Text);
        var task = await WaitForTaskAsync(policy);

        var job = task.GetProperty("vbs_job_id").GetString();
        var name = task.GetProperty("backup_name").GetString();
        Assert.Matches(TaskShape(), task.GetRawText());
        Assert.Matches("^autobk_[0-9a-f]{4}$", name);
        var shown = (await server.SendAsync("GET", $"/v1/{{p}}/jobs/{job}")).Expect(200);
        Assert.Equal("SUCCESS", shown.GetProperty("status").GetString());
        Assert.Equal(shown.GetRawText(), (await server.SendAsync("GET", $"/v2/{{p}}/jobs/{job}")).Text);
        // A client that knows the task only asks for the job by the task's id.
        var asked = task.GetProperty("job_id").GetString();
        Assert.Equal(shown.GetRawText(), (await server.SendAsync("GET", $"/v1/{{p}}/jobs/{asked}")).Text);
        Assert.Equal(shown.GetRawText(), (await server.SendAsync("GET", $"/v2/{{p}}/jobs/{asked}")).Text);
        var backup = shown.GetProperty("entities").GetProperty("backup_id").GetString();

        var target = Path.Combine(server.Folder, "restored.img");
        var restore = (await server.SendAsync("POST", $"/admin/v1/{{p}}/backups/{backup}/restore", $$"""{"target": "{{target}}"}"""))
            .Expect(202)
            .GetProperty("job_id")
            .GetString();
        await WaitForJobAsync(restore);

        Assert.Equal(bytes, await File.ReadAllBytesAsync(target, TestContext.Current.CancellationToken));
        Assert.Equal(
            400,
            (await server.SendAsync("POST", $"/admin/v1/{{p}}/backups/{backup}/restore", $$"""{"target": "{{target}}"}""")).Status
        );
    }

    private async Task<System.Text.Json.JsonElement> WaitForTaskAsync(string policy)
    {
        while (true)
        {
            var page = (await server.SendAsync("GET", $"/v2/{{p}}/backuppolicy/{policy}/backuptasks?limit=1")).Expect(200);
            Assert.Equal(1, page.GetProperty("count").GetInt32());
            var task = page.GetProperty("tasks")[0];
            switch (task.GetProperty("status").GetString())
            {
                case "WAITING" or "RUNNING":
                    await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
                    break;
                case "EXECUTE_SUCCESS":
                    return task;
                default:
                    Assert.Fail(task.GetRawText());
                    break;
            }
        }
    }

    private async Task WaitForJobAsync(string? job)
    {
        while (true)
        {
            var shown = (await server.SendAsync("GET", $"/v1/{{p}}/jobs/{job}")).Expect(200);
            if (shown.GetProperty("status").GetString() == "SUCCESS")
            {
                return;
            }

            Assert.NotEqual("FAIL", shown.GetProperty("status").GetString());
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    [GeneratedRegex(
        """^\{"job_id":"[0-9a-f-]{36}","status":"EXECUTE_SUCCESS","created_at":"\d{4}-\d\d-\d\dT\d\d:\d\d:"""
            + """\d\d\.\d{3}","finished_at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}","backup_name":"autobk_["""
            + """0-9a-f]{4}","resource_id":"[0-9a-f-]{36}","resource_type":"volume","vbs_job_id":"[0-9a-f]{32}"\}$"""
    )]
    private static partial Regex TaskShape();
}
