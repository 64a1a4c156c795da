using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Holdfast.Testing;

namespace Holdfast.SystemTests;

public sealed class ServeTests : IDisposable
{
    private readonly TempFolder _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task The_service_answers_once_it_has_said_its_address_and_ends_cleanly_on_SIGTERM()
    {
        using var service = await RunningService.StartAsync(_home);
        using var http = new HttpClient();

        var health = await http.GetStringAsync(new Uri(service.Address, "/healthz"), TestContext.Current.CancellationToken);
        await service.Process.TerminateAsync();
        var ended = await service.Process.EndAsync();

        Assert.Contains("ok", health, StringComparison.Ordinal);
        Assert.Equal(0, ended.ExitCode);
        Assert.Empty(ended.Output);
    }

    [Fact]
    public async Task The_first_start_makes_a_key_that_only_its_owner_reads_and_says_to_keep_a_copy()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "File modes are POSIX's.");
        using var service = await RunningService.StartAsync(_home);

        var key = Directory.EnumerateFiles(_home["data"], "*.key", SearchOption.AllDirectories).Single();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo(key).UnixFileMode);
        Assert.Contains(key, Notices(service), StringComparison.Ordinal);
        Assert.Contains("copy", Notices(service), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_password_that_was_made_up_goes_into_a_file_of_its_owners_and_into_no_journal()
    {
        var file = _home["data", "initial-admin-password"];
        string password;
        using (var first = await RunningService.StartAsync(_home, withPassword: false))
        {
            password = (await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).TrimEnd();
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo(file).UnixFileMode);
            Assert.Contains(file, Notices(first), StringComparison.Ordinal);
            Assert.DoesNotContain(password, Notices(first), StringComparison.Ordinal);
            Assert.Equal(201, await LogInAsync(first, password));
            await first.Process.TerminateAsync();
            Assert.Equal(0, (await first.Process.EndAsync()).ExitCode);
        }

        File.Delete(file);
        using var second = await RunningService.StartAsync(_home, withPassword: false);

        Assert.DoesNotContain("password", Notices(second), StringComparison.OrdinalIgnoreCase);
        Assert.False(File.Exists(file));
        Assert.Equal(201, await LogInAsync(second, password));
    }

    [Fact]
    public async Task A_first_start_whose_port_is_taken_has_told_what_the_next_one_does_not_know()
    {
        var file = _home["data", "initial-admin-password"];
        using (var taken = new TcpListener(IPAddress.Loopback, 0))
        {
            taken.Start();
            var failed = await ServeToItsEndAsync($"http://{taken.LocalEndpoint}");
            Assert.Equal(1, failed.ExitCode);
            Assert.Contains("Cannot listen", failed.Error, StringComparison.Ordinal);
            Assert.Contains(_home["data", "repository.key"], failed.Output, StringComparison.Ordinal);
            Assert.Contains(file, failed.Output, StringComparison.Ordinal);
        }

        using var second = await RunningService.StartAsync(_home, withPassword: false);

        Assert.Contains(file, Notices(second), StringComparison.Ordinal);
        var password = (await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).TrimEnd();
        Assert.Equal(201, await LogInAsync(second, password));
    }

    [Fact]
    public async Task A_password_in_the_environment_that_is_not_the_admins_is_told_and_changes_nothing()
    {
        const string Told = "HOLDFAST_ADMIN_PASSWORD is not the password of the user admin";
        using (var first = await RunningService.StartAsync(_home))
        {
            Assert.DoesNotContain(Told, Notices(first), StringComparison.Ordinal);
            await first.Process.TerminateAsync();
            await first.Process.EndAsync();
        }

        var another = new Dictionary<string, string> { ["HOLDFAST_ADMIN_PASSWORD"] = "another password" };
        using var second = await RunningService.StartAsync(_home, another);

        Assert.Contains(Told, Notices(second), StringComparison.Ordinal);
        Assert.DoesNotContain("another password", Notices(second), StringComparison.Ordinal);
        Assert.Equal((401, 201), (await LogInAsync(second, "another password"), await LogInAsync(second, RunningService.Password)));
    }

    [Fact]
    public async Task Whoever_has_the_data_folder_lets_the_admin_in_again_while_the_service_runs()
    {
        using var service = await RunningService.StartAsync(_home);
        await File.WriteAllTextAsync(_home["new"], "let me in\n", TestContext.Current.CancellationToken);

        var recovered = (
            await HoldfastProcess.RunAsync(
                _home.FullPath,
                null,
                "user",
                "recover",
                "--data",
                _home["data"],
                "--password-file",
                _home["new"]
            )
        ).Succeeds();

        Assert.DoesNotContain("let me in", recovered.Output, StringComparison.Ordinal);
        Assert.Equal((401, 201), (await LogInAsync(service, RunningService.Password), await LogInAsync(service, "let me in")));
        var nowhere = await HoldfastProcess.RunAsync(
            _home.FullPath,
            null,
            "user",
            "recover",
            "--data",
            _home["none"],
            "--password-file",
            _home["new"]
        );
        Assert.Equal(1, nowhere.ExitCode);
        Assert.Contains(_home["none", "catalog.db"], nowhere.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_log_of_a_session_says_who_changed_what_and_holds_no_secret()
    {
        await File.WriteAllTextAsync(_home["config.json"], """{"Logging": {"Level": "Trace"} }""", TestContext.Current.CancellationToken);
        using var service = await RunningService.StartAsync(_home, withPassword: true, "--config", _home["config.json"]);
        using var http = new HttpClient { BaseAddress = service.Address };
        var (token, project) = await SessionAsync(http, RunningService.Password);
        http.DefaultRequestHeaders.Add("X-Auth-Token", token);
        var user = await SendAsync(
            http,
            HttpMethod.Post,
            "users",
            """{"user": {"name": "anna", "password": "first secret"} }""",
            "user",
            "id"
        );
        await SendAsync(http, HttpMethod.Put, $"projects/{project}/users/{user}/roles/member", null);
        await SendAsync(
            http,
            HttpMethod.Patch,
            $"users/{user}",
            """{"user": {"password": "second secret", "description": "x"} }""",
            "user",
            "id"
        );
        var secret = await SendAsync(
            http,
            HttpMethod.Post,
            "../v3.0/OS-CREDENTIAL/credentials",
            $$"""{"credential": {"user_id": "{{user}}"} }""",
            "credential",
            "secret"
        );
        Assert.Equal(401, await LogInAsync(service, "wrong secret"));
        await SendAsync(http, HttpMethod.Delete, $"users/{user}", null);
        await service.Process.TerminateAsync();

        var log = (await service.Process.EndAsync()).Error;

        foreach (
            var line in (string[])
                [
                    "made user 'anna'",
                    "the role member in project",
                    "changed user 'anna'",
                    " password description",
                    "made access key",
                    "deleted user 'anna'",
                    "A login of user admin from 127.0.0.1 failed",
                ]
        )
        {
            Assert.Contains(line, log, StringComparison.Ordinal);
        }

        foreach (var told in (string[])[token, secret, "first secret", "second secret", "wrong secret", RunningService.Password])
        {
            Assert.DoesNotContain(told, log + string.Concat(service.LinesBeforeReady), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_port_that_is_taken_is_a_failure_that_names_it()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var ended = await ServeToItsEndAsync($"http://127.0.0.1:{port}");

        Assert.Equal(1, ended.ExitCode);
        Assert.Contains($"{port}", ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_configuration_file_that_is_not_there_is_a_failure_that_names_it()
    {
        var ended = await HoldfastProcess.RunAsync(_home.FullPath, null, "serve", "--data", _home["data"], "--config", _home["none.json"]);

        Assert.NotEqual(0, ended.ExitCode);
        Assert.Contains("none.json", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_for_programs_are_an_object_a_line_with_the_values_of_the_message_and_no_secret()
    {
        await File.WriteAllTextAsync(
            _home["settings.json"],
            """{"Logging": {"Format": "json", "Level": "Debug"}}""",
            TestContext.Current.CancellationToken
        );
        using var service = await RunningService.StartAsync(_home, withPassword: true, "--config", _home["settings.json"]);
        Assert.Equal(401, await LogInAsync(service, "not the one"));
        (await service.RunAsync("user", "create", "anna", "--generate")).Succeeds();
        await service.Process.TerminateAsync();
        var ended = await service.Process.EndAsync();

        var lines = ended
            .Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement)
            .ToList();

        var failed = Assert.Single(lines, line => line.GetProperty("EventId").GetInt32() == 5102);
        Assert.Equal("Warning", failed.GetProperty("LogLevel").GetString());
        Assert.Equal("admin", failed.GetProperty("State").GetProperty("User").GetString());
        Assert.Contains("admin", failed.GetProperty("Message").GetString(), StringComparison.Ordinal);
        Assert.StartsWith("Holdfast.", failed.GetProperty("Category").GetString(), StringComparison.Ordinal);
        Assert.EndsWith("Z", failed.GetProperty("Timestamp").GetString(), StringComparison.Ordinal);
        Assert.Contains(lines, line => line.GetProperty("EventId").GetInt32() == 5101);
        Assert.DoesNotContain(RunningService.Password, ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("not the one", ended.Error, StringComparison.Ordinal);
    }

    private static async Task<int> LogInAsync(RunningService service, string password)
    {
        using var http = new HttpClient { BaseAddress = service.Address };
        using var answer = await http.PostAsync(
            new Uri("/identity/v3/auth/tokens", UriKind.Relative),
            Login(password),
            TestContext.Current.CancellationToken
        );
        return (int)answer.StatusCode;
    }

    private static async Task<(string Token, string Project)> SessionAsync(HttpClient http, string password)
    {
        using var answer = await http.PostAsync(
            new Uri("/identity/v3/auth/tokens", UriKind.Relative),
            Login(password),
            TestContext.Current.CancellationToken
        );
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return (
            answer.Headers.GetValues("X-Subject-Token").Single(),
            body.RootElement.GetProperty("token").GetProperty("project").GetProperty("id").GetString() ?? ""
        );
    }

    private static StringContent Login(string password) =>
        new(
            $$"""{"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "admin", "password": "{{password}}"} } }"""
                + $$""", "scope": {"project": {"name": "default"} } } }""",
            Encoding.UTF8,
            "application/json"
        );

    /// <summary>What stands in the answer under the two names; empty where none are given.</summary>
    private static async Task<string> SendAsync(HttpClient http, HttpMethod method, string path, string? body, params string[] members)
    {
        using var request = new HttpRequestMessage(method, new Uri($"/identity/v3/{path}", UriKind.Relative))
        {
            Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"),
        };
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, $"{method} {path}: {(int)answer.StatusCode} {text}");
        return members is [var outer, var inner]
            ? JsonDocument.Parse(text).RootElement.GetProperty(outer).GetProperty(inner).GetString() ?? ""
            : "";
    }

    private Task<HoldfastProcess.Ended> ServeToItsEndAsync(string listen) =>
        HoldfastProcess.RunAsync(_home.FullPath, null, "serve", "--data", _home["data"], "--listen", listen);

    private static string Notices(RunningService service) => string.Join('\n', service.LinesBeforeReady) + service.Process.Error;
}
