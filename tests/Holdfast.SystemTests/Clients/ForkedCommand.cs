using System.Diagnostics;
using Holdfast.Testing;

namespace Holdfast.SystemTests.Clients;

/// <summary>
/// A command line that is written in Python, imported once for many runs: a start of its own takes a core for one and a half seconds, and
/// tests run it hundreds of times. <c>forked.py</c> says how.
/// </summary>
internal sealed class ForkedCommand : IDisposable
{
    private static readonly string Script = System.IO.Path.Combine(RepositoryRoot.Path, "tests/Holdfast.SystemTests/Clients/forked.py");

    private readonly Process _server;

    private ForkedCommand(Process server, string path) => (_server, Path) = (server, path);

    /// <summary>The executable, in a folder in which there is nothing else to be started.</summary>
    public string Path { get; }

    public string Folder => System.IO.Path.GetDirectoryName(Path) ?? "/";

    /// <param name="home">The HOME of what is imported; a folder is made in it.</param>
    /// <param name="name">As the command is called.</param>
    /// <param name="modules">What is imported. The first one has its <c>main</c>.</param>
    public static async Task<ForkedCommand> StartAsync(string home, string name, params string[] modules)
    {
        var folder = Directory.CreateDirectory(System.IO.Path.Combine(home, "forked")).FullName;
        var start = ProgramStart.Of(ClientProgram.Python, home, null, [Script, "serve", folder, name, .. modules]);
        start.RedirectStandardError = false;
        var server = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start.");
        var said = await server.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        return said == "ready"
            ? new ForkedCommand(server, System.IO.Path.Combine(folder, name))
            : throw new InvalidOperationException($"{Script} cannot serve {name}: {said ?? "see standard error"}.");
    }

    /// <summary>It serves as long as its standard input is open.</summary>
    public void Dispose()
    {
        _server.StandardInput.Close();
        _server.WaitForExit();
        _server.Dispose();
    }
}
