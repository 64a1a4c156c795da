using System.Text.Json;

namespace Holdfast.SystemTests.Clients;

/// <summary>The <c>openstack</c> command line, as it is packaged: several commands to one process, on its standard input.</summary>
public sealed class OpenStackClientTests(ClientService service) : IClassFixture<ClientService>
{
    private const string Program = "/usr/bin/openstack";

    [Fact]
    public async Task A_token_leads_to_a_catalog_that_leads_to_the_service()
    {
        SkipWithoutClient();

        var answers = await AskAsync("token issue -f json", "catalog list -f json");

        var project = answers[0].GetProperty("project_id").GetString();
        Assert.StartsWith("20", answers[0].GetProperty("expires").GetString(), StringComparison.Ordinal);
        Assert.Equal($"{service.Address}v3/{project}", EndpointOf("volumev3"));
        Assert.Equal($"{service.Address}v2/{project}", EndpointOf("vbs"));
        Assert.Equal($"{service.Address}v2/{project}", EndpointOf("vbsv2"));
        Assert.Equal($"{service.Address}identity/v3", EndpointOf("identity"));

        string? EndpointOf(string type) =>
            answers[1].EnumerateArray().Single(entry => Text(entry, "Type") == type).GetProperty("Endpoints").EnumerateArray().Single(endpoint => Text(endpoint, "interface") == "public").GetProperty("url").GetString();
    }

    [Fact]
    public async Task Volumes_are_made_listed_shown_and_deleted()
    {
        SkipWithoutClient();

        var made = await AskAsync("volume create --size 1 --description made-here os-made -f json", "volume show os-made -f json", "volume list --name os-made -f json", "volume list --limit 1 -f json");
        var source = new Uri(Text(made[1], "holdfast:source")).LocalPath;
        var existed = File.Exists(source);
        Assert.Equal("", (await RunAsync("volume delete os-made")).Error);
        var after = await AskAsync("volume list --name os-made -f json", "volume show disk -f json");

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

        var ended = await ClientProgram.RunAsync(Program, service.Home, service.OpenRc, null, "volume", "delete", "disk");

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
        var id = Text((await AskAsync("volume backup create --name os-1 --description first-one disk -f json"))[0], "id");
        await UntilBackupAsync("os-1", "available");
        var second = service.ChangeDisk();
        Assert.NotEqual(first, second);
        await AskAsync("volume backup create --name os-2 --incremental --force disk -f json");
        await UntilBackupAsync("os-2", "available");

        await AssertFoundAsync(id);

        // Version 6.0 ends either restore with an error of its own: it takes the answer apart as something that it is not.
        await RunAsync("volume backup restore --force os-1 disk", "volume backup restore os-2 os-new");
        await UntilAsync("volume list -f json", volumes => volumes.EnumerateArray().Count(volume => Text(volume, "Name") is "disk" or "os-new" && Text(volume, "Status") == "available") == 2);
        var restored = (await AskAsync("volume show os-new -f json"))[0];
        Assert.Equal(first, service.DiskBytes());
        Assert.Equal(second, ClientService.BytesOf(Text(restored, "holdfast:source")));

        await UntilAsync("volume backup list -f json", backups => backups.EnumerateArray().All(backup => Text(backup, "Status") == "available"));
        var deleted = await ClientProgram.RunAsync(Program, service.Home, service.OpenRc, null, "volume", "backup", "delete", "os-1", "os-2");
        Assert.Equal((0, ""), (deleted.ExitCode, deleted.Error));
        await UntilAsync("volume backup list -f json", backups => backups.GetArrayLength() == 0);
    }

    private static void SkipWithoutClient() => Assert.SkipUnless(File.Exists(Program), $"There is no {Program}: install python3-openstackclient.");

    private static string Text(JsonElement element, string member) => element.GetProperty(member).GetString() ?? "";

    private static string[] Names(JsonElement backups) => [.. backups.EnumerateArray().Select(backup => Text(backup, "Name"))];

    private async Task AssertFoundAsync(string id)
    {
        var answers = await AskAsync(
            "volume backup list -f json",
            "volume backup list --limit 1 -f json",
            "volume backup list --limit 1 --marker os-2 -f json",
            "volume backup list --marker os-1 -f json",
            "volume backup list --name os-1 --long -f json",
            "volume backup list --status available --volume disk -f json",
            "volume backup list --status error -f json",
            "volume backup show os-1 -f json",
            $"volume backup show {id} -f json",
            "volume backup show os-2 -f json",
            "volume backup list --name os-2 --all-projects -f json");

        Assert.Equal(["os-2", "os-1"], Names(answers[0]));
        Assert.Equal(["os-2"], Names(answers[1]));
        Assert.Equal(["os-1"], Names(answers[2]));
        Assert.Empty(Names(answers[3]));
        Assert.Equal(["os-1"], Names(answers[4]));
        Assert.Equal("first-one", Text(answers[4][0], "Description"));
        Assert.Equal(["os-2", "os-1"], Names(answers[5]));
        Assert.Empty(Names(answers[6]));
        Assert.Equal((id, "first-one", false), (Text(answers[7], "id"), Text(answers[7], "description"), answers[7].GetProperty("is_incremental").GetBoolean()));
        Assert.Equal(("os-1", 1), (Text(answers[8], "name"), answers[8].GetProperty("size").GetInt32()));
        Assert.True(answers[9].GetProperty("is_incremental").GetBoolean());
        Assert.Equal(["os-2"], Names(answers[10]));
    }

    private Task UntilBackupAsync(string name, string status) =>
        UntilAsync($"volume backup list --name {name} -f json", backups => backups.EnumerateArray().Any(backup => Text(backup, "Status") == status));

    private Task UntilAsync(string command, Func<JsonElement, bool> isSo) =>
        ClientService.UntilAsync(async () => isSo((await AskAsync(command))[0]), command);

    /// <summary>The answers to commands each of which prints one JSON document.</summary>
    private async Task<IReadOnlyList<JsonElement>> AskAsync(params string[] commands)
    {
        var ended = await RunAsync(commands);
        var answers = ClientProgram.Documents(ended.Output);
        Assert.True(answers.Count == commands.Length && ended.Error.Length == 0, $"{answers.Count} answers to {commands.Length} commands: {ended.Error}");
        return answers;
    }

    private Task<HoldfastProcess.Ended> RunAsync(params string[] commands) => ClientProgram.RunAsync(Program, service.Home, service.OpenRc, string.Join('\n', commands) + "\n");
}
