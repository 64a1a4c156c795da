using Holdfast.Testing;

namespace Holdfast.SystemTests;

public sealed class DemoTests : IDisposable
{
    private readonly TempFolder _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task The_demo_protects_fires_twice_restores_and_compares()
    {
        var ended = (
            await HoldfastProcess.RunAsync(
                _home.FullPath,
                null,
                "demo",
                "--exit",
                "--data",
                _home["demo"],
                "--listen",
                RunningService.AnyPort
            )
        ).Succeeds();

        Assert.Equal(2, ended.Output.Split("\"status\": \"EXECUTE_SUCCESS\"").Length - 1);
        Assert.Contains("bytes are equal", ended.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("curl ", ended.Output, StringComparison.Ordinal);
        Assert.EndsWith($"can be deleted: rm -r {_home["demo"]}\n", ended.Output, StringComparison.Ordinal);
        Assert.Equal(
            await File.ReadAllBytesAsync(_home["demo", "volume.kept.img"], TestContext.Current.CancellationToken),
            await File.ReadAllBytesAsync(_home["demo", "restored.img"], TestContext.Current.CancellationToken)
        );
    }

    [Fact]
    public async Task A_demo_whose_port_is_taken_leaves_no_folder()
    {
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();

        var ended = await HoldfastProcess.RunAsync(
            _home.FullPath,
            null,
            "demo",
            "--exit",
            "--data",
            _home["demo"],
            "--listen",
            $"http://{taken.LocalEndpoint}"
        );

        Assert.Equal(1, ended.ExitCode);
        Assert.False(Directory.Exists(_home["demo"]));
    }

    [Fact]
    public async Task A_folder_that_holds_something_is_not_the_demos_to_use()
    {
        _home.File("mine.txt", [1]);

        var ended = await HoldfastProcess.RunAsync(_home.FullPath, null, "demo", "--exit", "--data", _home.FullPath);

        Assert.Equal(1, ended.ExitCode);
        Assert.Contains(_home.FullPath, ended.Error, StringComparison.Ordinal);
        Assert.Equal(["mine.txt"], Directory.EnumerateFileSystemEntries(_home.FullPath).Select(Path.GetFileName));
    }
}
