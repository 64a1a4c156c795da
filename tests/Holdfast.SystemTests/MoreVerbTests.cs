using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
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
        var backup =
            (await Service.RunAsync("backup", "create", "disk", "--name", "first", "--description", "by hand", "--tag", "a=b", "--json"))
                .Succeeds()
                .Json.GetProperty("backup_id")
                .GetString()
            ?? "";
        Assert.Equal(
            "by hand",
            (await Service.RunAsync("backup", "show", backup, "--json")).Succeeds().Json.GetProperty("description").GetString()
        );
        await DoesAsync("backup", "create", "disk", "--full");
        Assert.Equal(["first"], await NamesAsync("backup", "list", "--name", "first", "--json"));
        Assert.Contains(
            "VolumeBackup.0005",
            (await Service.RunAsync("backup", "create", "disk", "--name", "auto1")).Error,
            StringComparison.Ordinal
        );

        var copy = (await Service.RunAsync("volume", "create", "copy", "--backup", backup, "--json")).Succeeds().Json;
        Assert.Equal(
            bytes,
            await File.ReadAllBytesAsync(
                new Uri(copy.GetProperty("holdfast:source").GetString() ?? "").LocalPath,
                TestContext.Current.CancellationToken
            )
        );
        await DoesAsync("volume", "set", "copy", "--name", "renamed");
        await File.WriteAllBytesAsync(image, new byte[2 << 20], TestContext.Current.CancellationToken);
        var unasked = await Service.RunAsync("backup", "restore", "first", "--to-volume", "disk");
        Assert.Equal((2, 0), (unasked.ExitCode, (await File.ReadAllBytesAsync(image, TestContext.Current.CancellationToken)).Max()));
        await DoesAsync("backup", "restore", "first", "--to-volume", "disk", "--overwrite");
        Assert.Equal(bytes, await File.ReadAllBytesAsync(image, TestContext.Current.CancellationToken));
        Assert.Contains(
            "'holdfast volume remove disk' forgets it",
            (await Service.RunAsync("volume", "delete", "disk")).Error,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "'holdfast volume delete' deletes it with its file",
            (await Service.RunAsync("volume", "remove", "renamed")).Error,
            StringComparison.Ordinal
        );
        await DoesAsync("volume", "delete", "renamed");
        await DoesAsync("volume", "create", "empty", "--size", "1");
        Assert.Equal(
            ["disk", "empty"],
            (await Service.RunAsync("volume", "list", "--json"))
                .Succeeds()
                .Json.EnumerateArray()
                .Select(volume => volume.GetProperty("name").GetString())
                .Order()
        );
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
        Assert.Equal(
            2,
            (await Service.RunAsync("policy", "tag", "list", "--json")).Succeeds().Json[0].GetProperty("values").GetArrayLength()
        );

        await DoesAsync("volume", "create", "v", "--size", "1");
        await DoesAsync("quota", "set", "--backups", "1", "--backup-gigabytes", "-1");
        await DoesAsync("backup", "create", "v");
        Assert.Contains("VolumeBackup.0080", (await Service.RunAsync("backup", "create", "v")).Error, StringComparison.Ordinal);
        Assert.Contains("any number", (await Service.RunAsync("quota", "show")).Succeeds().Output, StringComparison.Ordinal);
        await DoesAsync("quota", "set", "--volumes", "1", "--volume-gigabytes", "7");
        Assert.Contains("may have 1", (await Service.RunAsync("volume", "create", "w", "--size", "1")).Error, StringComparison.Ordinal);
        Assert.Equal(
            7,
            (await Service.RunAsync("quota", "show", "--json"))
                .Succeeds()
                .Json.GetProperty("quota_set")
                .GetProperty("gigabytes")
                .GetProperty("limit")
                .GetInt64()
        );
    }

    [Fact]
    public async Task Limits_are_shown_and_set_while_the_service_runs()
    {
        var none = (await Service.RunAsync("limit", "show")).Succeeds().Output;
        await DoesAsync("limit", "set", "--read", "1048576", "--hours", "22:00-06:00");
        var set = (await Service.RunAsync("limit", "set", "--hours", "always")).Succeeds().Output;

        Assert.Equal(3, none.Split("no limit").Length - 1);
        Assert.Contains("1 MiB/s", set, StringComparison.Ordinal);
        Assert.Contains("always", set, StringComparison.Ordinal);
        var shown = (await Service.RunAsync("limit", "show", "--json")).Succeeds().Json;
        Assert.Equal(1048576, shown.GetProperty("read_bytes_per_second").GetInt64());
        Assert.Equal(2, (await Service.RunAsync("limit", "set")).ExitCode);
        Assert.Contains("08:00-18:30", (await Service.RunAsync("limit", "set", "--hours", "late")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_is_let_into_a_project_and_finds_what_is_shared_with_it()
    {
        var team = (await Service.RunAsync("project", "create", "team", "--json")).Succeeds().Json.GetProperty("id").GetString() ?? "";
        var password =
            (await Service.RunAsync("user", "create", "anna", "--generate", "--json")).Succeeds().Json.GetProperty("password").GetString()
            ?? "";
        await DoesAsync("user", "grant", "anna", "--role", "member", "--project", "team");
        Assert.Contains("member in team", (await Service.RunAsync("user", "list")).Succeeds().Output, StringComparison.Ordinal);
        await DoesAsync("volume", "create", "v", "--size", "1");
        var backup = (await Service.RunAsync("backup", "create", "v", "--json")).Succeeds().Json.GetProperty("backup_id").GetString() ?? "";
        Assert.Contains("'tema'", (await Service.RunAsync("share", "create", backup, "tema")).Error, StringComparison.Ordinal);
        Assert.Equal(
            team,
            (await Service.RunAsync("share", "create", backup, "team", "--json"))
                .Succeeds()
                .Json[0]
                .GetProperty("to_project_id")
                .GetString()
        );

        var anna = new Dictionary<string, string>(Service.ClientEnvironment)
        {
            ["OS_USERNAME"] = "anna",
            ["OS_PASSWORD"] = password,
            ["OS_PROJECT_NAME"] = "team",
        };
        async Task<HoldfastProcess.Ended> AnnaAsync(params string[] arguments) =>
            await HoldfastProcess.RunAsync(_home.FullPath, anna, arguments);
        Assert.Equal(
            backup,
            (await AnnaAsync("share", "list", "--to-me", "--json")).Succeeds().Json[0].GetProperty("backup_id").GetString()
        );
        (await AnnaAsync("volume", "create", "mine", "--backup", backup)).Succeeds();
        Assert.Empty((await AnnaAsync("backup", "list", "--json")).Succeeds().Json.EnumerateArray());
        Assert.Equal(1, (await AnnaAsync("user", "list")).ExitCode);
        var key = (await AnnaAsync("key", "create", "--json")).Succeeds().Json.GetProperty("access").GetString() ?? "";
        Assert.Contains(key, (await AnnaAsync("key", "list")).Succeeds().Output, StringComparison.Ordinal);
        (await AnnaAsync("key", "delete", key)).Succeeds();
        var changed = (
            await AnnaAsync("user", "password", "--password-file", _home.File("password", "another one\n"u8.ToArray()))
        ).Succeeds();
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

    [Fact]
    public async Task Lists_are_filtered_sorted_paged_and_counted()
    {
        await DoesAsync("volume", "create", "b", "--size", "1", "--description", "second", "--property", "rack=7", "--property", "old=1");
        await DoesAsync("volume", "create", "a", "--size", "2");
        await DoesAsync("volume", "set", "b", "--property", "row=2", "--remove-property", "old");
        Assert.Equal(
            """{"rack":"7","row":"2"}""",
            (await Service.RunAsync("volume", "show", "b", "--json"))
                .Succeeds()
                .Json.GetProperty("metadata")
                .GetRawText()
                .Replace(" ", "", StringComparison.Ordinal)
                .Replace("\n", "", StringComparison.Ordinal)
        );
        Assert.Contains("second", (await Service.RunAsync("volume", "show", "b")).Succeeds().Output, StringComparison.Ordinal);
        Assert.Equal(["a"], await NamesAsync("volume", "list", "--sort", "name:asc", "--limit", "1", "--json"));
        Assert.Equal(["b"], await NamesAsync("volume", "list", "--sort", "size:asc", "--limit", "1", "--json"));
        Assert.Equal(["b"], await NamesAsync("volume", "list", "--name", "b", "--status", "available", "--json"));
        Assert.Equal("2", (await Service.RunAsync("volume", "list", "--count")).Succeeds().Output.Trim());

        var first =
            (await Service.RunAsync("backup", "create", "a", "--name", "one", "--json"))
                .Succeeds()
                .Json.GetProperty("backup_id")
                .GetString()
            ?? "";
        await DoesAsync("backup", "create", "b", "--name", "two");
        await DoesAsync("backup", "create", "b", "--name", "twofold");
        Assert.Equal(["two", "twofold"], await NamesAsync("backup", "list", "--name-like", "two", "--json"));
        Assert.Equal("2", (await Service.RunAsync("backup", "list", "--volume", "b", "--count")).Succeeds().Output.Trim());
        Assert.Equal(
            3,
            (await Service.RunAsync("backup", "list", "--status-like", "avail", "--count", "--json"))
                .Succeeds()
                .Json.GetProperty("count")
                .GetInt32()
        );
        Assert.Equal(["two"], await NamesAsync("backup", "list", "--sort", "name:asc", "--marker", first, "--limit", "1", "--json"));
        Assert.Equal(["twofold"], await NamesAsync("backup", "list", "--sort", "name:asc", "--offset", "2", "--json"));
        await DoesAsync("volume", "create", "copy", "--backup", "one");
        Assert.Contains("copy", (await Service.RunAsync("volume", "list")).Succeeds().Output, StringComparison.Ordinal);
        Assert.Contains("a (", (await Service.RunAsync("backup", "show", "one")).Succeeds().Output, StringComparison.Ordinal);
        await DoesAsync("backup", "delete", "one");
    }

    [Fact]
    public async Task Sharings_and_policies_are_counted_and_listed_in_part()
    {
        var team = (await Service.RunAsync("project", "create", "team", "--json")).Succeeds().Json.GetProperty("id").GetString() ?? "";
        await DoesAsync("volume", "create", "v", "--size", "1");
        await DoesAsync("backup", "create", "v", "--name", "one");
        await DoesAsync("backup", "create", "v", "--name", "two");
        await DoesAsync("share", "create", "one", "team", "0123456789abcdef0123456789abcdef");
        await DoesAsync("share", "create", "two", "team");
        Assert.Equal("3", (await Service.RunAsync("share", "count")).Succeeds().Output.Trim());
        Assert.Equal(
            2,
            (await Service.RunAsync("share", "count", "--to", "team", "--volume", "v", "--status", "available", "--json"))
                .Succeeds()
                .Json.GetProperty("count")
                .GetInt32()
        );
        Assert.Equal(["one"], await NamesAsync("share", "list", "--to", team, "--sort", "name:asc", "--limit", "1", "--json"));
        Assert.Equal(["two"], await NamesAsync("share", "list", "--to", team, "--sort", "name:asc", "--offset", "1", "--json"));
        Assert.Equal(["two"], await NamesAsync("share", "list", "--name", "tw", "--backup", "two", "--json"));
        Assert.Empty(await NamesAsync("share", "list", "--from", team, "--json"));

        await DoesAsync("policy", "create", "one", "--start-time", "22:00", "--tag", "team=db");
        await DoesAsync("policy", "create", "two", "--start-time", "22:00");
        Assert.Equal(
            "team",
            (await Service.RunAsync("policy", "tag", "add", "two", "team=web", "--json")).Succeeds().Json[0].GetProperty("key").GetString()
        );
        Assert.Equal("2", (await Service.RunAsync("policy", "list", "--tag", "team", "--count")).Succeeds().Output.Trim());
        Assert.Single(
            (await Service.RunAsync("policy", "list", "--tag", "team", "--limit", "1", "--offset", "1", "--json"))
                .Succeeds()
                .Json.EnumerateArray()
        );
        Assert.Contains("team=web", (await Service.RunAsync("policy", "show", "two")).Succeeds().Output, StringComparison.Ordinal);
        Assert.Contains(
            "--keep-count is a whole number from 2 to 99; given was --keep-count 100",
            (await Service.RunAsync("policy", "update", "two", "--keep-count", "100")).Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task An_operator_extends_volumes_says_states_and_moves_records()
    {
        await DoesAsync("volume", "create", "v", "--size", "1");
        await DoesAsync("volume", "extend", "v", "3");
        Assert.Equal(3, (await Service.RunAsync("volume", "show", "v", "--json")).Succeeds().Json.GetProperty("size").GetInt32());
        Assert.Contains("not made smaller", (await Service.RunAsync("volume", "extend", "v", "2")).Error, StringComparison.Ordinal);
        await DoesAsync("volume", "reset-status", "v", "--status", "error");
        Assert.Equal(["v"], await NamesAsync("volume", "list", "--status", "error", "--json"));
        Assert.Contains("in error", (await Service.RunAsync("volume", "extend", "v", "4")).Error, StringComparison.Ordinal);
        await DoesAsync("volume", "reset-status", "v", "--status", "available");

        await DoesAsync("backup", "create", "v", "--name", "one");
        await DoesAsync("backup", "reset-status", "one", "--status", "error");
        Assert.Equal(1, (await Service.RunAsync("backup", "export-record", "one")).ExitCode);
        await DoesAsync("backup", "reset-status", "one", "--status", "available");
        var record = (await Service.RunAsync("backup", "export-record", "one")).Succeeds().Json.GetProperty("backup-record");
        var known = _home.File("record.json", Encoding.UTF8.GetBytes(record.GetRawText()));
        Assert.Contains("already exists", (await Service.RunAsync("backup", "import-record", known)).Error, StringComparison.Ordinal);

        var inside = JsonNode.Parse(Convert.FromBase64String(record.GetProperty("backup_url").GetString() ?? "")) as JsonObject ?? [];
        (inside["id"], inside["name"]) = ("11111111-2222-4333-8444-555555555555", "two");
        var other = new JsonObject
        {
            ["backup-record"] = new JsonObject
            {
                ["backup_service"] = record.GetProperty("backup_service").GetString(),
                ["backup_url"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(inside.ToJsonString())),
            },
        };
        var moved = _home.File("moved.json", Encoding.UTF8.GetBytes(other.ToJsonString()));
        Assert.Equal(
            "two",
            (await Service.RunAsync("backup", "import-record", moved, "--json")).Succeeds().Json.GetProperty("name").GetString()
        );
        var nothing = await Service.RunAsync("backup", "import-record", _home.File("nothing.json", "{}"u8.ToArray()));
        Assert.Contains("nothing.json' holds no record", nothing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_identity_is_shown_to_whom_it_concerns()
    {
        await DoesAsync("project", "create", "team");
        var password =
            (await Service.RunAsync("user", "create", "anna", "--generate", "--json")).Succeeds().Json.GetProperty("password").GetString()
            ?? "";
        await DoesAsync("user", "grant", "anna", "--role", "reader", "--project", "team");
        var anna = new Dictionary<string, string>(Service.ClientEnvironment)
        {
            ["OS_USERNAME"] = "anna",
            ["OS_PASSWORD"] = password,
            ["OS_PROJECT_NAME"] = "team",
        };
        async Task<HoldfastProcess.Ended> AnnaAsync(params string[] arguments) =>
            await HoldfastProcess.RunAsync(_home.FullPath, anna, arguments);

        Assert.Contains("reader in team", (await AnnaAsync("user", "show", "anna")).Succeeds().Output, StringComparison.Ordinal);
        Assert.Equal(["admin", "member", "reader"], await NamesAsync("role", "list", "--json"));
        Assert.Equal(["anna"], await NamesAsync("user", "list", "--project", "team", "--role", "reader", "--json"));
        Assert.Empty(await NamesAsync("user", "list", "--project", "team", "--role", "admin", "--json"));
        Assert.Equal(["default"], await NamesAsync("project", "list", "--mine", "--json"));
        Assert.Equal(["team"], await NamesAsync("project", "list", "--user", "anna", "--json"));
        Assert.EndsWith(
            "name or id 'nobody'. 'holdfast user list' shows what there is.\n",
            (await Service.RunAsync("user", "show", "nobody")).Error,
            StringComparison.Ordinal
        );

        var token = (await AnnaAsync("token", "issue")).Succeeds().Output.Trim();
        Assert.Contains("reader", (await Service.RunAsync("token", "show", token)).Succeeds().Output, StringComparison.Ordinal);
        Assert.Contains("volumev3", (await AnnaAsync("token", "catalog")).Succeeds().Output, StringComparison.Ordinal);
        foreach (var scope in (string[])["domain", "none"])
        {
            var other = (await AnnaAsync("token", "issue", "--scope", scope, "--json")).Succeeds().Json;
            Assert.Equal(JsonValueKind.Null, other.GetProperty("project_id").ValueKind);
            Assert.DoesNotContain(
                "team",
                (await Service.RunAsync("token", "show", other.GetProperty("id").GetString() ?? "")).Succeeds().Output,
                StringComparison.Ordinal
            );
        }

        (await AnnaAsync("token", "revoke", token)).Succeeds();
        Assert.Equal(1, (await Service.RunAsync("token", "show", token)).ExitCode);
        var key =
            (await AnnaAsync("key", "create", "--description", "ci", "--json")).Succeeds().Json.GetProperty("access").GetString() ?? "";
        Assert.Contains("ci", (await AnnaAsync("key", "show", key)).Succeeds().Output, StringComparison.Ordinal);
        Assert.Contains("packs", (await Service.RunAsync("repo", "stats")).Succeeds().Output, StringComparison.Ordinal);
    }

    private async Task DoesAsync(params string[] arguments) => (await Service.RunAsync(arguments)).Succeeds();

    private async Task<IEnumerable<string?>> NamesAsync(params string[] arguments) =>
        [
            .. (await Service.RunAsync(arguments))
                .Succeeds()
                .Json.EnumerateArray()
                .Select(item => item.GetProperty("name").GetString())
                .Where(name => name != "defaultPolicy")
                .Order(),
        ];
}
