using Holdfast.Testing;

namespace Holdfast.SystemTests;

/// <summary>The verbs beside the main job: backups by hand, volumes of the service's own, tags, shares, quotas, users and keys.</summary>
public sealed class MoreVerbTests : IAsyncLifetime
{
    private readonly TempFolder _home = new();
    private RunningService? _started;

    private RunningService Service => _started ?? throw new InvalidOperationException("The service was not started.");

    public async ValueTask InitializeAsync() => _started = await RunningService.StartAsync(_home);

    public ValueTask DisposeAsync()
    {
        _started?.Dispose();
        _home.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_backup_by_hand_becomes_a_volume_and_is_written_over_another()
    {
        var bytes = new byte[2 << 20];
        new Random(3).NextBytes(bytes);
        var image = _home.File("disk.img", bytes);
        await DoesAsync("volume", "add", "disk", image);
        var backup = (await Service.RunAsync("backup", "create", "disk", "--name", "first", "--description", "by hand", "--tag", "a=b", "--json")).Succeeds().Json.GetProperty("backup_id").GetString() ?? "";
        Assert.Equal("by hand", (await Service.RunAsync("backup", "show", backup, "--json")).Succeeds().Json.GetProperty("description").GetString());
        await DoesAsync("backup", "create", "disk", "--full");
        Assert.Equal(["first"], await NamesAsync("backup", "list", "--name", "first", "--json"));
        Assert.Contains("VolumeBackup.0005", (await Service.RunAsync("backup", "create", "disk", "--name", "auto1")).Error, StringComparison.Ordinal);

        var copy = (await Service.RunAsync("volume", "create", "copy", "--backup", backup, "--json")).Succeeds().Json;
        Assert.Equal(bytes, await File.ReadAllBytesAsync(new Uri(copy.GetProperty("holdfast:source").GetString() ?? "").LocalPath, TestContext.Current.CancellationToken));
        await DoesAsync("volume", "set", "copy", "--name", "renamed");
        await File.WriteAllBytesAsync(image, new byte[2 << 20], TestContext.Current.CancellationToken);
        await DoesAsync("backup", "restore", backup, "--to-volume", "disk");
        Assert.Equal(bytes, await File.ReadAllBytesAsync(image, TestContext.Current.CancellationToken));
        Assert.Contains("did not make", (await Service.RunAsync("volume", "delete", "disk")).Error, StringComparison.Ordinal);
        await DoesAsync("volume", "delete", "renamed");
        await DoesAsync("volume", "create", "empty", "--size", "1");
        Assert.Equal(["disk", "empty"], (await Service.RunAsync("volume", "list", "--json")).Succeeds().Json.EnumerateArray().Select(volume => volume.GetProperty("name").GetString()).Order());
    }

    [Fact]
    public async Task Tags_find_policies_and_quotas_hold()
    {
        await DoesAsync("policy", "create", "one", "--start-time", "22:00", "--tag", "team=db");
        await DoesAsync("policy", "create", "two", "--start-time", "22:00");
        await DoesAsync("policy", "tag", "add", "two", "team=web", "stage=");
        Assert.Contains("stage", (await Service.RunAsync("policy", "tag", "list", "two")).Succeeds().Output, StringComparison.Ordinal);
        Assert.Equal(["one", "two"], await NamesAsync("policy", "list", "--tag", "team", "--json"));
        Assert.Equal(["two"], await NamesAsync("policy", "list", "--tag", "team=web", "--json"));
        Assert.Equal(["one"], await NamesAsync("policy", "list", "--tag", "team", "--not-tag", "stage", "--name", "ON", "--json"));
        await DoesAsync("policy", "tag", "remove", "two", "stage", "none");
        Assert.Equal(2, (await Service.RunAsync("policy", "tag", "list", "--json")).Succeeds().Json[0].GetProperty("values").GetArrayLength());

        await DoesAsync("volume", "create", "v", "--size", "1");
        await DoesAsync("quota", "set", "--backups", "1");
        await DoesAsync("backup", "create", "v");
        Assert.Contains("VolumeBackup.0080", (await Service.RunAsync("backup", "create", "v")).Error, StringComparison.Ordinal);
        Assert.Contains("any number", (await Service.RunAsync("quota", "show")).Succeeds().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_is_let_into_a_project_and_finds_what_is_shared_with_it()
    {
        var team = (await Service.RunAsync("project", "create", "team", "--json")).Succeeds().Json.GetProperty("id").GetString() ?? "";
        var password = (await Service.RunAsync("user", "create", "anna", "--generate", "--json")).Succeeds().Json.GetProperty("password").GetString() ?? "";
        await DoesAsync("user", "grant", "anna", "--role", "member", "--project", "team");
        Assert.Contains("member in team", (await Service.RunAsync("user", "list")).Succeeds().Output, StringComparison.Ordinal);
        await DoesAsync("volume", "create", "v", "--size", "1");
        var backup = (await Service.RunAsync("backup", "create", "v", "--json")).Succeeds().Json.GetProperty("backup_id").GetString() ?? "";
        await DoesAsync("share", "create", backup, team);

        var anna = new Dictionary<string, string>(Service.ClientEnvironment) { ["OS_USERNAME"] = "anna", ["OS_PASSWORD"] = password, ["OS_PROJECT_NAME"] = "team" };
        async Task<HoldfastProcess.Ended> AnnaAsync(params string[] arguments) => await HoldfastProcess.RunAsync(_home.FullPath, anna, arguments);
        Assert.Equal(backup, (await AnnaAsync("share", "list", "--to-me", "--json")).Succeeds().Json[0].GetProperty("backup_id").GetString());
        (await AnnaAsync("volume", "create", "mine", "--backup", backup)).Succeeds();
        Assert.Empty((await AnnaAsync("backup", "list", "--json")).Succeeds().Json.EnumerateArray());
        Assert.Equal(1, (await AnnaAsync("user", "list")).ExitCode);
        var key = (await AnnaAsync("key", "create", "--json")).Succeeds().Json.GetProperty("access").GetString() ?? "";
        Assert.Contains(key, (await AnnaAsync("key", "list")).Succeeds().Output, StringComparison.Ordinal);
        (await AnnaAsync("key", "delete", key)).Succeeds();
        var changed = (await AnnaAsync("user", "password", "--password-file", _home.File("password", "another one\n"u8.ToArray()))).Succeeds();
        Assert.Equal(1, (await AnnaAsync("volume", "list")).ExitCode);
        anna["OS_PASSWORD"] = "another one";
        var token = (await AnnaAsync("token", "issue")).Succeeds().Output.Trim();
        Assert.StartsWith("hft_", token, StringComparison.Ordinal);
        (await AnnaAsync("token", "revoke", token)).Succeeds();

        await DoesAsync("share", "cancel", backup, "--all");
        Assert.Equal(1, (await AnnaAsync("volume", "create", "again", "--backup", backup)).ExitCode);
        await DoesAsync("user", "revoke", "anna", "--role", "member", "--project", "team");
        Assert.Contains("still owns", (await Service.RunAsync("project", "delete", "team")).Error, StringComparison.Ordinal);
        await DoesAsync("project", "disable", "team");
        await DoesAsync("user", "set", "anna", "--disable");
        await DoesAsync("user", "delete", "anna");
        Assert.Contains("another admin", (await Service.RunAsync("user", "delete", "admin")).Error, StringComparison.Ordinal);
    }

    private async Task DoesAsync(params string[] arguments) => (await Service.RunAsync(arguments)).Succeeds();

    private async Task<IEnumerable<string?>> NamesAsync(params string[] arguments) =>
        [.. (await Service.RunAsync(arguments)).Succeeds().Json.EnumerateArray().Select(item => item.GetProperty("name").GetString()).Where(name => name != "defaultPolicy").Order()];
}
