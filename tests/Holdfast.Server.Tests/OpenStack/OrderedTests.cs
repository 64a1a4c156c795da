using Holdfast.Control.Backups;

namespace Holdfast.Server.Tests.OpenStack;

/// <summary>What is shown and refused between an order and its end.</summary>
public sealed class OrderedTests(IdleServer idle) : IClassFixture<IdleServer>
{
    [Fact]
    public async Task A_volume_shows_what_was_ordered_of_it_before_anybody_begins_with_it()
    {
        var (volume, backup) = await idle.OrderBackupAsync("ordered");
        await ShowsAsync(volume, "backing-up");
        await idle.LeaveAsync(backup, status: 2);
        await ShowsAsync(volume, "available");

        (
            await idle.Server.SendAsync("POST", $"/v3/{{p}}/backups/{backup}/restore", $$"""{"restore": {"volume_id": "{{volume}}"} }""")
        ).Expect(202);
        await ShowsAsync(volume, "restoring-backup");
        Assert.Equal(
            "restoring-backup",
            (await idle.Server.SendAsync("PUT", $"/v3/{{p}}/volumes/{volume}", """{"volume": {"description": "x"} }"""))
                .Expect(200)
                .GetProperty("volume")
                .GetProperty("status")
                .GetString()
        );
        await idle.LeaveAsync(backup, status: 2);
        await ShowsAsync(volume, "available");
    }

    [Fact]
    public async Task A_busy_volume_is_neither_deleted_nor_forgotten()
    {
        var (_, backup) = await idle.OrderBackupAsync("busy_volume");
        await idle.LeaveAsync(backup, status: 2);
        var restored = (await idle.Server.SendAsync("POST", $"/v3/{{p}}/backups/{backup}/restore", """{"restore": {}}"""))
            .Expect(202)
            .GetProperty("restore")
            .GetProperty("volume_id")
            .GetString();
        (await idle.Server.SendAsync("DELETE", $"/v3/{{p}}/volumes/{restored}")).Expect(409);
        (await idle.Server.SendAsync("POST", $"/v3/{{p}}/volumes/{restored}/action", """{"os-force_delete": {}}""")).Expect(409);
        (await idle.Server.SendAsync("POST", $"/v3/{{p}}/volumes/{restored}/action", """{"os-unmanage": {}}""")).Expect(409);
        await ShowsAsync(restored ?? "", "restoring-backup");
    }

    [Fact]
    public async Task A_backup_is_deleted_and_restored_only_in_the_states_that_allow_it()
    {
        foreach (var status in BackupStatuses.Shown.Where(status => status != BackupStatus.Restoring))
        {
            var (volume, backup) = await idle.OrderBackupAsync($"state_{status}");
            await idle.LeaveAsync(backup, (int)status);
            var restored = await idle.Server.SendAsync(
                "POST",
                $"/v3/{{p}}/backups/{backup}/restore",
                $$"""{"restore": {"volume_id": "{{volume}}"} }"""
            );
            Assert.True(
                restored.Status == (status == BackupStatus.Available ? 202 : 400),
                $"restore of one that is {status}: {restored.Status} {restored.Text}"
            );
            await idle.LeaveAsync(backup, (int)status);
            var anew = await idle.Server.SendAsync("POST", $"/v3/{{p}}/backups/{backup}/restore", """{"restore": {}}""");
            Assert.True(
                anew.Status == (status == BackupStatus.Available ? 202 : 400),
                $"restore to a new volume of one that is {status}: {anew.Status} {anew.Text}"
            );
            foreach (
                var (method, path, body) in ((string, string, string?)[])
                    [("DELETE", "", null), ("POST", "/action", """{"os-force_delete": {}}""")]
            )
            {
                await idle.LeaveAsync(backup, (int)status);
                var deleted = await idle.Server.SendAsync(method, $"/v3/{{p}}/backups/{backup}{path}", body);
                Assert.True(
                    deleted.Status == (status is BackupStatus.Creating or BackupStatus.Restoring or BackupStatus.Deleting ? 400 : 202),
                    $"{method} {path} of one that is {status}: {deleted.Status} {deleted.Text}"
                );
            }
        }
    }

