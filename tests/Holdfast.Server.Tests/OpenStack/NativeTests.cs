using System.Text.Json;
using Holdfast.Server.OpenStack;

namespace Holdfast.Server.Tests.OpenStack;

/// <summary>Backups and volumes in OpenStack's style (contract, section 6).</summary>
public sealed class NativeTests(TestServer server)
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("volume 3.0", 0)]
    [InlineData("volume 3.31", 31)]
    [InlineData("Volume 3.45", 45)]
    [InlineData("volume 3.70", 45)]
    [InlineData("volume latest", 45)]
    [InlineData("volume 4.0", 45)]
    [InlineData("volume 2.0", 0)]
    [InlineData("compute 2.90, volume 3.12", 12)]
    [InlineData("compute 2.90", 0)]
    [InlineData("volume 3.99999999999", 45)]
    [InlineData("volume 99999999999.0", 45)]
    [InlineData("volume 3.", 0)]
    [InlineData("volume 3.-1", 0)]
    [InlineData("nonsense", 0)]
    public void A_microversion_is_brought_into_what_there_is(string header, int minor) =>
        Assert.Equal(minor, MicroVersion.Parse(header).Minor);

    [Fact]
    public async Task Pages_follow_their_links_and_the_count_is_told_when_it_is_asked()
    {
        var volume = await server.AddVolumeAsync("native_pages");
        foreach (var name in (string[])["native-a", "native-b", "native-c"])
        {
            await server.BackUpAsync(volume, name);
        }

        var names = new List<string?>();
        var next = $"/v3/{{p}}/backups/detail?volume_id={volume}&limit=1&sort_key=name&sort_dir=asc&offset=0";
        while (next is not null)
        {
            var page = (await server.SendAsync("GET", next)).Expect(200);
            Assert.False(page.TryGetProperty("count", out _));
            names.AddRange(page.GetProperty("backups").EnumerateArray().Select(one => one.GetProperty("name").GetString()));
            next = page.TryGetProperty("backups_links", out var links)
                ? new Uri(links[0].GetProperty("href").GetString() ?? "").PathAndQuery
                : null;
            Assert.True(
                next is null
                    || (
                        next.Contains("/backups/detail?", StringComparison.Ordinal)
                        && next.Contains("sort_key=name", StringComparison.Ordinal)
                        && !next.Contains("offset", StringComparison.Ordinal)
                    ),
                next
            );
        }

        Assert.Equal(["native-a", "native-b", "native-c"], names);
        await SeesAsync($"volume_id={volume}&with_count=True&limit=1", "volume 3.45", 3, "native-c");
        await SeesAsync($"volume_id={volume}&with_count=True&limit=1", "volume 3.44", null, "native-c");
        await SeesAsync($"volume_id={volume}&name~=ive-a", "volume 3.31", null, "native-a");
        await SeesAsync($"volume_id={volume}&name~=ive-a&limit=1", "volume 3.30", null, "native-c");
        await SeesAsync($"volume_id={volume}&status~=vail&sort=name", "volume 3.45", null, "native-c", "native-b", "native-a");
        await SeesAsync($"volume_id={volume}&status=nonsense&with_count=1", "volume 3.45", 0);
        await SeesAsync($"volume_id={volume}&offset=2", "", null, "native-a");
        await SeesAsync("volume_id=x", "", null);
    }

    [Theory]
    [InlineData("limit=0", 200)]
    [InlineData("limit=-1", 400)]
    [InlineData("limit=x", 400)]
    [InlineData("limit=99999999999999999999", 200)]
    [InlineData("offset=-1", 400)]
    [InlineData("offset=99999999999999999999", 200)]
    [InlineData("marker=x", 404)]
    [InlineData("marker=11111111-1111-1111-1111-111111111111", 404)]
    [InlineData("sort=nonsense", 400)]
    [InlineData("sort=name:up", 400)]
    [InlineData("sort=name&sort_key=id", 400)]
    [InlineData("sort_key=disk_format&sort_dir=asc", 200)]
    [InlineData("sort_dir=asc", 200)]
    [InlineData("sort=name:asc,,created_at,", 200)]
    [InlineData("sort=,", 200)]
    [InlineData("all_tenants=perhaps", 400)]
    [InlineData("all_tenants=1&project_id=x&whatever=1", 200)]
    public async Task A_query_of_a_list_is_taken_or_refused(string query, int status)
    {
        foreach (var path in (string[])["/v2/{p}/backups", "/v3/{p}/backups/detail"])
        {
            Assert.Equal(status, (await server.SendAsync("GET", $"{path}?{query}")).Status);
        }
    }

    [Theory]
    [InlineData("""{"backup": {"name": "a"}}""", 400)]
    [InlineData("""{"backup": {"volume_id": "x"}}""", 400)]
    [InlineData("""{"backup": {"volume_id": "11111111-1111-1111-1111-111111111111"}}""", 404)]
    [InlineData("""{"backup": {"volume_id": "{v}", "name": "autobk_1"}}""", 400)]
    [InlineData("""{"backup": {"volume_id": "{v}", "name": "auto ä.b"}}""", 202)]
    [InlineData("""{"backup": {"volume_id": "{v}", "description": "<"}}""", 202)]
    [InlineData("""{"backup": {"volume_id": "{v}", "force": "perhaps"}}""", 400)]
    [InlineData("""{"backup": {"volume_id": "{v}", "snapshot_id": "x"}}""", 404)]
    [InlineData(
        """{"backup": {"volume_id": "{v}", "name": null, "description": null, "snapshot_id": null, "container": null,"""
            + """ "incremental": "False", "force": "false"}}""",
        202
    )]
    public async Task A_backup_is_ordered_or_refused(string body, int status)
    {
        var volume = body.Contains("{v}", StringComparison.Ordinal) ? await server.AddVolumeAsync($"native_{Guid.CreateVersion7():N}") : "";
        var answer = (await server.SendAsync("POST", "/v3/{p}/backups", body.Replace("{v}", volume, StringComparison.Ordinal))).Expect(
            status
        );
        Assert.Single(answer.EnumerateObject());
        if (status == 202)
        {
            var busy = (await server.SendAsync("POST", "/v2/{p}/backups", $$"""{"backup": {"volume_id": "{{volume}}"} }"""));
            Assert.Contains(busy.Status, (int[])[400, 202]);
        }
    }

    [Fact]
    public async Task The_two_versions_name_the_owner_differently_and_both_link_to_themselves()
    {
        var backup = await server.BackUpAsync(await server.AddVolumeAsync("native_versions"), "native-v");
        var (v2, v3) = (
            (await server.SendAsync("GET", $"/v2/{{p}}/backups/{backup}")).Expect(200).GetProperty("backup"),
            (await server.SendAsync("GET", $"/v3/{{p}}/backups/{backup}", version: "volume 3.18")).Expect(200).GetProperty("backup")
        );
        Assert.Equal(server.Project, v2.GetProperty("os-bak-tenant-attr:tenant_id").GetString());
        Assert.Equal(server.Project, v3.GetProperty("os-backup-project-attr:project_id").GetString());
        Assert.False(v3.TryGetProperty("service_metadata", out _));
        Assert.False(
            v2.TryGetProperty("os-backup-project-attr:project_id", out _) || v3.TryGetProperty("os-bak-tenant-attr:tenant_id", out _)
        );
        Assert.EndsWith(
            $"/v2/{server.Project}/backups/{backup}",
            v2.GetProperty("links")[0].GetProperty("href").GetString(),
            StringComparison.Ordinal
        );
        Assert.Equal(JsonValueKind.String, v2.GetProperty("service_metadata").ValueKind);
        Assert.Equal(
            0,
            JsonDocument.Parse(v2.GetProperty("service_metadata").GetString() ?? "").RootElement.GetProperty("Type").GetInt32()
        );
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\z", v2.GetProperty("created_at").GetString());
    }

    [Fact]
    public async Task A_restore_without_a_volume_makes_one_and_what_it_is_called_is_told()
    {
        var backup = await server.BackUpAsync(await server.AddVolumeAsync("native_restore"), "native-r");
        foreach (
            var (body, expected) in ((string, string)[])
                [
                    ("""{"restore": {"volume_id": null, "name": "made-anew"}}""", "made-anew"),
                    ("""{"restore": {}}""", $"restore_backup_{backup}"),
                ]
        )
        {
            var restore = (await server.SendAsync("POST", $"/v3/{{p}}/backups/{backup}/restore", body)).Expect(202).GetProperty("restore");
            Assert.Equal(
                (backup, expected),
                (restore.GetProperty("backup_id").GetString(), restore.GetProperty("volume_name").GetString())
            );
            await server.WaitForAsync($"/v3/{{p}}/volumes/{restore.GetProperty("volume_id").GetString()}", "volume", "available");
            (await server.SendAsync("DELETE", $"/v3/{{p}}/volumes/{restore.GetProperty("volume_id").GetString()}?cascade=True")).Expect(
                202
            );
        }

        (await server.SendAsync("POST", $"/v3/{{p}}/backups/{backup}/restore", """{"restore": {"volume_id": "x"}}""")).Expect(404);
        (await server.SendAsync("POST", $"/v3/{{p}}/backups/{backup}/restore", "{}")).Expect(400);
    }

    [Theory]
    [InlineData("""{"volume": {}}""", 400)]
    [InlineData("""{"volume": {"size": 0}}""", 400)]
    [InlineData("""{"volume": {"size": -1}}""", 400)]
    [InlineData("""{"volume": {"size": 1.5}}""", 400)]
    [InlineData("""{"volume": {"size": 16385}}""", 400)]
    [InlineData("""{"volume": {"size": "x"}}""", 400)]
    [InlineData("""{"volume": {"size": 1, "snapshot_id": "x"}}""", 404)]
    [InlineData("""{"volume": {"size": 1, "imageRef": "x"}}""", 400)]
    [InlineData("""{"volume": {"size": 1, "backup_id": "x"}}""", 404)]
    [InlineData("""{"volume": {"size": 1, "name": "a\u0000"}}""", 400)]
    [InlineData("""{"volume": {"size": 1, "metadata": {"a": 1}}}""", 400)]
    [InlineData(
        """{"volume": {"size": "2", "name": "native-made", "metadata": {"a": "b"}, "imageRef": null, "consistencygroup_id": null,"""
            + """ "scheduler_hints": {}}}""",
        202
    )]
    public async Task A_volume_is_made_or_refused(string body, int status) =>
        (await server.SendAsync("POST", "/v3/{p}/volumes", body)).Expect(status);

    [Fact]
    public async Task The_largest_volume_is_made_or_refused_and_never_a_failure() =>
        Assert.Contains((await server.SendAsync("POST", "/v3/{p}/volumes", """{"volume": {"size": 16384}}""")).Status, (int[])[202, 400]);

    private async Task SeesAsync(string query, string version, long? count, params string[] names)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v3/{server.Project}/backups?{query}");
        request.Headers.Add("X-Auth-Token", server.Token);
        request.Headers.TryAddWithoutValidation("OpenStack-API-Version", version);
        using var response = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement;
        Assert.Equal($"volume 3.{MicroVersion.Parse(version).Minor}", response.Headers.GetValues("OpenStack-API-Version").Single());
        Assert.Equal(names, answer.GetProperty("backups").EnumerateArray().Select(backup => backup.GetProperty("name").GetString()));
        Assert.Equal(count, answer.TryGetProperty("count", out var told) ? told.GetInt64() : null);
    }
}
