namespace Holdfast.Server.Tests.OpenStack;

/// <summary>Every member that a request may carry is kept and shown again, or refused by its name.</summary>
public sealed class RequestMemberTests(TestServer server)
{
    /// <summary>Operation, microversion, member with its value, what is shown of it then (null where it is refused), or the status of the
    /// refusal.</summary>
    public static TheoryData<string, int, string, string, string?, int> Members =>
        new()
        {
            { "POST volumes", 0, "name", "\"A Name, gr\u00fcn.1\"", "\"A Name, gr\u00fcn.1\"", 202 },
            { "POST volumes", 0, "display_name", "\"older\"", null, 202 },
            { "POST volumes", 0, "description", "\"what <it> is\"", "\"what <it> is\"", 202 },
            { "POST volumes", 0, "metadata", """{"a":"b"}""", """{"a":"b"}""", 202 },
            { "POST volumes", 0, "metadata", """{"\u00e4":"b"}""", null, 400 },
            { "POST volumes", 0, "volume_type", "\"SSD\"", "\"SSD\"", 202 },
            { "POST volumes", 0, "volume_type", "\"any kind\"", "\"any kind\"", 202 },
            { "POST volumes", 0, "volume_type", "\"6b1d7bd9-55fb-4b0d-a5b4-0d2ea3d9b8c8\"", null, 404 },
            { "POST volumes", 0, "availability_zone", "\"eu-de-01\"", "\"eu-de-01\"", 202 },
            { "POST volumes", 0, "snapshot_id", "\"6b1d7bd9-55fb-4b0d-a5b4-0d2ea3d9b8c8\"", null, 404 },
            { "POST volumes", 0, "source_volid", "\"6b1d7bd9-55fb-4b0d-a5b4-0d2ea3d9b8c8\"", null, 404 },
            { "POST volumes", 0, "consistencygroup_id", "\"6b1d7bd9-55fb-4b0d-a5b4-0d2ea3d9b8c8\"", null, 404 },
            { "POST volumes", 13, "group_id", "\"6b1d7bd9-55fb-4b0d-a5b4-0d2ea3d9b8c8\"", null, 404 },
            { "POST volumes", 0, "source_replica", "\"6b1d7bd9-55fb-4b0d-a5b4-0d2ea3d9b8c8\"", null, 404 },
            { "POST volumes", 0, "imageRef", "\"6b1d7bd9-55fb-4b0d-a5b4-0d2ea3d9b8c8\"", null, 400 },
            { "POST volumes", 0, "image_id", "\"6b1d7bd9-55fb-4b0d-a5b4-0d2ea3d9b8c8\"", null, 400 },
            { "POST volumes", 0, "multiattach", "true", null, 400 },
            { "POST volumes", 0, "scheduler_hints", """{"same_host":"x"}""", null, 400 },
            { "POST volumes", 0, "status", "\"error\"", null, 400 },
            { "POST volumes", 0, "colour", "\"red\"", null, 400 },
            { "POST volumes", 0, "colour", "null", null, 202 },
            { "PUT volumes", 0, "name", "\"b c\"", "\"b c\"", 200 },
            { "PUT volumes", 0, "description", "\"d\"", "\"d\"", 200 },
            { "PUT volumes", 0, "metadata", """{"c":"d"}""", """{"c":"d"}""", 200 },
            { "PUT volumes", 0, "volume_type", "\"SSD\"", null, 400 },
            { "POST backups", 0, "name", "\"auto Name, gr\u00fcn.1\"", "\"auto Name, gr\u00fcn.1\"", 202 },
            { "POST backups", 0, "name", "\"autobk1\"", null, 400 },
            { "POST backups", 0, "description", "\"what <it> is\"", "\"what <it> is\"", 202 },
            { "POST backups", 0, "container", "\"cellar\"", "\"cellar\"", 202 },
            { "POST backups", 0, "incremental", "true", null, 400 },
            { "POST backups", 0, "force", "true", null, 202 },
            { "POST backups", 0, "snapshot_id", "\"6b1d7bd9-55fb-4b0d-a5b4-0d2ea3d9b8c8\"", null, 404 },
            { "POST backups", 42, "metadata", """{"a":"b"}""", null, 400 },
            { "POST backups", 43, "metadata", """{"a":"b"}""", """{"a":"b"}""", 202 },
            { "POST backups", 45, "availability_zone", "\"nova\"", null, 400 },
            { "PUT backups", 9, "name", "\"b c\"", "\"b c\"", 200 },
            { "PUT backups", 9, "description", "\"d\"", "\"d\"", 200 },
            { "PUT backups", 42, "metadata", """{"a":"b"}""", null, 400 },
            { "PUT backups", 43, "metadata", """{"c":"d"}""", """{"c":"d"}""", 200 },
            { "PUT backups", 43, "container", "\"cellar\"", null, 400 },
        };

