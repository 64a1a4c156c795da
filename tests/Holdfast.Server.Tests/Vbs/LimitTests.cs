namespace Holdfast.Server.Tests.Vbs;

/// <summary>Limits and quotas over HTTP: each with its code, and kept to by many at once.</summary>
public sealed class LimitTests : IAsyncLifetime
{
    private const int AtOnce = 10;
    private const int Policies = 4;

    private TestServer _server = null!; // made in InitializeAsync

    public async ValueTask InitializeAsync() =>
        _server = await TestServer.StartAsync(
            ("HOLDFAST_Policies__MaxPerProject", $"{Policies}"),
            ("HOLDFAST_Policies__MaxVolumes", "1"),
            ("HOLDFAST_Quotas__BackupsPerVolume", "1")
        );

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Of_ten_that_make_a_policy_at_once_as_many_succeed_as_may_be_made()
    {
        // The default one counts.
        (await _server.SendAsync("GET", "/v2/{p}/backuppolicy")).Expect(200);
        const string Body =
            """{"backup_policy_name": "p", "scheduled_policy": {"start_time": "12:00", "frequency": 1, "rentention_num": 10,"""
                + """ "status": "ON"}}""";

        var answers = await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => _server.SendAsync("POST", "/v2/{p}/backuppolicy", Body)));

        Assert.Equal(Policies - 1, answers.Count(answer => answer.Status == 200));
        Assert.All(answers.Where(answer => answer.Status != 200), answer => Assert.Equal("AutoBackup.0203", answer.ExpectError(400)));
        Assert.Equal(
            Policies,
            (await _server.SendAsync("GET", "/v2/{p}/backuppolicy")).Expect(200).GetProperty("backup_policies").GetArrayLength()
        );
    }

    [Fact]
    public async Task Of_ten_that_add_a_tag_at_once_as_many_succeed_as_there_is_room_for()
    {
        var policy = await _server.CreatePolicyAsync("tags");
        var path = $"/v2/{{p}}/backuppolicy/{policy}/tags";
        foreach (var i in Enumerable.Range(0, 7))
        {
            (await _server.SendAsync("POST", path, $$"""{"tag": {"key": "k{{i}}", "value": ""} }""")).Expect(204);
        }

        var answers = await Task.WhenAll(
            Enumerable.Range(0, AtOnce).Select(i => _server.SendAsync("POST", path, $$"""{"tag": {"key": "n{{i}}", "value": ""} }"""))
        );

        Assert.Equal(3, answers.Count(answer => answer.Status == 204));
        Assert.All(answers.Where(answer => answer.Status != 204), answer => Assert.Equal("AutoBackup.0215", answer.ExpectError(400)));
        Assert.Equal(10, (await _server.SendAsync("GET", path)).Expect(200).GetProperty("tags").GetArrayLength());
    }

    [Fact]
    public async Task Of_ten_backups_that_are_ordered_at_once_as_many_are_made_as_the_quota_allows()
    {
        (await _server.SendAsync("PUT", "/admin/v1/{p}/quota", """{"backups": 3, "backup_gigabytes": -1}""")).Expect(200);
        var volumes = new List<string>();
        foreach (var i in Enumerable.Range(0, AtOnce))
        {
            volumes.Add(await _server.AddVolumeAsync($"quota{i}", 1000));
        }

        var answers = await Task.WhenAll(
            volumes.Select(volume =>
                _server.SendAsync("POST", "/v2/{p}/cloudbackups", $$"""{"backup": {"volume_id": "{{volume}}", "name": "b"} }""")
            )
        );

        Assert.Equal(3, answers.Count(answer => answer.Status == 200));
        Assert.All(answers.Where(answer => answer.Status != 200), answer => Assert.Equal("VolumeBackup.0080", answer.ExpectError(400)));
        Assert.Equal(3, (await _server.SendAsync("GET", "/v2/{p}/backups")).Expect(200).GetProperty("backups").GetArrayLength());
    }

    [Fact]
    public async Task A_policy_takes_no_more_volumes_than_it_may_have()
    {
        var (one, two) = (await _server.AddVolumeAsync("one", 1000), await _server.AddVolumeAsync("two", 1000));
        var policy = await _server.CreatePolicyAsync("full");
        var body =
            $$"""{"backup_policy_id": "{{policy}}", "resources": [{"resource_id": "{{one}}", "resource_type": "volume"},"""
                + $$""" {"resource_id": "{{two}}", "resource_type": "volume"}]}""";

        Assert.Equal("AutoBackup.0204", (await _server.SendAsync("POST", "/v2/{p}/backuppolicyresources", body)).ExpectError(400));
    }

    [Fact]
    public async Task A_volume_that_has_as_many_backups_as_it_may_gets_none_by_hand_and_none_by_a_policy()
    {
        var volume = await _server.AddVolumeAsync("full", 1000);
        await _server.BackUpAsync(volume, "first");
        Assert.Equal(
            "VolumeBackup.0040",
            (
                await _server.SendAsync("POST", "/v2/{p}/cloudbackups", $$"""{"backup": {"volume_id": "{{volume}}", "name": "second"} }""")
            ).ExpectError(400)
        );

        var policy = await _server.CreatePolicyAsync("full");
        (
            await _server.SendAsync(
                "POST",
                "/v2/{p}/backuppolicyresources",
                $$"""{"backup_policy_id": "{{policy}}", "resources": [{"resource_id": "{{volume}}", "resource_type": "volume"}]}"""
            )
        ).Expect(200);
        (await _server.SendAsync("POST", $"/v2/{{p}}/backuppolicy/{policy}/action")).Expect(204);
        var tasks = $"/v2/{{p}}/backuppolicy/{policy}/backuptasks";
        var job = await JobOfAsync(tasks);

        var task = (await _server.SendAsync("GET", tasks)).Expect(200).GetProperty("tasks")[0];
        Assert.Equal(("EXECUTE_FAIL", "VolumeBackup.0040"), (task.GetProperty("status").GetString(), task.GetProperty("code").GetString()));
        Assert.Equal(
            "VolumeBackup.0040",
            (await _server.SendAsync("GET", $"/v1/{{p}}/jobs/{job}")).Expect(200).GetProperty("error_code").GetString()
        );
    }

    /// <summary>A task names its job as soon as that was begun, and a failed one is named with its end.</summary>
    private async Task<string> JobOfAsync(string tasks)
    {
        while (true)
        {
            var task = (await _server.SendAsync("GET", tasks)).Expect(200).GetProperty("tasks")[0];
            if (task.GetProperty("status").GetString() is not ("WAITING" or "RUNNING"))
            {
                return task.GetProperty("vbs_job_id").GetString() ?? "";
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
