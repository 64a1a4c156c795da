using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Holdfast.Testing;

namespace Holdfast.SystemTests;

/// <summary>The main job by the command line: register, protect, fire, ask, restore. One service for all of them.</summary>
public sealed class ServiceVerbTests : IAsyncLifetime
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
    public async Task A_volume_is_protected_fired_queried_and_restored()
    {
        var image = WriteImage("disk.img");
        var nothing = await Service.RunAsync("status", "--json");
        Assert.Equal((1, "warning"), (nothing.ExitCode, nothing.Json.GetProperty("state").GetString()));
        await ProtectAsync("disk", image, "nightly");
        Assert.Contains("waits for the first backup", (await Service.RunAsync("status")).Succeeds().Output, StringComparison.Ordinal);

        var page = await Service.ExecuteAndWaitAsync("nightly");
        var backup =
            (await Service.RunAsync("backup", "list", "--json")).Succeeds().Json.EnumerateArray().Single().GetProperty("id").GetString()
            ?? "";
        (await Service.RunAsync("backup", "restore", backup, "--to", _home["restored.img"])).Succeeds();

        var task = page.GetProperty("tasks").EnumerateArray().Single();
        Assert.Equal("EXECUTE_SUCCESS", task.GetProperty("status").GetString());
        Assert.Equal(
            await File.ReadAllBytesAsync(image, TestContext.Current.CancellationToken),
            await File.ReadAllBytesAsync(_home["restored.img"], TestContext.Current.CancellationToken)
        );
        var job = (await Service.RunAsync("job", "show", task.GetProperty("vbs_job_id").GetString() ?? "", "--json")).Succeeds().Json;
        Assert.Equal("SUCCESS", job.GetProperty("status").GetString());
        Assert.Equal("ok", (await Service.RunAsync("status", "--json")).Succeeds().Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_restore_is_proven_by_a_drill_and_the_list_of_volumes_tells_how_long_ago()
    {
        await ProtectAsync("disk", WriteImage("disk.img"), "nightly");
        Assert.Equal(1, (await Service.RunAsync("drill", "run", "disk", "--wait")).ExitCode);
        Assert.Contains("never", (await Service.RunAsync("volume", "list")).Succeeds().Output, StringComparison.Ordinal);
        await Service.ExecuteAndWaitAsync("nightly");

        var drill = (await Service.RunAsync("drill", "run", "disk", "--wait", "--json")).Succeeds().Json.EnumerateArray().Single();

        Assert.Equal("proven", drill.GetProperty("status").GetString());
        Assert.Contains("just now", (await Service.RunAsync("volume", "list")).Succeeds().Output, StringComparison.Ordinal);
        var listed = (await Service.RunAsync("drill", "list", "--volume", "disk", "--json")).Succeeds().Json;
        Assert.Equal(drill.GetProperty("id").GetString(), listed.EnumerateArray().Single().GetProperty("id").GetString());
        Assert.Contains("proven", (await Service.RunAsync("drill", "list")).Succeeds().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_that_the_repository_has_lost_is_called_damaged_wherever_it_is_listed_and_shown()
    {
        await ProtectAsync("disk", WriteImage("disk.img"), "nightly");
        await Service.ExecuteAndWaitAsync("nightly");
        var manifest = Directory.EnumerateFiles(_home["data", "repository", "manifests"]).Single();
        File.Delete(manifest);

        var check = await Service.RunAsync("repo", "check");
        Assert.Equal(1, check.ExitCode);
        Assert.Contains(Path.GetFileName(manifest), check.Error, StringComparison.Ordinal);
        Assert.Equal(1, (await Service.RunAsync("status")).ExitCode);
        Assert.Contains("Damaged: ", (await Service.RunAsync("backup", "list")).Succeeds().Output, StringComparison.Ordinal);
        var shown = (await Service.RunAsync("backup", "show", Path.GetFileName(manifest))).Succeeds().Output;
        Assert.Contains("damaged, seen by a check", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_said_of_a_deleted_backup_that_is_not_there_names_a_verb_that_exists()
    {
        var refused = await Service.RunAsync("backup", "undelete", "nosuch");

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("'holdfast backup list --deleted'", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tables_show_what_the_json_tells()
    {
        await ProtectAsync("disk", WriteImage("disk.img"), "nightly");
        await Service.ExecuteAndWaitAsync("nightly");

        var tasks = (await Service.RunAsync("task", "list", "nightly", "--status", "execute_success")).Succeeds().Output;
        var policies = (await Service.RunAsync("policy", "list")).Succeeds().Output;
        var volumes = (await Service.RunAsync("volume", "list")).Succeeds().Output;
        var preview = (await Service.RunAsync("policy", "show", "nightly", "--preview")).Succeeds().Output;

        Assert.Contains("EXECUTE_SUCCESS", tasks, StringComparison.Ordinal);
        Assert.Contains("1 of 1 task", tasks, StringComparison.Ordinal);
        Assert.Contains("every day at 22:00 UTC", policies, StringComparison.Ordinal);
        Assert.Contains("disk.img", volumes, StringComparison.Ordinal);
        Assert.Contains("keep", preview, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_firing_is_waited_for_and_a_task_that_fails_is_told_by_the_exit_code()
    {
        var image = WriteImage("disk.img");
        await ProtectAsync("disk", image, "nightly");
        (await Service.RunAsync("policy", "create", "idle", "--start-time", "22:00")).Succeeds();
        var idle = (await Service.RunAsync("policy", "execute", "idle", "--json")).Succeeds().Json;
        Assert.Equal(("idle", 0), (idle.GetProperty("name").GetString(), idle.GetProperty("volumes").GetInt32()));
        await Service.ExecuteAndWaitAsync("nightly");

        var waited = (await Service.RunAsync("policy", "execute", "nightly", "--wait", "--json"))
            .Succeeds()
            .Json.GetProperty("tasks")
            .EnumerateArray()
            .Single();
        Assert.Equal("EXECUTE_SUCCESS", waited.GetProperty("status").GetString());
        Assert.Contains(
            "SUCCESS",
            (await Service.RunAsync("job", "show", waited.GetProperty("vbs_job_id").GetString() ?? "", "--wait")).Succeeds().Output,
            StringComparison.Ordinal
        );

        File.Delete(image);
        var failed = await Service.RunAsync("policy", "execute", "nightly", "--wait");
        Assert.Equal(1, failed.ExitCode);
        Assert.Contains("EXECUTE_FAIL", failed.Output, StringComparison.Ordinal);
        Assert.StartsWith("holdfast: policy 'nightly': 1 of 1 task failed:", failed.Error, StringComparison.Ordinal);

        // Where the overview and messages send whoever is told of it.
        Assert.Contains("is not there", (await Service.RunAsync("backup", "list")).Succeeds().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_seed_query_answers_a_plain_http_client()
    {
        var policy = await ProtectAsync("disk", WriteImage("disk.img"), "nightly");
        await Service.ExecuteAndWaitAsync("nightly");
        using var http = new HttpClient();
        const string Login =
            $$$$$$"""{"auth":{"identity":{"methods":["password"]"""
                + $$$$$$""","password":{"user":{"name":"admin","password":"{{{{{{RunningService.Password}}}}}}","domain":{"name":"Default"}}}}"""
                + $$$$$$""","scope":{"project":{"name":"default"}}}}""";
        using var token = await http.PostAsync(
            new Uri($"{Service.Identity}/auth/tokens"),
            new StringContent(Login, Encoding.UTF8, "application/json"),
            TestContext.Current.CancellationToken
        );
        var project = JsonDocument
            .Parse(await token.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))
            .RootElement.GetProperty("token")
            .GetProperty("project")
            .GetProperty("id")
            .GetString();
        http.DefaultRequestHeaders.Add("X-Auth-Token", token.Headers.GetValues("X-Subject-Token").Single());
        http.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("*/*"));

        var answer = await http.GetStringAsync(
            new Uri(Service.Address, $"/v2/{project}/backuppolicy/{policy}/backuptasks?limit=5&sort_dir=asc"),
            TestContext.Current.CancellationToken
        );

        var json = JsonDocument.Parse(answer).RootElement;
        Assert.Equal(1, json.GetProperty("count").GetInt64());
        Assert.Equal("volume", json.GetProperty("tasks")[0].GetProperty("resource_type").GetString());
    }

    [Fact]
    public async Task A_policys_life_goes_by_name_and_by_id()
    {
        var id =
            (
                await Service.RunAsync(
                    "policy",
                    "create",
                    "weekly",
                    "--start-time",
                    "22:00",
                    "--week",
                    "mon,wed",
                    "--keep-days",
                    "30",
                    "--time-zone",
                    "UTC+02:00",
                    "--tag",
                    "team=db",
                    "--json"
                )
            )
                .Succeeds()
                .Json.GetProperty("id")
                .GetString()
            ?? "";

        (await Service.RunAsync("policy", "disable", "weekly")).Succeeds();
        (await Service.RunAsync("policy", "update", id, "--name", "fortnightly", "--frequency", "14")).Succeeds();
        var shown = (await Service.RunAsync("policy", "show", "fortnightly", "--json")).Succeeds().Json;
        (await Service.RunAsync("policy", "enable", "fortnightly")).Succeeds();
        (await Service.RunAsync("policy", "delete", id)).Succeeds();

        var schedule = shown.GetProperty("scheduled_policy");
        Assert.Equal(
            ("OFF", 14, 30),
            (
                schedule.GetProperty("status").GetString(),
                schedule.GetProperty("frequency").GetInt32(),
                schedule.GetProperty("rentention_day").GetInt32()
            )
        );
        Assert.False(schedule.TryGetProperty("week_frequency", out _));
        Assert.Equal(1, (await Service.RunAsync("policy", "show", id)).ExitCode);
    }

    [Fact]
    public async Task A_refusal_of_the_service_is_a_failure_with_its_words()
    {
        var absent = await Service.RunAsync("volume", "add", "x", _home["absent.img"]);
        var bounds = await Service.RunAsync("policy", "create", "p", "--start-time", "22:30");
        var unknown = await Service.RunAsync("task", "list", "no-such-policy");
        var password = await HoldfastProcess.RunAsync(
            _home.FullPath,
            new Dictionary<string, string>(Service.ClientEnvironment) { ["OS_PASSWORD"] = "wrong" },
            "volume",
            "list"
        );

        Assert.All([absent, bounds, unknown, password], ended => Assert.Equal(1, ended.ExitCode));
        Assert.Contains("absent.img", absent.Error, StringComparison.Ordinal);
        Assert.Contains("AutoBackup.0103", bounds.Error, StringComparison.Ordinal);
        Assert.Contains("no-such-policy", unknown.Error, StringComparison.Ordinal);
        Assert.Contains("OS_PASSWORD", password.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_added_can_be_removed_and_its_backups_stay()
    {
        await ProtectAsync("disk", WriteImage("disk.img"), "nightly");
        await Service.ExecuteAndWaitAsync("nightly");

        (await Service.RunAsync("policy", "disassociate", "nightly", "disk")).Succeeds();
        (await Service.RunAsync("volume", "remove", "disk")).Succeeds();

        Assert.Empty((await Service.RunAsync("volume", "list", "--json")).Succeeds().Json.EnumerateArray());
        Assert.Single((await Service.RunAsync("backup", "list", "--json")).Succeeds().Json.EnumerateArray());
    }

    [Fact]
    public async Task Offline_verbs_do_not_write_into_the_services_repository()
    {
        var image = WriteImage("disk.img");
        var repository = Directory.EnumerateDirectories(_home["data"], "repo*").Single();
        var key = Directory.EnumerateFiles(_home["data"], "*.key", SearchOption.AllDirectories).Single();

        var refused = await HoldfastProcess.RunAsync(
            _home.FullPath,
            null,
            "backup",
            "create",
            "--source",
            image,
            "--repository",
            repository,
            "--key",
            key
        );
        var read = await HoldfastProcess.RunAsync(
            _home.FullPath,
            null,
            "repo",
            "stats",
            "--repository",
            repository,
            "--key",
            key,
            "--json"
        );

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("--force-owned", refused.Error, StringComparison.Ordinal);
        Assert.Equal(0, read.Succeeds().Json.GetProperty("backups").GetInt32());
    }

    private async Task<string> ProtectAsync(string name, string image, string policy)
    {
        (await Service.RunAsync("volume", "add", name, image, "--json")).Succeeds();
        var id =
            (await Service.RunAsync("policy", "create", policy, "--start-time", "22:00", "--json"))
                .Succeeds()
                .Json.GetProperty("id")
                .GetString()
            ?? "";
        (await Service.RunAsync("policy", "associate", policy, name)).Succeeds();
        return id;
    }

    private string WriteImage(string name)
    {
        var bytes = new byte[3 << 20];
        new Random(7).NextBytes(bytes.AsSpan(1 << 20, 1 << 20));
        return _home.File(name, bytes);
    }
}
