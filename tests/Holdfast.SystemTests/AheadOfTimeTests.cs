using System.Diagnostics;
using Holdfast.Testing;

namespace Holdfast.SystemTests;

/// <summary>
/// What a package installs as <c>holdfast</c> (docs/decisions/0041-verbs-ahead-of-time.md) does what the tests of the verbs say. Publishing
/// it takes minutes: it is done where <c>CI</c> or <c>HOLDFAST_TEST_AOT</c> is set.
/// </summary>
public sealed class AheadOfTimeTests : IDisposable
{
    /// <summary>Verbs offline, with keys, at a service, those that the companion does, and what is printed of them.</summary>
    private static readonly Type[] OfVerbs =
    [
        typeof(OfflineTests),
        typeof(OfflineKeyTests),
        typeof(RescueVerbTests),
        typeof(ServiceVerbTests),
        typeof(DemoTests),
        typeof(LoginTests),
        typeof(OutputTests),
    ];

    private readonly TempFolder _home = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task Verbs_that_are_compiled_ahead_of_time_pass_the_tests_of_verbs()
    {
        Assert.SkipUnless(
            Environment.GetEnvironmentVariable("CI") == "true" || Environment.GetEnvironmentVariable("HOLDFAST_TEST_AOT") == "1",
            "Takes minutes: set HOLDFAST_TEST_AOT=1 (or CI=true) to publish ahead of time."
        );
        Assert.SkipUnless(
            await HasCompilerAsync(),
            "The compiler of native code is not to be had, or there is no clang or gcc to link with."
        );

        // What the service needs and nothing else may be unfit for it, so warnings are failures here as everywhere.
        var published = await RunAsync(
            "dotnet",
            "publish",
            Path.Combine(CopySources(), "src/Holdfast/Holdfast.csproj"),
            "-p:HoldfastVerbs=true",
            "-c",
            "Release",
            "-r",
            "linux-x64",
            "-o",
            _home["native"],
            "-nodeReuse:false"
        );
        Assert.True(published.Code == 0, published.Output);
        Assert.DoesNotContain("warning", published.Output, StringComparison.OrdinalIgnoreCase);
        var alone = await RunAsync(_home["native/holdfast"], "serve");
        Assert.Equal(1, alone.Code);
        Assert.Contains("holdfast-service cannot be started (No such file or directory)", alone.Output, StringComparison.Ordinal);

        AddCompanion();
        var tested = await RunAsync(
            "env",
            [
                $"HOLDFAST_TEST_EXECUTABLE={_home["native/holdfast"]}",
                Path.Combine(AppContext.BaseDirectory, "Holdfast.SystemTests"),
                .. OfVerbs.SelectMany(type => new[] { "-class", type.FullName ?? type.Name }),
            ]
        );

        Assert.True(tested.Code == 0, tested.Output);
        Assert.Matches(@"Total: [1-9]\d+, Errors: 0, Failed: 0,", tested.Output);
    }

    /// <summary>The executable of this build, which lies in a folder of its own.</summary>
    private void AddCompanion()
    {
        var path = _home["native/holdfast-service"];
        File.WriteAllText(path, $"#!/bin/sh\nexec '{HoldfastProcess.Executable}' \"$@\"\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
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
