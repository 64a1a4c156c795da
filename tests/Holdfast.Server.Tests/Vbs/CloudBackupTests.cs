namespace Holdfast.Server.Tests.Vbs;

/// <summary>Backups in VBS style, sharing and tags: every refusal with its own code (contract, error-codes.md, sections 3 to 6).</summary>
public sealed class CloudBackupTests(TestServer server)
{
    private const string Nowhere = "11111111-1111-1111-1111-111111111111";

    [Theory]
    [InlineData("", 400, "VolumeBackup.0002")]
    [InlineData("{", 400, "VolumeBackup.0002")]
    [InlineData("[]", 400, "VolumeBackup.0002")]
    [InlineData("""{"backup": 5}""", 400, "VolumeBackup.0002")]
    [InlineData("{}", 400, "VolumeBackup.0002")]
    [InlineData("""{"backup": {"volume_id": "{v}"}}""", 400, "VolumeBackup.0007")]
    [InlineData("""{"backup": {"volume_id": "{v}", "name": ""}}""", 400, "VolumeBackup.0007")]
    [InlineData(
        """{"backup": {"volume_id": "{v}", "name": "12345678901234567890123456789012345678901234567890123456789012345"}}""",
        400,
        "VolumeBackup.0003"
    )]
    [InlineData("""{"backup": {"volume_id": "{v}", "name": "a.b"}}""", 400, "VolumeBackup.0004")]
    [InlineData("""{"backup": {"volume_id": "{v}", "name": "Auto1"}}""", 400, "VolumeBackup.0005")]
    [InlineData("""{"backup": {"volume_id": "{v}", "name": "a", "description": "<b>"}}""", 400, "VolumeBackup.0006")]
    [InlineData(
        """{"backup": {"volume_id": "{v}", "name": "a", "description":"""
            + """ "12345678901234567890123456789012345678901234567890123456789012345"}}""",
        400,
        "VolumeBackup.0006"
    )]
    [InlineData("""{"backup": {"name": "a"}}""", 400, "VolumeBackup.0010")]
    [InlineData("""{"backup": {"volume_id": "x", "name": "a"}}""", 400, "VolumeBackup.0011")]
    [InlineData("""{"backup": {"volume_id": "11111111-1111-1111-1111-111111111111", "name": "a"}}""", 404, "VolumeBackup.0021")]
    [InlineData("""{"backup": {"volume_id": "{v}", "name": "a", "snapshot_id": "x"}}""", 400, "VolumeBackup.0020")]
    [InlineData("""{"backup": {"volume_id": "{v}", "name": "a", "tags": [{"key": "a=b", "value": ""}]}}""", 400, "VolumeBackup.0049")]
    [InlineData(
        """{"backup": {"volume_id": "{v}", "name": "a", "tags": [{"key": "a", "value": ""}, {"key": "a", "value": ""}]}}""",
        400,
        "VolumeBackup.0049"
    )]
    [InlineData("""{"backup": {"volume_id": "{v}", "name": "a", "tags": [{"key": "..", "value": ""}]}}""", 400, "VolumeBackup.0049")]
    [InlineData("""{"backup": {"volume_id": "{v}", "name": "a", "tags": [{"key": "a"}]}}""", 400, "VolumeBackup.0049")]
    [InlineData(
        """{"backup": {"volume_id": "{v}", "name": "a", "tags": ["""
            + TestServer.ElevenTags
            + """]}}""",
        400,
        "VolumeBackup.0050"
    )]
    [InlineData("""{"backup": {"volume_id": "{v}", "name": "a", "extend_param": {"FullBackup": "maybe"}}}""", 400, "VolumeBackup.0002")]
    public async Task A_backup_that_cannot_be_ordered_is_refused_with_its_code(string body, int status, string code)
    {
        var volume = body.Contains("{v}", StringComparison.Ordinal) ? await server.AddVolumeAsync($"cloud_{Guid.CreateVersion7():N}") : "";
        Assert.Equal(
            code,
            (await server.SendAsync("POST", "/v2/{p}/cloudbackups", body.Replace("{v}", volume, StringComparison.Ordinal))).ExpectError(
                status
            )
        );
    }

