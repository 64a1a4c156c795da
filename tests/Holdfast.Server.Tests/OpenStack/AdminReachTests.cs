using Holdfast.Control.Users;

namespace Holdfast.Server.Tests.OpenStack;

/// <summary>What an admin of one project does to what is another's, by their own path; and that nobody else does. See
/// docs/decisions/0023-what-an-admin-reaches.md. On a service of its own: a list of all projects has what any other test makes.</summary>
public sealed class AdminReachTests(TestServer server) : IClassFixture<TestServer>
{
    [Fact]
    public async Task An_admin_finds_another_projects_volume_and_backup_by_id_and_acts_on_them()
    {
        var (admin, home) = await server.MakeCallerAsync("reach_admin", Role.Admin, "reach_admin");
        var volume = await MakeAsync("reached", 1);
        var backup = await server.BackUpAsync(volume, "reached");
        Task<Answer> SendAsync(string method, string path, string? body = null) =>
            server.SendAsync(method, $"/v3/{home}/{path}", body, admin, version: "volume latest");

        var shown = (await SendAsync("GET", $"volumes/{volume}")).Expect(200).GetProperty("volume");
        Assert.Equal(server.Project, shown.GetProperty("os-vol-tenant-attr:tenant_id").GetString());
        Assert.Contains($"/v3/{home}/volumes/", shown.GetProperty("links")[0].GetProperty("href").GetString(), StringComparison.Ordinal);
        Assert.Equal(
            server.Project,
            (await SendAsync("GET", $"backups/{backup}"))
                .Expect(200)
                .GetProperty("backup")
                .GetProperty("os-backup-project-attr:project_id")
                .GetString()
        );
        (await SendAsync("POST", $"volumes/{volume}/action", """{"os-extend": {"new_size": 2} }""")).Expect(202);
        (await SendAsync("PUT", $"volumes/{volume}", """{"volume": {"name": "renamed"} }""")).Expect(200);
        (await SendAsync("POST", $"volumes/{volume}/metadata", """{"metadata": {"by": "admin"} }""")).Expect(200);
        (await SendAsync("POST", $"backups/{backup}/action", """{"os-reset_status": {"status": "error"} }""")).Expect(202);
        (await SendAsync("POST", $"backups/{backup}/action", """{"os-reset_status": {"status": "available"} }""")).Expect(202);
        (await SendAsync("GET", $"backups/{backup}/export_record")).Expect(200);
        var restored = (await SendAsync("POST", $"backups/{backup}/restore", """{"restore": {} }""")).Expect(202).GetProperty("restore");
        await server.WaitForAsync($"/v3/{{p}}/volumes/{restored.GetProperty("volume_id").GetString()}", "volume", "available");
        await server.WaitForAsync($"/v3/{{p}}/backups/{backup}", "backup", "available");

        (await SendAsync("DELETE", $"backups/{backup}")).Expect(202);
        (await SendAsync("DELETE", $"volumes/{volume}")).Expect(202);
        Assert.Equal(404, (await server.SendAsync("GET", $"/v3/{{p}}/volumes/{volume}")).Status);
    }

    [Fact]
    public async Task An_admin_lists_all_projects_or_one_of_them_and_others_list_their_own()
    {
        var (admin, home) = await server.MakeCallerAsync("lists_admin", Role.Admin, "lists_admin");
        var (member, place) = await server.MakeCallerAsync("lists_member", Role.Member, "lists_member");
        var theirs = await MakeAsync("listed", 1);
        var backup = await server.BackUpAsync(theirs, "listed");
        (await server.SendAsync("POST", $"/v3/{home}/volumes", """{"volume": {"size": 1, "name": "own"} }""", admin)).Expect(202);

        foreach (var (items, id) in new[] { ("volumes", theirs), ("backups", backup) })
        {
            Assert.Contains(id, await ListAsync(admin, home, $"{items}/detail?all_tenants=1"));
            Assert.Contains(id, await ListAsync(admin, home, $"{items}?all_tenants=True&project_id={server.Project}"));
            Assert.DoesNotContain(id, await ListAsync(admin, home, $"{items}?all_tenants=1&project_id={home}"));
            Assert.DoesNotContain(id, await ListAsync(admin, home, items));
            Assert.Empty(await ListAsync(admin, home, $"{items}?project_id={server.Project}"));
            Assert.Empty(await ListAsync(member, place, $"{items}?all_tenants=1"));
            Assert.Empty(await ListAsync(member, place, $"{items}?all_tenants=1&project_id={server.Project}"));
            Assert.Contains(id, await ListAsync(admin, home, $"{items}?all_tenants=1&limit=1000&sort=id:asc&offset=0"));
            Assert.Equal(400, (await server.SendAsync("GET", $"/v3/{home}/{items}?all_tenants=perhaps", token: admin)).Status);
        }

        Assert.Equal(1, (await CountAsync(admin, home)).GetInt32());
        Assert.True((await CountAsync(admin, home, "?all_tenants=1")).GetInt32() > 1);

        // Page by page, of all projects.
        await server.BackUpAsync(theirs, "listed again");
        var all = await ListAsync(admin, home, "backups?all_tenants=1&sort=id:asc");
        Assert.Equal(all.Skip(1), await ListAsync(admin, home, $"backups?all_tenants=1&sort=id:asc&marker={all[0]}"));

        async Task<System.Text.Json.JsonElement> CountAsync(string token, string project, string query = "") =>
            (await server.SendAsync("GET", $"/v3/{project}/volumes/summary{query}", token: token, version: "volume latest"))
                .Expect(200)
                .GetProperty("volume-summary")
                .GetProperty("total_count");
    }