    [Fact]
    public async Task A_backup_is_not_restored_into_a_volume_that_is_too_small_or_busy()
    {
        var (volume, backup) = await idle.OrderBackupAsync("restored_from");
        await idle.LeaveAsync(backup, status: 2);
        var small = await idle.Server.AddVolumeAsync("too_small", length: 100);
        async Task RefusedAsync(string into, string why) =>
            Assert.Contains(
                why,
                (
                    await idle.Server.SendAsync(
                        "POST",
                        $"/v3/{{p}}/backups/{backup}/restore",
                        $$"""{"restore": {"volume_id": "{{into}}"} }"""
                    )
                )
                    .Expect(400)
                    .GetRawText(),
                StringComparison.Ordinal
            );

        await RefusedAsync(small, "100 bytes");
        (await idle.Server.SendAsync("POST", "/v3/{p}/backups", $$"""{"backup": {"volume_id": "{{volume}}"} }""")).Expect(202);
        await RefusedAsync(volume, "backup");
    }

    [Fact]
    public async Task A_backup_is_renamed_and_described_by_the_rules_of_a_new_one()
    {
        var (_, backup) = await idle.OrderBackupAsync("renamed");
        var path = $"/v3/{{p}}/backups/{backup}";
        async Task<string> TextsAsync()
        {
            var shown = (await idle.Server.SendAsync("GET", path)).Expect(200).GetProperty("backup");
            return $"{shown.GetProperty("name")}|{shown.GetProperty("description")}";
        }

        var named = """{"backup": {"name": "new-name", "description": "new text"} }""";
        (await idle.Server.SendAsync("PUT", path, named, version: "volume 3.8")).Expect(404);
        var changed = (await idle.Server.SendAsync("PUT", path, named, version: "volume 3.9"))
            .Expect(200)
            .GetProperty("backup");
        Assert.Equal((backup, "new-name"), (changed.GetProperty("id").GetString(), changed.GetProperty("name").GetString()));
        Assert.Equal("new-name|new text", await TextsAsync());
        (await idle.Server.SendAsync("PUT", path, """{"backup": {"description": ""} }""", version: "volume 3.9")).Expect(200);
        Assert.Equal("new-name|", await TextsAsync());
        foreach (
            var body in (string[])
                [
                    "{}",
                    """{"backup": {"name": "autobk"}}""",
                    """{"backup": {"name": "a\u0000"}}""",
                    """{"backup": {"description": "a\u0000b"}}""",
                    """{"backup": {"metadata": {"a": "b"}}}""",
                ]
        )
        {
            (await idle.Server.SendAsync("PUT", path, body, version: "volume 3.9")).Expect(400);
        }

        (
            await idle.Server.SendAsync("PUT", path.Replace("/v3/", "/v2/", StringComparison.Ordinal), """{"backup": {"name": "x"} }""")
        ).Expect(405);
        (
            await idle.Server.SendAsync(
                "PUT",
                "/v3/{p}/backups/11111111-1111-1111-1111-111111111111",
                """{"backup": {"name": "x"} }""",
                version: "volume 3.9"
            )
        ).Expect(404);
        (await idle.Server.SendAsync("POST", $"{path}/action", """{"os-reset_status": {"status": "available"} }""")).Expect(400);
        Assert.Equal("new-name|", await TextsAsync());
    }

    private async Task ShowsAsync(string volume, string status)
    {
        Assert.Equal(
            status,
            (await idle.Server.SendAsync("GET", $"/v3/{{p}}/volumes/{volume}"))
                .Expect(200)
                .GetProperty("volume")
                .GetProperty("status")
                .GetString()
        );
        Assert.Equal(
            1,
            (await idle.Server.AskAsync($"/v3/{{p}}/volumes/detail?id={volume}&status={status}&with_count=1", "volume 3.45"))
                .Answer.GetProperty("count")
                .GetInt32()
        );
    }
}