    [Theory]
    [InlineData("", 400, "VolumeBackup.0210")]
    [InlineData("[]", 400, "VolumeBackup.0210")]
    [InlineData("{}", 400, "VolumeBackup.0210")]
    [InlineData("""{"restore": {}}""", 400, "VolumeBackup.0208")]
    [InlineData("""{"restore": {"volume_id": "x"}}""", 400, "VolumeBackup.0208")]
    [InlineData("""{"restore": {"volume_id": 5}}""", 400, "VolumeBackup.0210")]
    [InlineData("""{"restore": {"volume_id": "11111111-1111-1111-1111-111111111111"}}""", 404, "VolumeBackup.0207")]
    [InlineData("""{"restore": {"volume_id": "{small}"}}""", 400, "VolumeBackup.0209")]
    public async Task A_restore_that_cannot_be_is_refused_with_its_code(string body, int status, string code)
    {
        var name = $"cloud_{Guid.CreateVersion7():N}";
        var backup = await server.BackUpAsync(await server.AddVolumeAsync(name), "b");
        var small = await server.AddVolumeAsync(name + "s", length: 1000);
        Assert.Equal(
            code,
            (
                await server.SendAsync(
                    "POST",
                    $"/v2/{{p}}/cloudbackups/{backup}/restore",
                    body.Replace("{small}", small, StringComparison.Ordinal)
                )
            ).ExpectError(status)
        );
    }

    [Fact]
    public async Task What_is_not_there_is_told_by_the_code_of_what_was_asked()
    {
        Assert.Equal("VolumeBackup.0111", (await server.SendAsync("POST", $"/v2/{{p}}/cloudbackups/{Nowhere}")).ExpectError(404));
        Assert.Equal(
            "VolumeBackup.0111",
            (await server.SendAsync("POST", $"/v2/{{p}}/cloudbackups/{Nowhere}/restore", "{}")).ExpectError(404)
        );
        Assert.Equal("VolumeBackup.0204", (await server.SendAsync("POST", "/v2/{p}/cloudbackups/x/restore", "{}")).ExpectError(400));
        Assert.Equal("common.0011", (await server.SendAsync("GET", "/v1/{p}/jobs/x")).ExpectError(404));
    }

    [Fact]
    public async Task A_job_tells_of_a_backup_from_its_order_to_its_end_and_states_are_kept_to()
    {
        var volume = await server.AddVolumeAsync("cloud_states");
        var job = (
            await server.SendAsync(
                "POST",
                "/v2/{p}/cloudbackups",
                $$"""{"backup": {"volume_id": "{{volume}}", "name": "one", "extend_param": {"FullBackup": true} } }"""
            )
        )
            .Expect(200)
            .GetProperty("job_id")
            .GetString();
        await server.WaitForJobAsync(job ?? "", "SUCCESS");
        var entities = (await server.SendAsync("GET", $"/v1/{{p}}/jobs/{job}")).Expect(200).GetProperty("entities");
        var backup = entities.GetProperty("backup_id").GetString();
        Assert.Equal(volume, entities.GetProperty("volume_id").GetString());

        var restore = (
            await server.SendAsync("POST", $"/v2/{{p}}/cloudbackups/{backup}/restore", $$"""{"restore": {"volume_id": "{{volume}}"} }""")
        )
            .Expect(200)
            .GetProperty("job_id")
            .GetString();
        await server.WaitForJobAsync(restore ?? "", "SUCCESS");
        var delete = (await server.SendAsync("POST", $"/v2/{{p}}/cloudbackups/{backup}")).Expect(200).GetProperty("job_id").GetString();
        var again = await server.SendAsync("POST", $"/v2/{{p}}/cloudbackups/{backup}");
        Assert.Contains(
            (again.Status, again.Json.GetProperty("error").GetProperty("code").GetString()),
            ((int, string?)[])[(400, "VolumeBackup.0125"), (404, "VolumeBackup.0111")]
        );
        await server.WaitForJobAsync(delete ?? "", "SUCCESS");
        (await server.SendAsync("GET", $"/v2/{{p}}/backups/{backup}")).Expect(404);
    }

