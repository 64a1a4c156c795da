using Holdfast.Testing;

namespace Holdfast.SystemTests;

/// <summary>What the Debian package installs as <c>holdfast</c> (docs/decisions/0041-verbs-ahead-of-time.md) does what the tests of the
/// verbs say.</summary>
public sealed class PackagedVerbTests : IDisposable
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

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task Verbs_that_are_compiled_ahead_of_time_pass_the_tests_of_verbs()
    {
        var executable = await UnpackAsync();

        var tested = await Packages.RunAsync(
            "env",
            [
                $"HOLDFAST_TEST_EXECUTABLE={executable}",
                Path.Combine(AppContext.BaseDirectory, "Holdfast.SystemTests"),
                .. OfVerbs.SelectMany(type => new[] { "-class", type.FullName ?? type.Name }),
            ]
        );

        Assert.True(tested.Code == 0, tested.Output);
        Assert.Matches(@"Total: [1-9]\d+, Errors: 0, Failed: 0,", tested.Output);
    }

    [Fact]
    public async Task Without_its_companion_beside_it_it_says_what_is_missing()
    {
        var executable = await UnpackAsync();
        File.Delete(executable + "-service");

        var alone = await Packages.RunAsync(executable, "serve");

        Assert.Equal(1, alone.Code);
        Assert.Contains("holdfast-service cannot be started (No such file or directory)", alone.Output, StringComparison.Ordinal);
    }

    private async Task<string> UnpackAsync()
    {
        Packages.SkipUnlessMade();
        var unpacked = await Packages.RunAsync("dpkg-deb", "--extract", Packages.Debian, _home["package"]);
        Assert.True(unpacked.Code == 0, unpacked.Output);
        return _home["package/usr/lib/holdfast/holdfast"];
    }
}
