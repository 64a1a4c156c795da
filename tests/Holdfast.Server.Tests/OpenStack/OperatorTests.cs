using System.Globalization;

namespace Holdfast.Server.Tests.OpenStack;

/// <summary>What an operator does by hand: volumes made larger, states set, quotas set.</summary>
public sealed class OperatorTests(TestServer server)
{
    [Fact]
    public async Task A_volume_that_the_service_made_is_extended_file_and_all()
    {
        var volume = await MakeAsync("extended");
        (await ActAsync(volume, """{"os-extend": {"new_size": "3"} }""")).Expect(202);
        var shown = (await server.SendAsync("GET", $"/v3/{{p}}/volumes/{volume}")).Expect(200).GetProperty("volume");

        Assert.Equal(3, shown.GetProperty("size").GetInt32());
        Assert.Equal("available", shown.GetProperty("status").GetString());
        var file = Assert.Single(Directory.GetFiles(server.Folder, $"{volume}*", SearchOption.AllDirectories));
        Assert.Equal(3L << 30, new FileInfo(file).Length);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("2")]
    public async Task A_volume_does_not_become_smaller_or_stay_as_it_is(string gib)
    {
        var volume = await MakeAsync("not smaller", 2);
        (await ActAsync(volume, $$"""{"os-extend": {"new_size": {{gib}}} }""")).Expect(400);
        Assert.Equal(
            2,
            (await server.SendAsync("GET", $"/v3/{{p}}/volumes/{volume}")).Expect(200).GetProperty("volume").GetProperty("size").GetInt32()
        );
    }

