using Holdfast.Testing;

namespace Holdfast.SystemTests.Clients;

/// <summary>The <c>cinder</c> command line, as it is packaged. It asks for the versions at the root first, every time.</summary>
public sealed class CinderClientTests(ClientService service) : IClassFixture<ClientService>
{
    private const string Program = "/usr/bin/cinder";

    [Fact]
    public async Task Backups_are_made_found_restored_and_deleted()
    {
        SkipWithoutClient();
        var bytes = service.DiskBytes();
        var first = ValueOf(await RunAsync("backup-create", "disk", "--name", "ci-1", "--description", "first one"), "id");
        await UntilAvailableAsync();
        await RunAsync("backup-create", "disk", "--name", "ci-2", "--incremental", "--force");
        await UntilAvailableAsync();

        var counted = await RunAsync("backup-list", "--with-count", "--filters", "name~=ci-");
        Assert.Equal(2, Rows(counted).Count);
        Assert.Contains("Backup in total: 2", counted, StringComparison.Ordinal);
        Assert.Equal(["ci-2"], Names(await RunAsync("backup-list", "--limit", "1")));
        Assert.Equal(["ci-1"], Names(await RunAsync("backup-list", "--limit", "1", "--sort", "created_at:asc")));
        Assert.Equal(["ci-2"], Names(await RunAsync("backup-list", "--limit", "1", "--sort", "name:desc")));
        Assert.Equal(["ci-2"], Names(await RunAsync("backup-list", "--marker", first, "--sort", "created_at:asc")));
        Assert.Equal(
            ["ci-1"],
            Names(await RunAsync("backup-list", "--name", "ci-1", "--status", "available", "--volume-id", await VolumeAsync("disk")))
        );
        Assert.Equal(first, ValueOf(await RunAsync("backup-show", "ci-1"), "id"));
        Assert.Equal("first one", ValueOf(await RunAsync("backup-show", first), "description"));

        await RunAsync("create", "1", "--name", "ci-target");
        var target = await service.SourceOfAsync("ci-target");
        Assert.Equal("ci-target", ValueOf(await RunAsync("backup-restore", "ci-1", "--volume", "ci-target"), "volume_name"));
        await UntilAvailableAsync();
        Assert.Equal(bytes, ClientService.BytesOf(target));

        await AssertRestoredAnewAsync(bytes);
        await RunAsync("backup-delete", "ci-1", "ci-2");
        await ClientService.UntilAsync(async () => Rows(await RunAsync("backup-list")).Count == 0, "that no backup is left");
        await RunAsync("delete", "ci-target");
        Assert.False(File.Exists(new Uri(target).LocalPath));
    }

    [Fact]
    public async Task Lists_are_paged_through_to_their_end_in_every_order_that_it_offers()
    {
        SkipWithoutClient();
        foreach (var name in (string[])["ci-p1", "ci-p2", "ci-p3"])
        {
            await RunAsync("backup-create", "disk", "--name", name, "--force");
            await UntilAvailableAsync();
        }

        var (found, marker) = (new List<string>(), "");
        while (
            Rows(
                await RunAsync([
                    "backup-list",
                    "--filters",
                    "name~=ci-p",
                    "--limit",
                    "1",
                    "--sort",
                    "data_timestamp:asc",
                    .. marker.Length == 0 ? (string[])[] : ["--marker", marker],
                ])
            )
                is [var row]
        )
        {
            (found, marker) = ([.. found, row["Name"]], row["ID"]);
        }

        Assert.Equal(["ci-p1", "ci-p2", "ci-p3"], found);
        Assert.Equal(
            3,
            Names(
                await RunAsync(
                    "backup-list",
                    "--filters",
                    "name~=ci-p",
                    "--sort",
                    "availability_zone,reference:asc,bootable,size,status,id"
                )
            ).Length
        );
        await RunAsync("backup-update", "ci-p3", "--name", "ci-renamed", "--description", "renamed");
        Assert.Equal("renamed", ValueOf(await RunAsync("backup-show", "ci-renamed"), "description"));
        await RunAsync("backup-delete", "ci-p1", "ci-p2", "ci-renamed", "--force");
        await ClientService.UntilAsync(
            async () => Rows(await RunAsync("backup-list", "--filters", "name~=ci-p")).Count == 0,
            "that no backup is left"
        );
    }

    /// <summary>On a service that begins with nothing, so that the backup is still being made whenever it is asked.</summary>
    [Fact]
    public async Task A_backup_that_is_being_made_is_not_deleted_and_its_volume_shows_it()
    {
        SkipWithoutClient();
        using var home = new TempFolder();
        using var idle = await RunningService.StartAsync(
            home,
            withPassword: true,
            "--config",
            home.File("idle.json", """{"Jobs": {"Workers": 0}}"""u8.ToArray())
        );
        var disk = home.File("idle.img", new byte[1 << 20]);
        (await idle.RunAsync("volume", "add", "disk", disk)).Succeeds();
        var environment = new Dictionary<string, string>(service.OpenRc) { ["OS_AUTH_URL"] = idle.Identity.ToString() };
        async Task<HoldfastProcess.Ended> AskAsync(params string[] arguments) =>
            await ClientProgram.RunAsync((await service.CinderAsync()).Path, home.FullPath, environment, null, arguments);

        (await AskAsync("backup-create", "disk", "--name", "ci-busy")).Succeeds();
        Assert.Equal("backing-up", Assert.Single(Rows((await AskAsync("list")).Succeeds().Output))["Status"]);
        var refused = await AskAsync("backup-delete", "ci-busy");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("is creating", refused.Output + refused.Error, StringComparison.Ordinal);
        Assert.Equal("creating", Assert.Single(Rows((await AskAsync("backup-list")).Succeeds().Output))["Status"]);
    }

