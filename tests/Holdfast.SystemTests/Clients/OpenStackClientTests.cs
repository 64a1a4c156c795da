using System.Text.Json;
using static Holdfast.SystemTests.Clients.OpenStackCommand;

namespace Holdfast.SystemTests.Clients;

/// <summary>Volumes and backups with the <c>openstack</c> command line.</summary>
public sealed class OpenStackClientTests(ClientService service) : IClassFixture<ClientService>
{
    private readonly OpenStackCommand _openstack = new(service, service.OpenRc);

    [Fact]
    public async Task A_token_leads_to_a_catalog_that_leads_to_the_service()
    {
        SkipWithoutClient();

        var answers = await _openstack.AskAsync("token issue", "catalog list");

        var project = answers[0].GetProperty("project_id").GetString();
        Assert.StartsWith("20", answers[0].GetProperty("expires").GetString(), StringComparison.Ordinal);
        Assert.Equal($"{service.Address}v3/{project}", EndpointOf("volumev3"));
        Assert.Equal($"{service.Address}v2/{project}", EndpointOf("vbs"));
        Assert.Equal($"{service.Address}v2/{project}", EndpointOf("vbsv2"));
        Assert.Equal($"{service.Address}identity/v3", EndpointOf("identity"));

        string? EndpointOf(string type) =>
            answers[1]
                .EnumerateArray()
                .Single(entry => Text(entry, "Type") == type)
                .GetProperty("Endpoints")
                .EnumerateArray()
                .Single(endpoint => Text(endpoint, "interface") == "public")
                .GetProperty("url")
                .GetString();
    }

    [Fact]
    public async Task Volumes_are_made_listed_shown_and_deleted()
    {
        SkipWithoutClient();

        var made = await _openstack.AskAsync(
            "volume create --size 1 --description made-here os-made",
            "volume show os-made",
            "volume list --name os-made",
            "volume list --limit 1"
        );
        var source = new Uri(await service.SourceOfAsync("os-made")).LocalPath;
        var existed = File.Exists(source);
        await _openstack.DoAsync("volume delete os-made");
        var after = await _openstack.AskAsync("volume list --name os-made", "volume show disk");

        Assert.Equal(["os-made", "available", "made-here"], [Text(made[0], "name"), Text(made[1], "status"), Text(made[1], "description")]);
        Assert.Equal(1, made[1].GetProperty("size").GetInt32());
        Assert.Equal("os-made", Text(Assert.Single(made[2].EnumerateArray()), "Name"));
        Assert.Single(made[3].EnumerateArray());
        Assert.True(existed);
        Assert.False(File.Exists(source));
        Assert.Empty(after[0].EnumerateArray());
        Assert.Equal("disk", Text(after[1], "name"));
    }

    [Fact]
    public async Task A_disk_that_is_no_volume_of_the_services_own_is_not_deleted_and_the_client_shows_why()
    {
        SkipWithoutClient();

        var ended = await _openstack.RunOneAsync("volume", "delete", "disk");

        Assert.Equal(1, ended.ExitCode);
        Assert.Contains("os-unmanage", ended.Error, StringComparison.Ordinal);
        Assert.Contains("HTTP 400", ended.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(service.Disk));
    }

    [Fact]
    public async Task Backups_are_made_found_restored_and_deleted()
    {
        SkipWithoutClient();
        var first = service.DiskBytes();
        var id = Text((await _openstack.AskAsync("volume backup create --name os-1 --description first-one disk"))[0], "id");
        await UntilBackupAsync("os-1", "available");
        var second = service.ChangeDisk();
        Assert.NotEqual(first, second);
        await _openstack.AskAsync("volume backup create --name os-2 --incremental --force disk");
        await UntilBackupAsync("os-2", "available");

        await AssertFoundAsync(id);

        // Version 6.0 ends either restore with an error of its own: it takes the answer apart as something that it is not.
        await _openstack.RunAsync("volume backup restore --force os-1 disk", "volume backup restore os-2 os-new");
        await _openstack.UntilAsync(
            "volume list",
            volumes =>
                volumes
                    .EnumerateArray()
                    .Count(volume => Text(volume, "Name") is "disk" or "os-new" && Text(volume, "Status") == "available") == 2
        );
        var restored = (await _openstack.AskAsync("volume show os-new"))[0];
        Assert.Equal(first, service.DiskBytes());
        Assert.Equal(second, ClientService.BytesOf(await service.SourceOfAsync(Text(restored, "id"))));

        await _openstack.UntilAsync(
            "volume backup list",
            backups => backups.EnumerateArray().All(backup => Text(backup, "Status") == "available")
        );
        var deleted = await _openstack.RunOneAsync("volume", "backup", "delete", "os-1", "os-2");
        Assert.Equal((0, ""), (deleted.ExitCode, deleted.Error));
        await _openstack.UntilAsync("volume backup list", backups => backups.GetArrayLength() == 0);
    }