    [Fact]
    public async Task A_device_that_the_service_did_not_make_is_not_extended()
    {
        var volume = await server.AddVolumeAsync("a device of ones own");
        var answer = await ActAsync(volume, """{"os-extend": {"new_size": 9} }""");

        Assert.Equal(400, answer.Status);
        Assert.Contains("did not make", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_volumes_state_is_set_to_error_and_back()
    {
        var volume = await MakeAsync("reset");
        foreach (var status in new[] { "error", "available" })
        {
            (await ActAsync(volume, $$"""{"os-reset_status": {"status": "{{status}}"} }""")).Expect(202);
            await server.WaitForAsync($"/v3/{{p}}/volumes/{volume}", "volume", status);
        }
    }

    [Fact]
    public async Task A_backups_state_is_set_to_error_and_back_only_while_the_repository_holds_it()
    {
        var backup = await server.BackUpAsync(await server.AddVolumeAsync("reset backup"), "reset");
        (await ResetAsync(backup, "error")).Expect(202);
        await server.WaitForAsync($"/v3/{{p}}/backups/{backup}", "backup", "error");
        (await ResetAsync(backup, "available")).Expect(202);
        await server.WaitForAsync($"/v3/{{p}}/backups/{backup}", "backup", "available");

        (await ResetAsync(backup, "error")).Expect(202);
        File.Delete(Assert.Single(Directory.GetFiles(server.Folder, backup, SearchOption.AllDirectories)));
        var answer = await ResetAsync(backup, "available");
        Assert.Equal(400, answer.Status);
        Assert.Contains("does not hold it", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Quotas_are_set_and_taken_back_and_what_nothing_holds_to_is_refused()
    {
        var quotas = $"/v3/{{p}}/os-quota-sets/{server.Project}";
        var set = (await server.SendAsync("PUT", quotas, """{"quota_set": {"backups": 90000, "volumes": -1} }""")).Expect(200);
        Assert.Equal(90000, set.GetProperty("quota_set").GetProperty("backups").GetInt64());
        Assert.Equal(400, (await server.SendAsync("PUT", quotas, """{"quota_set": {"volumes_SSD": 5} }""")).Status);
        Assert.Equal(400, (await server.SendAsync("PUT", quotas, """{"quota_set": {"volumes": -2} }""")).Status);
        (await server.SendAsync("DELETE", quotas)).Expect(200);
        Assert.Equal(-1, (await server.SendAsync("GET", quotas)).Expect(200).GetProperty("quota_set").GetProperty("backups").GetInt64());
    }

    [Fact]
    public async Task The_services_own_roles_and_the_place_of_volumes_are_told()
    {
        var services = (await server.SendAsync("GET", "/v3/{p}/os-services?binary=cinder-backup")).Expect(200).GetProperty("services");
        Assert.Equal("cinder-backup", Assert.Single(services.EnumerateArray()).GetProperty("binary").GetString());
        var pools = (await server.SendAsync("GET", "/v3/{p}/scheduler-stats/get_pools?detail=true")).Expect(200).GetProperty("pools");
        Assert.True(pools[0].GetProperty("capabilities").GetProperty("total_capacity_gb").GetInt64() > 0);
    }

    [Fact]
    public async Task A_host_tells_what_is_on_it_and_a_back_end_what_it_can()
    {
        await MakeAsync("on the host", 3);
        var usage = (await server.SendAsync("GET", "/v3/{p}/os-hosts/holdfast@local")).Expect(200).GetProperty("host");
        var (all, own) = (usage[0].GetProperty("resource"), usage.EnumerateArray().Select(one => one.GetProperty("resource")).Skip(1));
        Assert.Equal("(total)", all.GetProperty("project").GetString());
        Assert.Equal(
            long.Parse(all.GetProperty("total_volume_gb").GetString() ?? "", CultureInfo.InvariantCulture),
            own.Sum(one => long.Parse(one.GetProperty("total_volume_gb").GetString() ?? "", CultureInfo.InvariantCulture))
        );
        Assert.Contains(own, one => one.GetProperty("project").GetString() == server.Project);
        foreach (var host in new[] { "holdfast", "elsewhere" })
        {
            Assert.Equal(404, (await server.SendAsync("GET", $"/v3/{{p}}/os-hosts/{host}")).Status);
            Assert.Equal(404, (await server.SendAsync("GET", $"/v3/{{p}}/capabilities/{host}")).Status);
        }

        var can = (await server.SendAsync("GET", "/v3/{p}/capabilities/holdfast@local%23local")).Expect(200);
        Assert.Equal("file", can.GetProperty("storage_protocol").GetString());
        Assert.Equal(
            -1,
            (await server.SendAsync("GET", "/v3/{p}/os-quota-class-sets/default"))
                .Expect(200)
                .GetProperty("quota_class_set")
                .GetProperty("volumes")
                .GetInt64()
        );
    }

    [Theory]
    [InlineData("\"host\": \"holdfast@local#local\"", 202)]
    [InlineData("\"host\": \"holdfast@local\"", 202)]
    [InlineData("\"host\": \"elsewhere\"", 400)]
    [InlineData("\"cluster\": \"any\"", 400)]
    [InlineData("\"cluster\": null", 202)]
    public async Task A_device_is_registered_at_the_place_that_there_is(string where, int status)
    {
        var name = $"placed_{Guid.CreateVersion7():N}";
        var volume = $$"""{"volume": {"name": "{{name}}", "ref": {"source-name": "{{server.AddFile(name, 5000)}}"}, {{where}} } }""";
        Assert.Equal(status, (await server.SendAsync("POST", "/v3/{p}/os-volume-manage", volume)).Status);
    }

    [Theory]
    [InlineData("os-services/enable", """{"host": "holdfast", "binary": "cinder-backup"}""", 200)]
    [InlineData("os-services/enable", """{"host": "elsewhere", "binary": "cinder-backup"}""", 404)]
    [InlineData("os-services/disable", """{"host": "holdfast", "binary": "cinder-backup"}""", 400)]
    [InlineData("os-services/disable", """{"host": "holdfast", "binary": "nothing"}""", 404)]
    [InlineData("os-services/disable-log-reason", """{"host": "holdfast", "binary": "cinder-backup"}""", 400)]
    [InlineData("os-services/freeze", """{"host": "elsewhere"}""", 400)]
    [InlineData("os-services/nonsense", """{"host": "holdfast"}""", 400)]
    [InlineData("os-hosts/holdfast", """{"status": "disable"}""", 400)]
    [InlineData("os-hosts/elsewhere", """{"status": "disable"}""", 404)]
    [InlineData("os-quota-class-sets/default", """{"quota_class_set": {"backups": 5} }""", 400)]
    public async Task Roles_hosts_and_classes_are_not_switched_one_by_one(string path, string body, int status) =>
        Assert.Equal(status, (await server.SendAsync("PUT", $"/v3/{{p}}/{path}", body)).Status);

    private Task<Answer> ActAsync(string volume, string body) => server.SendAsync("POST", $"/v3/{{p}}/volumes/{volume}/action", body);

    private Task<Answer> ResetAsync(string backup, string status) =>
        server.SendAsync("POST", $"/v3/{{p}}/backups/{backup}/action", $$"""{"os-reset_status": {"status": "{{status}}"} }""");

    private async Task<string> MakeAsync(string name, int gib = 1)
    {
        var body = $$"""{"volume": {"size": {{gib}}, "name": "{{name}}"} }""";
        return (await server.SendAsync("POST", "/v3/{p}/volumes", body)).Expect(202).GetProperty("volume").GetProperty("id").GetString()
            ?? "";
    }
}