    [Fact]
    public async Task Limits_quotas_and_metadata_are_shown_and_set()
    {
        SkipWithoutClient();
        var id = ValueOf(await RunAsync("create", "1", "--name", "ci-meta"), "id");
        await RunAsync("metadata", "ci-meta", "set", "team=db", "tier=1");
        await RunAsync("metadata", "ci-meta", "unset", "tier");
        Assert.Equal("db", ValueOf(await RunAsync("metadata-show", "ci-meta"), "team", "Metadata-property"));
        Assert.Equal([id], Rows(await RunAsync("list", "--metadata", "team=db")).Select(row => row["ID"]));
        Assert.Empty(Rows(await RunAsync("list", "--metadata", "team=web")));
        Assert.Equal("-1", ValueOf(await RunAsync("absolute-limits"), "maxTotalBackups", "Name"));
        Assert.Equal("-1", ValueOf(await RunAsync("quota-show", await ProjectAsync()), "backups"));
        Assert.Equal("-1", Rows(await RunAsync("quota-usage", await ProjectAsync())).Single(row => row["Type"] == "backups")["Limit"]);
        foreach (var list in (string[])["snapshot-list"])
        {
            Assert.Empty(Rows(await RunAsync(list)));
        }

        await RunAsync("force-delete", "ci-meta");
        Assert.Empty(Rows(await RunAsync("list", "--name", "ci-meta")));
    }

    [Fact]
    public async Task A_backup_that_is_not_there_is_told_by_its_name()
    {
        SkipWithoutClient();

        var ended = await TryAsync("backup-show", "ci-none");

        Assert.Equal(1, ended.ExitCode);
        Assert.Contains("No volumebackup with a name or ID of 'ci-none' exists", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_versions_that_it_offers_are_3_0_to_3_45()
    {
        SkipWithoutClient();

        var row = Assert.Single(Rows(await RunAsync("version-list")), row => row["Id"] == "v3.0");

        Assert.Equal(("CURRENT", "3.0", "3.45"), (row["Status"], row["Min Version"], row["Version"]));
    }

    private static void SkipWithoutClient() =>
        Assert.SkipUnless(File.Exists(Program), $"There is no {Program}: install python3-cinderclient.");

    /// <summary>The rows of a table by the names of its columns; a table is lines that begin with <c>|</c>, its head first.</summary>
    private static List<Dictionary<string, string>> Rows(string output)
    {
        var lines = output
            .Split('\n')
            .Where(line => line.StartsWith('|'))
            .Select(line => line.Trim().Trim('|').Split('|', StringSplitOptions.TrimEntries))
            .ToList();
        return [.. lines.Skip(1).Select(cells => lines[0].Zip(cells).ToDictionary(cell => cell.First, cell => cell.Second))];
    }

    private static string[] Names(string output) => [.. Rows(output).Select(row => row["Name"])];

    private static string ValueOf(string output, string property, string column = "Property") =>
        Assert.Single(Rows(output), row => row[column] == property)["Value"];

    /// <summary>As the README has it.</summary>
    private async Task AssertRestoredAnewAsync(byte[] bytes)
    {
        var restored = ValueOf(await RunAsync("backup-restore", "ci-1", "--name", "restored"), "volume_id");
        await UntilAvailableAsync();
        var shown = await RunAsync("show", restored);
        Assert.Equal("restored", ValueOf(shown, "name"));
        Assert.Equal(bytes, ClientService.BytesOf(await service.SourceOfAsync(restored)));
        await RunAsync("delete", restored);
    }

    private async Task<string> ProjectAsync() => ValueOf(await RunAsync("show", "disk"), "os-vol-tenant-attr:tenant_id");

    private async Task<string> VolumeAsync(string name) => ValueOf(await RunAsync("show", name), "id");

    private Task UntilAvailableAsync() =>
        ClientService.UntilAsync(
            async () => Rows(await RunAsync("backup-list")).Concat(Rows(await RunAsync("list"))).All(row => row["Status"] == "available"),
            "that every volume and backup is available"
        );

    private async Task<string> RunAsync(params string[] arguments) => (await TryAsync(arguments)).Succeeds().Output;

    private async Task<HoldfastProcess.Ended> TryAsync(params string[] arguments) =>
        await ClientProgram.RunAsync((await service.CinderAsync()).Path, service.Home, service.OpenRc, null, arguments);
}
