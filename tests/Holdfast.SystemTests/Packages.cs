using System.Diagnostics;
using Holdfast.Testing;

namespace Holdfast.SystemTests;

/// <summary>What <c>packaging/build</c> has made, for the tests of it. It takes minutes: <c>.ci/run</c> does it, and says so.</summary>
internal static class Packages
{
    public static string Debian =>
        Directory.EnumerateFiles(Path.Combine(RepositoryRoot.Path, "artifacts/packages"), "holdfast_*_amd64.deb").Single();

    public static void SkipUnlessMade() =>
        Assert.SkipUnless(
            Environment.GetEnvironmentVariable("HOLDFAST_TEST_PACKAGES") == "1",
            "Needs the packages: run 'packaging/build single deb rescue', and set HOLDFAST_TEST_PACKAGES=1."
        );

    public static async Task<(int Code, string Output)> RunAsync(string program, params string[] arguments)
    {
        var cancel = TestContext.Current.CancellationToken;
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        var error = process.StandardError.ReadToEndAsync(cancel);
        var output = await process.StandardOutput.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel);
        return (process.ExitCode, output + await error);
    }
}