    [Theory]
    [InlineData("POST", "tags", "", 400, "AutoBackup.0000")]
    [InlineData("POST", "tags", "{}", 400, "AutoBackup.0001")]
    [InlineData("POST", "tags", """{"tag": null}""", 400, "AutoBackup.0001")]
    [InlineData("POST", "tags", """{"tag": {}}""", 400, "AutoBackup.0001")]
    [InlineData("POST", "tags", """{"tag": 5}""", 400, "AutoBackup.0008")]
    [InlineData("POST", "tags", """{"tag": {"key": "", "value": ""}}""", 400, "AutoBackup.0214")]
    [InlineData("POST", "tags", """{"tag": {"key": "..", "value": ""}}""", 400, "AutoBackup.0214")]
    [InlineData("POST", "tags", """{"tag": {"key": ".", "value": ""}}""", 400, "AutoBackup.0214")]
    [InlineData("POST", "tags", """{"tag": {"key": "a"}}""", 400, "AutoBackup.0214")]
    [InlineData("DELETE", "tags/none", null, 404, "AutoBackup.0216")]
    [InlineData("POST", "tags/action", """{"action": "Create", "tags": []}""", 400, "AutoBackup.0222")]
    [InlineData(
        "POST",
        "tags/action",
        """{"action": "create", "tags": [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]}""",
        400,
        "AutoBackup.0214"
    )]
    [InlineData("POST", "tags/action", """{"action": "create", "tags": 5}""", 400, "AutoBackup.0008")]
    [InlineData("POST", "tags/action", """{"action": "Create", "tags": [5]}""", 400, "AutoBackup.0008")]
    [InlineData("POST", "tags/action", """{"action": "create", "tags": [{"key": "..", "value": ""}]}""", 400, "AutoBackup.0214")]
    [InlineData("POST", "tags/action", """{"action": "update", "tags": [{"key": ".", "value": ""}]}""", 400, "AutoBackup.0214")]
    [InlineData(
        "POST",
        "tags/action",
        """{"action": "create", "tags": ["""
            + TestServer.ElevenTags
            + """]}""",
        400,
        "AutoBackup.0215"
    )]
    public async Task A_bad_tag_is_refused_with_its_code(string method, string path, string? body, int status, string code)
    {
        var policy = await server.CreatePolicyAsync("tags");
        Assert.Equal(code, (await server.SendAsync(method, $"/v2/{{p}}/backuppolicy/{policy}/{path}", body)).ExpectError(status));
        Assert.Equal(
            "AutoBackup.0205",
            (await server.SendAsync(method, $"/v2/{{p}}/backuppolicy/{Nowhere}/{path}", body)).ExpectError(404)
        );
    }

    [Fact]
    public async Task A_question_by_tags_is_answered_as_the_contracts_table_says()
    {
        var mark = $"q{Guid.CreateVersion7():N}";
        async Task<string> MakeAsync(string name, string tags) =>
            (
                await server.SendAsync(
                    "POST",
                    "/v2/{p}/backuppolicy",
                    $$"""{"backup_policy_name": "{{mark}}-{{name}}", "scheduled_policy": {"start_time": "12:00", "frequency": 1,"""
                        + $$""" "rentention_num": 10, "status": "OFF"}, "tags": {{tags}} }"""
                )
            )
                .Expect(200)
                .GetProperty("backup_policy_id")
                .GetString()
            ?? "";
        var ab = await MakeAsync("ab", """[{"key": "a", "value": "1"}, {"key": "b", "value": "1"}]""");
        var a = await MakeAsync("a", """[{"key": "a", "value": "2"}]""");
        var none = await MakeAsync("none", "[]");
        async Task FindsAsync(string conditions, params string[] expected)
        {
            var name = $$""", "matches": [{"key": "resource_name", "value": "{{mark.ToUpperInvariant()}}"}]""";
            var found = (
                await server.SendAsync(
                    "POST",
                    "/v2/{p}/backuppolicy/resource_instances/action",
                    $$"""{"action": "filter"{{name}}{{conditions}} }"""
                )
            ).Expect(200);
            Assert.Equal(
                expected.Order(),
                found.GetProperty("resources").EnumerateArray().Select(one => one.GetProperty("resource_id").GetString()).Order()
            );
            Assert.Equal(expected.Length, found.GetProperty("total_count").GetInt32());
        }

        await FindsAsync("", ab, a, none);
        await FindsAsync(""", "tags": []""", ab, a, none);
        await FindsAsync(""", "tags": [{"key": "a", "values": []}]""", ab, a);
        await FindsAsync(""", "tags": [{"key": "a", "values": ["1", "3"]}, {"key": "b", "values": []}]""", ab);
        await FindsAsync(""", "tags_any": [{"key": "a", "values": ["2"]}, {"key": "b", "values": []}]""", ab, a);
        await FindsAsync(""", "not_tags": [{"key": "a", "values": []}, {"key": "b", "values": []}]""", a, none);
        await FindsAsync(""", "not_tags_any": [{"key": "a", "values": ["2"]}, {"key": "b", "values": []}]""", none);
        var page = (
            await server.SendAsync(
                "POST",
                "/v2/{p}/backuppolicy/resource_instances/action",
                $$"""{"action": "filter", "limit": 1, "offset": "1", "matches": [{"key": "resource_name", "value": "{{mark}}"}] }"""
            )
        ).Expect(200);
        Assert.Equal((3, 1), (page.GetProperty("total_count").GetInt32(), page.GetProperty("resources").GetArrayLength()));
        Assert.Equal(
            "AutoBackup.0214",
            (
                await server.SendAsync("POST", "/v2/{p}/backuppolicy/resource_instances/action", """{"action": "filter", "tags_any": []}""")
            ).ExpectError(400)
        );
        Assert.Equal(
            "AutoBackup.0008",
            (
                await server.SendAsync("POST", "/v2/{p}/backuppolicy/resource_instances/action", """{"action": "filter", "limit": "x"}""")
            ).ExpectError(400)
        );
    }

