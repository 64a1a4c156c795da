using System.Net;
using System.Net.Sockets;
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
    public async Task A_password_that_was_made_up_is_shown_at_the_first_start_only()
    {
        using (var first = await RunningService.StartAsync(_home, withPassword: false))
        {
            Assert.Contains("password", Notices(first), StringComparison.OrdinalIgnoreCase);
            await first.Process.TerminateAsync();
            Assert.Equal(0, (await first.Process.EndAsync()).ExitCode);
        }

        using var second = await RunningService.StartAsync(_home, withPassword: false);

        Assert.DoesNotContain("password", Notices(second), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_a_failure_that_names_it()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var ended = await HoldfastProcess.RunAsync(_home.FullPath, null, "serve", "--data", _home["data"], "--listen", $"http://127.0.0.1:{port}");

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

    private static string Notices(RunningService service) => string.Join('\n', service.LinesBeforeReady) + service.Process.Error;
}
