using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Holdfast.Testing;

namespace Holdfast.SystemTests;

/// <summary>The built <c>holdfast</c> as a child process, with a home and an environment of its own.</summary>
internal sealed class HoldfastProcess : IDisposable
{
    /// <summary>For what hangs: nothing that goes well takes it, on a machine that is busy with all the tests either.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly StringBuilder _error = new();

    private HoldfastProcess(Process process)
    {
        _process = process;
        process.ErrorDataReceived += (_, line) =>
        {
            // The end of the stream is told as a line that is null.
            if (line.Data is { } text)
            {
                lock (_error)
                {
                    _error.AppendLine(text);
                }
            }
        };
        process.BeginErrorReadLine();
    }

    /// <summary>The one that users start, where the build puts it; not the copy of it that lies beside these tests.
    /// HOLDFAST_TEST_EXECUTABLE names another one, such as that of a package.</summary>
    public static string Executable { get; } =
        Environment.GetEnvironmentVariable("HOLDFAST_TEST_EXECUTABLE")
        ?? Path.Combine(
            RepositoryRoot.Path,
            "artifacts/bin/Holdfast",
            Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)),
            "holdfast"
        );

    public bool HasExited => _process.HasExited;

    public StreamReader Output => _process.StandardOutput;

    public string Error
    {
        get
        {
            lock (_error)
            {
                return _error.ToString();
            }
        }
    }

    public static HoldfastProcess Start(string home, IReadOnlyDictionary<string, string>? environment, params string[] arguments) =>
        StartProgram(Executable, home, environment, arguments);

    /// <summary>A line of bash, in which <c>$H</c> is the executable: for what only a shell can do to a program.</summary>
    public static async Task<Ended> ShellAsync(string home, string line)
    {
        var environment = new Dictionary<string, string> { ["H"] = Executable };
        using var process = StartProgram("bash", home, environment, "-o", "pipefail", "-c", line);
        return await process.EndAsync();
    }

    private static HoldfastProcess StartProgram(
        string program,
        string home,
        IReadOnlyDictionary<string, string>? environment,
        params string[] arguments
    )
    {
        var start = ProgramStart.Of(program, home, environment, arguments);
        return new HoldfastProcess(Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start."));
    }

    /// <summary>Runs to the end.</summary>
    public static async Task<Ended> RunAsync(string home, IReadOnlyDictionary<string, string>? environment, params string[] arguments)
    {
        using var process = Start(home, environment, arguments);
        return await process.EndAsync();
    }

    public async Task<Ended> EndAsync()
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        late.CancelAfter(Patience);
        var output = await Output.ReadToEndAsync(late.Token);
        await _process.WaitForExitAsync(late.Token);
        return new Ended(_process.ExitCode, output, Error);
    }

    public async Task TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Ends it at once, as a power cut would (SIGKILL).</summary>
    public void Kill() => _process.Kill();

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    internal sealed record Ended(int ExitCode, string Output, string Error)
    {
        public JsonElement Json => JsonDocument.Parse(Output).RootElement;

        public Ended Succeeds()
        {
            Assert.True(ExitCode == 0, $"exit {ExitCode}: {Error}{Output}");
            return this;
        }
    }
}
