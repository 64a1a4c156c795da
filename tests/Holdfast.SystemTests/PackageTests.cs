using Holdfast.Testing;

namespace Holdfast.SystemTests;

/// <summary>What users install works in an empty Debian, also as systemd starts it: <c>packaging/test</c> tries it.</summary>
public sealed class PackageTests
{
    [Fact]
    public async Task The_packages_install_work_and_go_in_an_empty_Debian()
    {
        Packages.SkipUnlessMade();
        Assert.SkipUnless(Environment.UserName == "root", "Makes a root file system: run it as root.");

        var tried = await Packages.RunAsync(Path.Combine(RepositoryRoot.Path, "packaging/test"));

        Assert.True(tried.Code == 0, tried.Output);
        Assert.Contains("packages: all is well in bookworm", tried.Output, StringComparison.Ordinal);
    }
}
