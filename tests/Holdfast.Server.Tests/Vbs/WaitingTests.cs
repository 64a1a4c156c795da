using System.Text.Json;

namespace Holdfast.Server.Tests.Vbs;

/// <summary>A server that runs no jobs: what is told of things that are ordered and have not begun. States that only a worker makes are
/// written by hand.</summary>
public sealed class WaitingTests(WaitingTests.IdleServer idle) : IClassFixture<WaitingTests.IdleServer>
{
    private TestServer Server => idle.Server;

    [Fact]
    public async Task A_second_backup_of_a_volume_is_refused_while_the_first_has_not_ended()
    {
        var volume = await Server.AddVolumeAsync("earlier");
        await OrderAsync(volume);

        Assert.Equal("VolumeBackup.0013", (await Server.SendAsync("POST", "/v2/{p}/cloudbackups", BackupBody(volume))).ExpectError(409));
    }

    [Fact]
    public async Task A_backup_that_is_not_made_yet_is_neither_restored_nor_deleted()
    {
        var volume = await Server.AddVolumeAsync("unfinished");
        var backup = await OrderAsync(volume);

        Assert.Equal(
            "VolumeBackup.0089",
            (await Server.SendAsync("POST", $"/v2/{{p}}/cloudbackups/{backup}/restore", RestoreBody(volume))).ExpectError(400)
        );
        Assert.Equal("VolumeBackup.0125", (await Server.SendAsync("POST", $"/v2/{{p}}/cloudbackups/{backup}")).ExpectError(400));
    }

    [Fact]
    public async Task Nothing_is_restored_into_a_volume_that_is_being_backed_up()
    {
        var backup = await OrderAsync(await Server.AddVolumeAsync("source"));
        await Server.ChangeCatalogAsync("UPDATE backup SET status = 2, available_at = created_at WHERE id = @backup", new { backup });
        var target = await Server.AddVolumeAsync("target");
        await OrderAsync(target);

        Assert.Equal(
            "VolumeBackup.0206",
            (await Server.SendAsync("POST", $"/v2/{{p}}/cloudbackups/{backup}/restore", RestoreBody(target))).ExpectError(409)
        );
    }

