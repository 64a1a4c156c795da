using System.Diagnostics;
using Holdfast.Testing;

namespace Holdfast.SystemTests;

/// <summary>
/// The verbs that work without a service stay fit for being compiled ahead of time. Publishing so takes minutes: it is done where
/// <c>CI</c> or <c>HOLDFAST_TEST_AOT</c> is set.
/// </summary>
public sealed class AheadOfTimeTests : IDisposable
{
    private readonly TempFolder _home = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task A_native_executable_makes_lists_and_restores_backups()
    {
        Assert.SkipUnless(
            Environment.GetEnvironmentVariable("CI") == "true" || Environment.GetEnvironmentVariable("HOLDFAST_TEST_AOT") == "1",
            "Takes minutes: set HOLDFAST_TEST_AOT=1 (or CI=true) to publish ahead of time."
        );
        Assert.SkipUnless(
            await HasCompilerAsync(),
            "The compiler of native code is not to be had, or there is no clang or gcc to link with."
        );

        var published = await RunAsync(
            "dotnet",
            "publish",
            Path.Combine(CopySources(), "src/Holdfast/Holdfast.csproj"),
            "-p:PublishAot=true",
            "-p:TreatWarningsAsErrors=false",
            "-c",
            "Release",
            "-r",
            "linux-x64",
            "-o",
            _home["native"],
            "-nodeReuse:false"
        );
        Assert.True(published.Code == 0, published.Output);
        var volume = _home.File("a.img", [.. Enumerable.Repeat((byte)7, 3 << 20), 1, 2, 3]);

        await HoldfastAsync("repo", "init");
        await HoldfastAsync("backup", "create", "--source", volume);
        var listed = await HoldfastAsync("backup", "list");
        await HoldfastAsync("backup", "restore", "latest", "--to", _home["b.img"]);

        Assert.Contains(volume, listed, StringComparison.Ordinal);
        Assert.Equal(await File.ReadAllBytesAsync(volume, Cancel), await File.ReadAllBytesAsync(_home["b.img"], Cancel));
    }

    /// <summary>Restores a project that asks for the compiler and nothing else: the registry may be away.</summary>
    private async Task<bool> HasCompilerAsync()
    {
        Directory.CreateDirectory(_home["probe"]);
        var project = _home["probe", "probe.csproj"];
        await File.WriteAllTextAsync(
            project,
            """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <RuntimeIdentifier>linux-x64</RuntimeIdentifier>
                <PublishAot>true</PublishAot>
              </PropertyGroup>
            </Project>
            """,
            Cancel
        );
        return (await RunAsync("dotnet", "restore", project)).Code == 0
            && (await RunAsync("bash", "-c", "command -v clang || command -v gcc")).Code == 0;
    }

    /// <summary>Publishing for a runtime identifier would write it into the lock files of the sources.</summary>
    private string CopySources()
    {
        var target = _home["sources"];
        var files = Directory
            .EnumerateFiles(RepositoryRoot.Path)
            .Concat(Directory.EnumerateFiles(Path.Combine(RepositoryRoot.Path, "src"), "*", SearchOption.AllDirectories))
            .Where(file => Path.GetFileName(file) != "packages.lock.json");
        foreach (var file in files)
        {
            var copy = Path.Combine(target, Path.GetRelativePath(RepositoryRoot.Path, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy) ?? target);
            File.Copy(file, copy);
        }

        return target;
    }

    private async Task<string> HoldfastAsync(params string[] arguments)
    {
        var ended = await RunAsync(_home["native/holdfast"], [.. arguments, "--repository", _home["repo"], "--key", _home["key"]]);
        Assert.True(ended.Code == 0, $"{string.Join(' ', arguments)} ended with {ended.Code}: {ended.Output}");
        return ended.Output;
    }

    private static async Task<(int Code, string Output)> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        var error = process.StandardError.ReadToEndAsync(Cancel);
        var output = await process.StandardOutput.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        return (process.ExitCode, output + await error);
    }
}