    [Fact]
    public async Task Who_is_no_admin_or_no_more_reaches_nothing()
    {
        var volume = await MakeAsync("kept", 1);
        var (member, place) = await server.MakeCallerAsync("reach_member", Role.Member, "reach_member");
        Assert.Equal(404, (await server.SendAsync("GET", $"/v3/{place}/volumes/{volume}", token: member)).Status);
        Assert.Equal(404, (await server.SendAsync("DELETE", $"/v3/{place}/volumes/{volume}", token: member)).Status);
        Assert.Equal(404, (await server.SendAsync("GET", $"/v3/{place}/os-quota-sets/{server.Project}", token: member)).Status);
        Assert.Equal(404, (await server.SendAsync("GET", $"/v3/{place}/limits?project_id={server.Project}", token: member)).Status);

        // The right is read anew, not as it is remembered of the token.
        var (admin, home) = await server.MakeCallerAsync("reach_former", Role.Admin, "reach_former");
        (await server.SendAsync("GET", $"/v3/{home}/volumes/{volume}", token: admin)).Expect(200);
        await server.ChangeCatalogAsync("UPDATE account_role SET role = 2 WHERE project_id = @home", new { home });
        Assert.Equal(404, (await server.SendAsync("GET", $"/v3/{home}/volumes/{volume}", token: admin)).Status);
    }

    [Fact]
    public async Task By_the_clouds_own_paths_an_admin_reaches_what_is_of_the_path()
    {
        var (admin, home) = await server.MakeCallerAsync("reach_cloud", Role.Admin, "reach_cloud");
        var volume = await server.AddVolumeAsync("reach_cloud");
        var backup = await server.BackUpAsync(volume, "reach_cloud");
        foreach (var path in new[] { $"cloudvolumes/{volume}", $"os-vendor-tags/volumes/{volume}" })
        {
            Assert.Equal(404, (await server.SendAsync("GET", $"/v2/{home}/{path}", token: admin)).Status);
        }

        Assert.Equal(404, (await server.SendAsync("POST", $"/v2/{home}/cloudbackups/{backup}", token: admin)).Status);
        var order = $$"""{"backup": {"volume_id": "{{volume}}"} }""";
        Assert.Equal(404, (await server.SendAsync("POST", $"/v3/{home}/backups", order, admin)).Status);
    }

    [Fact]
    public async Task An_admin_sets_another_projects_quota_which_holds_there()
    {
        var (admin, home) = await server.MakeCallerAsync("quota_admin", Role.Admin, "quota_admin");
        var (member, place) = await server.MakeCallerAsync("quota_member", Role.Member, "quota_member");
        var quota = """{"quota_set": {"volumes": 1, "gigabytes": "3", "snapshots": 7, "per_volume_gigabytes": 2} }""";
        (await server.SendAsync("PUT", $"/v3/{home}/os-quota-sets/{place}", quota, admin)).Expect(200);
        var set = (await server.SendAsync("GET", $"/v3/{place}/os-quota-sets/{place}", token: member)).Expect(200).GetProperty("quota_set");
        Assert.Equal(
            (1, 3, 7, 2, -1),
            (
                set.GetProperty("volumes").GetInt64(),
                set.GetProperty("gigabytes").GetInt64(),
                set.GetProperty("snapshots").GetInt64(),
                set.GetProperty("per_volume_gigabytes").GetInt64(),
                set.GetProperty("backups").GetInt64()
            )
        );
        var volumes = $"/v3/{place}/volumes";
        Assert.Equal(413, (await server.SendAsync("POST", volumes, """{"volume": {"size": 3} }""", member)).Status);
        var made = (await server.SendAsync("POST", volumes, """{"volume": {"size": 1} }""", member)).Expect(202).GetProperty("volume");
        var full = await server.SendAsync("POST", volumes, """{"volume": {"size": 1} }""", member);
        Assert.Equal(413, full.Status);
        Assert.Contains("may have 1", full.Text, StringComparison.Ordinal);
        var action = $"{volumes}/{made.GetProperty("id").GetString()}/action";
        Assert.Equal(413, (await server.SendAsync("POST", action, """{"os-extend": {"new_size": 3} }""", member)).Status);
        (await server.SendAsync("POST", action, """{"os-extend": {"new_size": 2} }""", member)).Expect(202);
        var limits = (await server.SendAsync("GET", $"/v3/{home}/limits?project_id={place}", token: admin)).Expect(200);
        Assert.Equal(
            (1, 2),
            (
                limits.GetProperty("limits").GetProperty("absolute").GetProperty("maxTotalVolumes").GetInt64(),
                limits.GetProperty("limits").GetProperty("absolute").GetProperty("totalGigabytesUsed").GetInt64()
            )
        );

        (await server.SendAsync("DELETE", $"/v3/{home}/os-quota-sets/{place}", token: admin)).Expect(200);
        (await server.SendAsync("POST", volumes, """{"volume": {"size": 3} }""", member)).Expect(202);
        Assert.Equal(404, (await server.SendAsync("PUT", $"/v3/{home}/os-quota-sets/nobodys", quota, admin)).Status);
    }

    private async Task<IReadOnlyList<string?>> ListAsync(string token, string project, string path)
    {
        var answer = (await server.SendAsync("GET", $"/v3/{project}/{path}", token: token)).Expect(200);
        return
        [
            .. answer
                .GetProperty(path.StartsWith("volumes", StringComparison.Ordinal) ? "volumes" : "backups")
                .EnumerateArray()
                .Select(item => item.GetProperty("id").GetString()),
        ];
    }

    private async Task<string> MakeAsync(string name, int gib)
    {
        var body = $$"""{"volume": {"size": {{gib}}, "name": "{{name}}"} }""";
        return (await server.SendAsync("POST", "/v3/{p}/volumes", body)).Expect(202).GetProperty("volume").GetProperty("id").GetString()
            ?? "";
    }
}