    [Theory]
    [InlineData(7, true)]
    [InlineData(5, true)]
    [InlineData(1, false)]
    [InlineData(4, false)]
    public async Task A_backup_may_be_deleted_in_all_states_of_error_but_not_while_it_is_worked_on(int state, bool may)
    {
        var backup = await OrderAsync(await Server.AddVolumeAsync($"state{state}"));
        await Server.ChangeCatalogAsync(
            "UPDATE backup SET status = @state, available_at = created_at, fail_code = 'x', fail_reason = 'x' WHERE id = @backup",
            new { backup, state }
        );

        var answer = await Server.SendAsync("POST", $"/v2/{{p}}/cloudbackups/{backup}");

        Assert.Equal(
            may ? "" : "VolumeBackup.0125",
            may ? answer.Expect(200).GetProperty("job_id").GetString()?[..0] : answer.ExpectError(400)
        );
        Assert.Equal(!may, answer.Text.Contains("available, error or error_deleting", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_backup_shows_that_its_project_restores_it_until_the_restore_ended_and_is_not_deleted_meanwhile()
    {
        var (backup, target) = (await OrderAsync(await Server.AddVolumeAsync("held")), await Server.AddVolumeAsync("held_target"));
        await Server.ChangeCatalogAsync("UPDATE backup SET status = 2, available_at = created_at WHERE id = @backup", new { backup });
        await Server.ChangeCatalogAsync(
            "UPDATE job SET state = 3, begin_at = created_at, finished_at = created_at WHERE backup_id = @backup",
            new { backup }
        );
        (await Server.SendAsync("POST", $"/v2/{{p}}/cloudbackups/{backup}/restore", RestoreBody(target))).Expect(200);

        Assert.Equal("restoring", await StatusAsync(backup));
        Assert.Contains(backup, (await Server.SendAsync("GET", "/v3/{p}/backups?status=restoring")).Text, StringComparison.Ordinal);
        Assert.DoesNotContain(backup, (await Server.SendAsync("GET", "/v3/{p}/backups?status=available")).Text, StringComparison.Ordinal);
        Assert.Equal("VolumeBackup.0125", (await Server.SendAsync("POST", $"/v2/{{p}}/cloudbackups/{backup}")).ExpectError(400));

        await Server.ChangeCatalogAsync(
            "UPDATE job SET state = 4, error_code = 'x', fail_reason = 'x', finished_at = created_at "
                + "WHERE backup_id = @backup AND kind = 3",
            new { backup }
        );

        Assert.Equal("available", await StatusAsync(backup));
        (await Server.SendAsync("POST", $"/v2/{{p}}/cloudbackups/{backup}")).Expect(200);
    }

    [Fact]
    public async Task What_was_last_found_out_about_a_backup_is_shown_with_its_number_and_consistency()
    {
        var backup = await OrderAsync(await Server.AddVolumeAsync("verdict"));
        var shown = await ShowAsync(backup);
        Assert.Equal(1, shown.GetProperty("holdfast:number").GetInt64());
        Assert.Equal(JsonValueKind.Null, shown.GetProperty("holdfast:consistency").ValueKind);
        Assert.Equal(JsonValueKind.Null, shown.GetProperty("holdfast:last_verdict").ValueKind);

        await Server.ChangeCatalogAsync(
            "UPDATE backup SET status = 2, available_at = created_at, consistency = 'live', verdict_at = 1000, verdict_by = 2, "
                + "verdict_ok = 0, verdict_reason = 'pack x is damaged' WHERE id = @backup",
            new { backup }
        );

        shown = await ShowAsync(backup);
        Assert.Equal("available", shown.GetProperty("status").GetString());
        Assert.Equal("live", shown.GetProperty("holdfast:consistency").GetString());
        Assert.Equal(
            """{"at":"1970-01-01T00:00:01.000000","by":"restore","ok":false,"reason":"pack x is damaged"}""",
            shown.GetProperty("holdfast:last_verdict").GetRawText()
        );
    }

    private async Task<JsonElement> ShowAsync(string backup) =>
        (await Server.SendAsync("GET", $"/v3/{{p}}/backups/{backup}", own: true)).Expect(200).GetProperty("backup");

    private async Task<string?> StatusAsync(string backup) => (await ShowAsync(backup)).GetProperty("status").GetString();

    [Fact]
    public async Task A_volume_in_error_is_not_associated_and_the_others_are()
    {
        var (bad, good) = (await Server.AddVolumeAsync("assoc_bad"), await Server.AddVolumeAsync("assoc_good"));
        await Server.ChangeCatalogAsync("UPDATE volume SET status = 5 WHERE id = @bad", new { bad });

        var answer = await AssociateAsync(await Server.CreatePolicyAsync("assoc"), bad, good);

        Assert.Equal(
            $$"""{"success_resources":[{"resource_id":"{{good}}",{{Place}}}],"fail_resources":[{"resource_id":"{{bad}}",{{Place}},"""
                + $"\"code\":\"AutoBackup.0206\",\"message\":\"volume '{bad}' is in a state that does not allow it\"}}]}}",
            answer.Text
        );
    }

    [Fact]
    public async Task A_policy_is_not_executed_while_it_is_being_executed()
    {
        var policy = await Server.CreatePolicyAsync("twice");
        await AssociateAsync(policy, await Server.AddVolumeAsync("twice"));
        (await Server.SendAsync("POST", $"/v2/{{p}}/backuppolicy/{policy}/action")).Expect(204);

        Assert.Equal("AutoBackup.0225", (await Server.SendAsync("POST", $"/v2/{{p}}/backuppolicy/{policy}/action")).ExpectError(409));
    }

    [Fact]
    public async Task A_turn_that_was_taken_back_says_why_in_a_member_of_our_own_alone()
    {
        var volume = await Server.AddVolumeAsync("skipped");
        var policy = await Server.CreatePolicyAsync("skipped");
        await AssociateAsync(policy, volume);
        (await Server.SendAsync("POST", $"/v2/{{p}}/backuppolicy/{policy}/action")).Expect(204);
        (
            await Server.SendAsync(
                "POST",
                $"/v2/{{p}}/backuppolicyresources/{policy}/deleted_resources",
                $$"""{"resources": [{"resource_id": "{{volume}}"}]}"""
            )
        ).Expect(200);

        var task = await TaskAsync(policy, "SKIP");

        Assert.Equal(
            ["job_id", "status", "created_at", "finished_at", "backup_name", "resource_id", "resource_type", "holdfast:reason"],
            NamesOf(task)
        );
        Assert.Equal("AutoBackup.1400#The volume was disassociated from the policy.", task.GetProperty("holdfast:reason").GetString());
    }

    [Fact]
    public async Task A_task_tells_what_its_state_has_and_no_more()
    {
        var policy = await Server.CreatePolicyAsync("states");
        await AssociateAsync(policy, await Server.AddVolumeAsync("states"));
        (await Server.SendAsync("POST", $"/v2/{{p}}/backuppolicy/{policy}/action")).Expect(204);
        string[] always = ["job_id", "status", "created_at", "backup_name", "resource_id", "resource_type"];
        Assert.Equal(always, NamesOf(await TaskAsync(policy, "WAITING")));

        await Server.ChangeCatalogAsync("UPDATE task SET status = 2 WHERE policy_id = @policy", new { policy });
        Assert.Equal([.. always, "vbs_job_id"], NamesOf(await TaskAsync(policy, "RUNNING")));

        string[] ended = ["job_id", "status", "created_at", "finished_at", "backup_name", "resource_id", "resource_type", "vbs_job_id"];
        await Server.ChangeCatalogAsync("UPDATE task SET status = 3, finished_at = created_at WHERE policy_id = @policy", new { policy });
        Assert.Equal(ended, NamesOf(await TaskAsync(policy, "EXECUTE_SUCCESS")));

        foreach (var (number, state) in ((int, string)[])[(4, "EXECUTE_FAIL"), (5, "EXECUTE_TIMEOUT")])
        {
            await Server.ChangeCatalogAsync(
                "UPDATE task SET status = @number, code = 'VolumeBackup.0027', message = 'why' WHERE policy_id = @policy",
                new { policy, number }
            );
            var task = await TaskAsync(policy, state);
            Assert.Equal([.. ended, "code", "message", "fail_reason"], NamesOf(task));
            Assert.Equal("VolumeBackup.0027#why", task.GetProperty("fail_reason").GetString());
        }
    }

    [Fact]
    public async Task The_quota_tells_of_a_backup_that_waits_as_reserved()
    {
        await using var server = await TestServer.StartAsync(("HOLDFAST_Jobs__Workers", "0"), ("HOLDFAST_Quotas__Backups", "5"));
        Assert.Equal(Quota(0, 0), (await server.SendAsync("GET", "/v2/{p}/cloudbackups/quota")).Text);
        var volume = await server.AddVolumeAsync("quota");

        (await server.SendAsync("POST", "/v2/{p}/cloudbackups", BackupBody(volume))).Expect(200);
        Assert.Equal(Quota(0, 1), (await server.SendAsync("GET", "/v2/{p}/cloudbackups/quota")).Text);

        await server.ChangeCatalogAsync(
            "UPDATE backup SET status = 2, available_at = created_at WHERE volume_id = @volume",
            new { volume }
        );
        Assert.Equal(Quota(1, 0), (await server.SendAsync("GET", "/v2/{p}/cloudbackups/quota")).Text);
    }

    private static string Quota(int used, int reserved) =>
        $$$"""{"quotas":{"resources":[{"type":"backups","used":{{{used}}},"reserved":{{{reserved}}},"quota":"""
        + $$$"""5},{"type":"backup_gigabytes","used":{{{used}}},"reserved":{{{reserved}}},"quota":-1}]}}""";

    private static string BackupBody(string volume) => $$"""{"backup": {"volume_id": "{{volume}}", "name": "b"} }""";

    private const string Place = """
        "resource_type":"volume","availability_zone":"nova","os_vol_host_attr":"holdfast.nova"
        """;

    private static string RestoreBody(string volume) => $$"""{"restore": {"volume_id": "{{volume}}"} }""";

    private static IEnumerable<string> NamesOf(JsonElement task) => task.EnumerateObject().Select(member => member.Name);

    /// <summary>Orders a backup, which stays as it is.</summary>
    private async Task<string> OrderAsync(string volume)
    {
        var job = (await Server.SendAsync("POST", "/v2/{p}/cloudbackups", BackupBody(volume)))
            .Expect(200)
            .GetProperty("job_id")
            .GetString();
        var shown = (await Server.SendAsync("GET", $"/v1/{{p}}/jobs/{job}")).Expect(200);
        Assert.Equal("INIT", shown.GetProperty("status").GetString());
        return shown.GetProperty("entities").GetProperty("backup_id").GetString() ?? "";
    }

    private Task<Answer> AssociateAsync(string policy, params string[] volumes)
    {
        var resources = string.Join(", ", volumes.Select(volume => $$"""{"resource_id": "{{volume}}", "resource_type": "volume"}"""));
        return Server.SendAsync(
            "POST",
            "/v2/{p}/backuppolicyresources",
            $$"""{"backup_policy_id": "{{policy}}", "resources": [{{resources}}]}"""
        );
    }

    private async Task<JsonElement> TaskAsync(string policy, string status)
    {
        var task = (await Server.SendAsync("GET", $"/v2/{{p}}/backuppolicy/{policy}/backuptasks"))
            .Expect(200)
            .GetProperty("tasks")
            .EnumerateArray()
            .Single();
        Assert.Equal(status, task.GetProperty("status").GetString());
        return task;
    }

    public sealed class IdleServer : IAsyncLifetime
    {
        public TestServer Server { get; private set; } = null!; // made in InitializeAsync

        public async ValueTask InitializeAsync() => Server = await TestServer.StartAsync(("HOLDFAST_Jobs__Workers", "0"));

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