    [Fact]
    public async Task Purging_another_project_deletes_nothing_of_the_callers()
    {
        SkipWithoutClient();
        await _openstack.AskAsync("project create os-other", "volume create --size 1 os-kept", "volume backup create --name os-kept disk");
        await UntilBackupAsync("os-kept", "available");
        var before = await _openstack.AskAsync("volume list", "volume backup list");

        // That the client finds what there is to purge, it shows on the caller's own project.
        var own = await _openstack.RunOneAsync("project", "purge", "--dry-run", "--auth-project");
        Assert.Contains("Deleting volume backup", own.Error, StringComparison.Ordinal);
        var other = await _openstack.RunOneAsync("project", "purge", "--keep-project", "--project", "os-other");

        Assert.Equal(0, other.ExitCode);
        Assert.DoesNotContain("Deleting", other.Error, StringComparison.Ordinal);
        var after = await _openstack.AskAsync("volume list", "volume backup list");
        Assert.Equal(before.Select(list => list.GetRawText()), after.Select(list => list.GetRawText()));
        Assert.Contains("os-kept", Names(after[1]));
        await _openstack.DoAsync("volume backup delete os-kept", "volume delete os-kept", "project delete os-other");
        await _openstack.UntilAsync("volume backup list --name os-kept", backups => backups.GetArrayLength() == 0);
    }

    [Fact]
    public async Task Properties_are_set_and_unset_and_quotas_and_lists_of_nothing_are_shown()
    {
        SkipWithoutClient();
        await _openstack.AskAsync("volume create --size 2 --property kept=yes os-props");
        await _openstack.DoAsync(
            "volume set --property team=db --property tier=1 --description described os-props",
            "volume unset --property tier os-props"
        );
        var answers = await _openstack.AskAsync(
            "volume show os-props",
            "volume snapshot list",
            "volume type list",
            "availability zone list --volume",
            "quota list --volume"
        );

        Assert.Equal(
            ["kept=yes", "team=db"],
            answers[0].GetProperty("properties").EnumerateObject().Select(property => $"{property.Name}={property.Value}")
        );
        Assert.Equal("described", Text(answers[0], "description"));
        Assert.Equal([0, 4, 1, 0], answers.Skip(1).Select(list => list.GetArrayLength()));
        Assert.Equal("nova", Text(answers[3][0], "Zone Name"));
        (await service.Service.RunAsync("quota", "set", "--backups", "70")).Succeeds();

        // It lists the quotas that differ from the defaults. "quota show" of version 6.0 asks for a compute service first, and ends when
        // there is none.
        var set = await _openstack.AskAsync("quota list --volume");
        Assert.Equal(70, Assert.Single(set[0].EnumerateArray()).GetProperty("Backups").GetInt32());
        (await service.Service.RunAsync("quota", "set", "--backups", "-1")).Succeeds();
        await _openstack.DoAsync("volume delete --force os-props");
        Assert.Empty((await _openstack.AskAsync("volume list --name os-props"))[0].EnumerateArray());
    }

    private static string[] Names(JsonElement backups) => [.. backups.EnumerateArray().Select(backup => Text(backup, "Name"))];

    private async Task AssertFoundAsync(string id)
    {
        var answers = await _openstack.AskAsync(
            "volume backup list",
            "volume backup list --limit 1",
            "volume backup list --limit 1 --marker os-2",
            "volume backup list --marker os-1",
            "volume backup list --name os-1 --long",
            "volume backup list --status available --volume disk",
            "volume backup list --status error",
            "volume backup show os-1",
            $"volume backup show {id}",
            "volume backup show os-2",
            "volume backup list --name os-2 --all-projects"
        );

        Assert.Equal(["os-2", "os-1"], Names(answers[0]));
        Assert.Equal(["os-2"], Names(answers[1]));
        Assert.Equal(["os-1"], Names(answers[2]));
        Assert.Empty(Names(answers[3]));
        Assert.Equal(["os-1"], Names(answers[4]));
        Assert.Equal("first-one", Text(answers[4][0], "Description"));
        Assert.Equal(["os-2", "os-1"], Names(answers[5]));
        Assert.Empty(Names(answers[6]));
        Assert.Equal(
            (id, "first-one", false),
            (Text(answers[7], "id"), Text(answers[7], "description"), answers[7].GetProperty("is_incremental").GetBoolean())
        );
        Assert.Equal(("os-1", 1), (Text(answers[8], "name"), answers[8].GetProperty("size").GetInt32()));
        Assert.True(answers[9].GetProperty("is_incremental").GetBoolean());
        Assert.Equal(["os-2"], Names(answers[10]));
    }

    private Task UntilBackupAsync(string name, string status) =>
        _openstack.UntilAsync(
            $"volume backup list --name {name}",
            backups => backups.EnumerateArray().Any(backup => Text(backup, "Status") == status)
        );
}