    [Theory]
    [InlineData("""{"shared": {"backup_id": "{b}", "to_project_ids": []}}""", 400)]
    [InlineData("""{"shared": {"backup_id": "{b}", "to_project_ids": ["{p}"]}}""", 400)]
    [InlineData("""{"shared": {"backup_id": "{b}", "to_project_ids": ["{P}"]}}""", 400)]
    [InlineData("""{"shared": {"backup_id": "{b}", "to_project_ids": ["a b"]}}""", 400)]
    [InlineData("""{"shared": {"backup_id": "{b}", "to_project_ids": [5]}}""", 400)]
    [InlineData("""{"shared": {"to_project_ids": ["x"]}}""", 400)]
    [InlineData("""{"shared": {"backup_id": "x", "to_project_ids": ["x"]}}""", 404)]
    public async Task A_sharing_that_cannot_be_is_refused(string body, int status)
    {
        var backup = body.Contains("{b}", StringComparison.Ordinal)
            ? await server.BackUpAsync(await server.AddVolumeAsync($"share_{Guid.CreateVersion7():N}"), "b")
            : "";
        var refusal = (
            await server.SendAsync(
                "POST",
                "/v2/{p}/os-vendor-backup-sharing",
                body.Replace("{b}", backup, StringComparison.Ordinal)
                    .Replace("{p}", server.Project, StringComparison.Ordinal)
                    .Replace("{P}", server.Project.ToUpperInvariant(), StringComparison.Ordinal)
            )
        )
            .Expect(status)
            .EnumerateObject()
            .Single();
        Assert.Equal(status, refusal.Value.GetProperty("code").GetInt32());
    }

    [Fact]
    public async Task A_sharing_is_answered_in_full_with_nothing_deleted()
    {
        var backup = await server.BackUpAsync(await server.AddVolumeAsync("share_answer"), "b");
        var to = new string('a', 32);

        var made = (
            await server.SendAsync(
                "POST",
                "/v2/{p}/os-vendor-backup-sharing",
                $$"""{"shared": {"backup_id": "{{backup}}", "to_project_ids": ["{{to}}"]} }"""
            )
        )
            .Expect(200)
            .GetProperty("shared");

        var (id, at) = (made[0].GetProperty("id").GetString(), made[0].GetProperty("created_at").GetString());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$", at);
        Assert.Equal(
            $$"""[{"id":"{{id}}","backup_id":"{{backup}}","from_project_id":"{{server.Project}}","""
                + $"\"to_project_id\":\"{to}\",\"created_at\":\"{at}\","
                + "\"updated_at\":null,\"deleted\":null,\"deleted_at\":null}]",
            made.GetRawText()
        );
    }

    [Fact]
    public async Task A_removal_that_fails_is_told_by_its_job_and_may_be_ordered_again()
    {
        var backup = await server.BackUpAsync(await server.AddVolumeAsync("cloud_undeletable"), "b");
        var manifest = Directory.GetFiles(server.Folder, $"{backup}*", SearchOption.AllDirectories).Single();
        File.Move(manifest, $"{manifest}.kept");
        Directory.CreateDirectory(Path.Combine(manifest, "in the way"));

        // Deleted, it is kept; it is its removal for good that fails.
        var job = (await server.SendAsync("POST", $"/v2/{{p}}/cloudbackups/{backup}")).Expect(200).GetProperty("job_id").GetString() ?? "";
        await server.WaitForJobAsync(job, "SUCCESS");
        job =
            (await server.SendAsync("DELETE", $"/admin/v1/{{p}}/deleted-backups/{backup}")).Expect(202).GetProperty("job_id").GetString()
            ?? "";
        await server.WaitForJobAsync(job, "FAIL");

        var shown = (await server.SendAsync("GET", $"/v1/{{p}}/jobs/{job}")).Expect(200);
        Assert.Equal(
            ("bksDeleteBackup", "VolumeBackup.0102"),
            (shown.GetProperty("job_type").GetString(), shown.GetProperty("error_code").GetString())
        );
        Assert.NotEmpty(shown.GetProperty("fail_reason").GetString() ?? "");
        Assert.Equal(
            "error_deleting",
            (await server.SendAsync("GET", $"/v2/{{p}}/backups/{backup}"))
                .Expect(200)
                .GetProperty("backup")
                .GetProperty("status")
                .GetString()
        );
        Directory.Delete(manifest, recursive: true);
        File.Move($"{manifest}.kept", manifest);
        await server.WaitForJobAsync(
            (await server.SendAsync("POST", $"/v2/{{p}}/cloudbackups/{backup}")).Expect(200).GetProperty("job_id").GetString() ?? "",
            "SUCCESS"
        );
        Assert.False(File.Exists(manifest));
    }
}
