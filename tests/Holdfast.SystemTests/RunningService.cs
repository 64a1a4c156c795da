using System.Text.Json;
using System.Text.RegularExpressions;
using Holdfast.Testing;

namespace Holdfast.SystemTests;

/// <summary><c>holdfast serve</c> as a child process on a fresh folder, and what its clients need.</summary>
internal sealed partial class RunningService : IDisposable
{
    public const string Password = "correct horse battery staple";

    /// <summary>The system chooses the port, and the service says it: one that was free a moment ago may be another's by now.</summary>
    public const string AnyPort = "http://127.0.0.1:0";

    private RunningService(HoldfastProcess process, string home, Uri address, Uri identity, IReadOnlyList<string> linesBeforeReady)
    {
        Process = process;
        Home = home;
        Address = address;
        Identity = identity;
        LinesBeforeReady = linesBeforeReady;
    }

    public HoldfastProcess Process { get; }

    public string Home { get; }

    public Uri Address { get; }

    public Uri Identity { get; }

    /// <summary>What stood on standard output before the line that says that it listens.</summary>
    public IReadOnlyList<string> LinesBeforeReady { get; }

    public IReadOnlyDictionary<string, string> ClientEnvironment =>
        new Dictionary<string, string>
        {
            ["OS_AUTH_URL"] = Identity.ToString(),
            ["OS_USERNAME"] = "admin",
            ["OS_PASSWORD"] = Password,
            ["OS_PROJECT_NAME"] = "default",
        };

    public static Task<RunningService> StartAsync(TempFolder home, bool withPassword = true, params string[] more) =>
        StartAsync(home, withPassword ? new Dictionary<string, string> { ["HOLDFAST_ADMIN_PASSWORD"] = Password } : [], more);

    public static async Task<RunningService> StartAsync(
        TempFolder home,
        IReadOnlyDictionary<string, string> environment,
        params string[] more
    )
    {
        var process = HoldfastProcess.Start(
            home.FullPath,
            environment,
            ["serve", "--data", home["data"], "--listen", AnyPort, .. more]
        );
        var before = new List<string>();
        using var late = new CancellationTokenSource(HoldfastProcess.Patience);
        while (await process.Output.ReadLineAsync(late.Token) is { } line)
        {
            if (ReadyLine().Match(line) is { Success: true } ready)
            {
                return new RunningService(process, home.FullPath, new Uri(ready.Groups[1].Value), new Uri(ready.Groups[2].Value), before);
            }

            before.Add(line);
        }

        var error = process.Error;
        process.Dispose();
        throw new InvalidOperationException($"holdfast serve ended before it was ready: {error}{string.Join('\n', before)}");
    }

    /// <summary>Runs a verb against this service.</summary>
    public Task<HoldfastProcess.Ended> RunAsync(params string[] arguments) => HoldfastProcess.RunAsync(Home, ClientEnvironment, arguments);

    /// <summary>Fires a policy and asks until its tasks have ended.</summary>
    public async Task<JsonElement> ExecuteAndWaitAsync(string policy)
    {
        (await RunAsync("policy", "execute", policy)).Succeeds();
        using var late = new CancellationTokenSource(HoldfastProcess.Patience);
        while (true)
        {
            var page = (await RunAsync("task", "list", policy, "--json")).Succeeds().Json;
            if (!page.GetProperty("tasks").EnumerateArray().Any(task => task.GetProperty("status").GetString() is "WAITING" or "RUNNING"))
            {
                return page;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, late.Token);
        }
    }

    public void Dispose() => Process.Dispose();

    [GeneratedRegex(@"^holdfast: listening on (http://\S+) \(identity (http://\S+/v3)\)$")]
    private static partial Regex ReadyLine();
}
