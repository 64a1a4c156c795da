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
        Assert.Equal(["ci-1"], Names(await RunAsync("backup-list", "--name", "ci-1", "--status", "available", "--volume-id", await VolumeAsync("disk"))));
        Assert.Equal(first, ValueOf(await RunAsync("backup-show", "ci-1"), "id"));
        Assert.Equal("first one", ValueOf(await RunAsync("backup-show", first), "description"));

        var target = ValueOf(await RunAsync("create", "1", "--name", "ci-target"), "holdfast:source");
        Assert.Equal("ci-target", ValueOf(await RunAsync("backup-restore", "ci-1", "--volume", "ci-target"), "volume_name"));
        await UntilAvailableAsync();
        Assert.Equal(bytes, ClientService.BytesOf(target));

        await RunAsync("backup-delete", "ci-1", "ci-2");
        await ClientService.UntilAsync(async () => Rows(await RunAsync("backup-list")).Count == 0, "that no backup is left");
        await RunAsync("delete", "ci-target");
        Assert.False(File.Exists(new Uri(target).LocalPath));
    }

    [Fact]
    public async Task A_backup_that_is_not_there_is_told_by_its_name()
    {
        SkipWithoutClient();

        var ended = await ClientProgram.RunAsync(Program, service.Home, service.OpenRc, null, "backup-show", "ci-none");

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

    private static void SkipWithoutClient() => Assert.SkipUnless(File.Exists(Program), $"There is no {Program}: install python3-cinderclient.");

    /// <summary>The rows of a table by the names of its columns; a table is lines that begin with <c>|</c>, its head first.</summary>
    private static List<Dictionary<string, string>> Rows(string output)
    {
        var lines = output.Split('\n').Where(line => line.StartsWith('|')).Select(line => line.Trim().Trim('|').Split('|', StringSplitOptions.TrimEntries)).ToList();
        return [.. lines.Skip(1).Select(cells => lines[0].Zip(cells).ToDictionary(cell => cell.First, cell => cell.Second))];
    }

    private static string[] Names(string output) => [.. Rows(output).Select(row => row["Name"])];

    private static string ValueOf(string output, string property) => Assert.Single(Rows(output), row => row["Property"] == property)["Value"];

    private async Task<string> VolumeAsync(string name) => ValueOf(await RunAsync("show", name), "id");

    private Task UntilAvailableAsync() => ClientService.UntilAsync(
        async () => Rows(await RunAsync("backup-list")).Concat(Rows(await RunAsync("list"))).All(row => row["Status"] == "available"), "that every volume and backup is available");

    private async Task<string> RunAsync(params string[] arguments) => (await ClientProgram.RunAsync(Program, service.Home, service.OpenRc, null, arguments)).Succeeds().Output;
}
