using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Holdfast.Bench.Tasks;

/// <summary><c>holdfast serve</c> as a child process on a data folder, with a token and a policy.</summary>
internal sealed class Service : IDisposable
{
    /// <summary>Stands in the token request below, too.</summary>
    private const string Password = "bench-password";
    private readonly Process _process;

    private Service(Process process, int port, string token, string project)
    {
        _process = process;
        Port = port;
        Token = token;
        Project = project;
    }

    public int Port { get; }

    public string Token { get; }

    public string Project { get; }

    public static async Task<Service> StartAsync(string executable, string data, string? postgres)
    {
        var port = FreePort();
        var start = new ProcessStartInfo(executable, ["serve", "--data", data, "--listen", $"http://127.0.0.1:{port}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Set(start, "HOLDFAST_ADMIN_PASSWORD", Password);
        Set(start, "HOLDFAST_Bench__FixedAnswer", "true");
        if (postgres is not null)
        {
            Set(start, "HOLDFAST_Catalog__Postgres", postgres);
        }

        var process = Process.Start(start) ?? throw new InvalidOperationException($"{executable} did not start.");
        var errors = new StringBuilder();
        process.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
        process.BeginErrorReadLine();
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.Contains("listening on", StringComparison.Ordinal))
            {
                // Nothing more is written there, and a little would fit the pipe.
                var (token, project) = await AuthenticateAsync(port);
                return new Service(process, port, token, project);
            }
        }

        await process.WaitForExitAsync();
        throw new InvalidOperationException($"holdfast serve ended with {process.ExitCode}: {errors}");
    }

    /// <summary>A policy that never fires by itself, made over the API.</summary>
    public async Task<string> CreatePolicyAsync()
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Add("X-Auth-Token", Token);
        const string Body =
            """{"backup_policy_name":"bench","scheduled_policy":{"start_time":"00:00","frequency":1,"rentention_num":14,"status":"OFF"}}""";
        using var answer = await http.PostAsync(
            new Uri($"http://127.0.0.1:{Port}/v2/{Project}/backuppolicy"),
            new StringContent(Body, Encoding.UTF8, "application/json")
        );
        answer.EnsureSuccessStatusCode();
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return json.RootElement.GetProperty("backup_policy_id").GetString() ?? "";
    }

    /// <summary>Ends it by SIGTERM, as a service manager would.</summary>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
            kill.WaitForExit();
            if (!_process.WaitForExit(TimeSpan.FromSeconds(20)))
            {
                _process.Kill();
            }
        }

        _process.Dispose();
    }

    private static void Set(ProcessStartInfo start, string name, string value) => start.Environment[name] = value;

    private static async Task<(string Token, string Project)> AuthenticateAsync(int port)
    {
        using var http = new HttpClient();
        const string Body =
            """{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"admin","password":"bench-password","domain":{"name":"Default"}}}},"scope":{"project":{"name":"default","domain":{"name":"Default"}}}}}""";
        using var answer = await http.PostAsync(
            new Uri($"http://127.0.0.1:{port}/identity/v3/auth/tokens"),
            new StringContent(Body, Encoding.UTF8, "application/json")
        );
        answer.EnsureSuccessStatusCode();
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return (
            answer.Headers.GetValues("X-Subject-Token").First(),
            json.RootElement.GetProperty("token").GetProperty("project").GetProperty("id").GetString() ?? ""
        );
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
