using System.Diagnostics;
using Holdfast.Testing;

namespace Holdfast.SystemTests;

/// <summary>
/// What users install works in an empty Debian: <c>packaging/test</c> does it, with what <c>packaging/build</c> has made. It takes minutes,
/// root and a Debian mirror, so it is run by hand before a release.
/// </summary>
public sealed class PackageTests
{
    [Fact]
    public async Task The_packages_install_work_and_go_in_an_empty_Debian()
    {
        var cancel = TestContext.Current.CancellationToken;
        Assert.SkipUnless(
            Environment.GetEnvironmentVariable("HOLDFAST_TEST_PACKAGES") == "1",
            "Takes minutes: run packaging/build, then set HOLDFAST_TEST_PACKAGES=1 to install what it made in an empty Debian (as root)."
        );

        var start = new ProcessStartInfo(Path.Combine(RepositoryRoot.Path, "packaging/test"))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start.");
        var error = process.StandardError.ReadToEndAsync(cancel);
        var output = await process.StandardOutput.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel);

        Assert.True(process.ExitCode == 0, output + await error);
        Assert.EndsWith("packages: all is well", output.TrimEnd(), StringComparison.Ordinal);
    }
}