    [Theory]
    [MemberData(nameof(Members))]
    public async Task A_member_is_kept_and_shown_or_refused_by_its_name(
        string operation,
        int minor,
        string member,
        string value,
        string? shown,
        int status
    )
    {
        var (method, items) = operation.Split(' ') is [var verb, var rest] ? (verb, rest) : ("", "");
        var volume = await server.AddVolumeAsync($"walk_{Guid.CreateVersion7():N}");
        var path = $"/v3/{{p}}/{items}";
        if (method == "PUT")
        {
            path += "/" + (items == "volumes" ? volume : await server.BackUpAsync(volume, "walk"));
        }

        var needed =
            method == "PUT" ? ""
            : items == "volumes" ? "\"size\": 1, "
            : $"\"volume_id\": \"{volume}\", ";
        var body = $$"""{"{{items[..^1]}}": { {{needed}} "{{member}}": {{value}} } }""";
        var answer = await server.SendAsync(method, path, body, version: $"volume 3.{minor}");

        var answered = answer.Expect(status);
        if (status >= 400)
        {
            Assert.Contains(member, answer.Text, StringComparison.Ordinal);
            return;
        }

        var id = answered.GetProperty(items[..^1]).GetProperty("id").GetString();
        var kept = (await server.SendAsync("GET", $"/v3/{{p}}/{items}/{id}", version: $"volume 3.{minor}"))
            .Expect(200)
            .GetProperty(items[..^1]);
        Assert.True(shown is null || kept.GetProperty(member).GetRawText() == shown, kept.GetRawText());
    }

    [Fact]
    public async Task An_incremental_backup_needs_one_to_go_on_from_and_shows_what_was_ordered()
    {
        var volume = await server.AddVolumeAsync("increments");
        await server.BackUpAsync(volume, "first");
        async Task<bool> IsIncrementalAsync(string ordered)
        {
            var id = (await server.SendAsync("POST", "/v3/{p}/backups", $$"""{"backup": {"volume_id": "{{volume}}" {{ordered}} } }"""))
                .Expect(202)
                .GetProperty("backup")
                .GetProperty("id")
                .GetString();
            await server.WaitForAsync($"/v3/{{p}}/backups/{id}", "backup", "available");
            return (await server.SendAsync("GET", $"/v3/{{p}}/backups/{id}"))
                .Expect(200)
                .GetProperty("backup")
                .GetProperty("is_incremental")
                .GetBoolean();
        }

        Assert.True(await IsIncrementalAsync(""", "incremental": true"""));
        Assert.False(await IsIncrementalAsync(""", "incremental": false"""));
    }

    [Fact]
    public async Task A_restore_to_a_new_volume_carries_metadata_type_and_zone_of_the_source()
    {
        var made = (
            await server.SendAsync(
                "POST",
                "/v3/{p}/volumes",
                """{"volume": {"size": 1, "metadata": {"team": "db"}, "volume_type": "SAS", "availability_zone": "eu-de-02"}}"""
            )
        ).Expect(202);
        var backup = await server.BackUpAsync(made.GetProperty("volume").GetProperty("id").GetString() ?? "", "carried");
        var restored = (await server.SendAsync("POST", $"/v3/{{p}}/backups/{backup}/restore", """{"restore": {}}""")).Expect(202);
        var path = $"/v3/{{p}}/volumes/{restored.GetProperty("restore").GetProperty("volume_id").GetString()}";
        await server.WaitForAsync(path, "volume", "available");

        var volume = (await server.SendAsync("GET", path)).Expect(200).GetProperty("volume");

        Assert.Equal($"restore_backup_{backup}", volume.GetProperty("name").GetString());
        Assert.Equal("""{"team":"db"}""", volume.GetProperty("metadata").GetRawText());
        Assert.Equal("SAS", volume.GetProperty("volume_type").GetString());
        Assert.Equal("eu-de-02", volume.GetProperty("availability_zone").GetString());
    }

    [Theory]
    [InlineData("GET", "volumes/")]
    [InlineData("POST", "volumes/")]
    [InlineData("PUT", "volumes/")]
    [InlineData("DELETE", "volumes/")]
    [InlineData("POST", "volumes//action")]
    [InlineData("GET", "backups/")]
    [InlineData("POST", "backups/")]
    [InlineData("PUT", "backups/")]
    [InlineData("DELETE", "backups/")]
    [InlineData("GET", "types/")]
    public async Task An_empty_id_is_none(string method, string path) =>
        (
            await server.SendAsync(
                method,
                $"/v3/{{p}}/{path}",
                method is "GET" or "DELETE" ? null : """{"volume": {"size": 1}}"""
            )
        ).Expect(404);

    [Fact]
    public async Task One_key_of_metadata_is_shown_and_set_by_itself()
    {
        var path = $"/v3/{{p}}/volumes/{await server.AddVolumeAsync("one_key")}/metadata";
        const string meta = """{"meta":{"a":"1"}}""";
        Assert.Equal(meta, (await server.SendAsync("PUT", path + "/a", meta)).Expect(200).GetRawText());
        Assert.Equal(meta, (await server.SendAsync("GET", path + "/a")).Expect(200).GetRawText());
        (await server.SendAsync("GET", path + "/b")).Expect(404);
        foreach (
            var body in (string[])
                [
                    "{}",
                    """{"meta": {}}""",
                    """{"meta": {"b": "1"}}""",
                    """{"meta": {"a": "1", "b": "2"}}""",
                    """{"meta": {"a": 1}}""",
                ]
        )
        {
            (await server.SendAsync("PUT", path + "/a", body)).Expect(400);
        }
    }
}
