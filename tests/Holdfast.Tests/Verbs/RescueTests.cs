using Holdfast.Running;
using Holdfast.Testing;

namespace Holdfast.Tests.Verbs;

/// <summary>The verbs of <c>holdfast-rescue</c>, on a repository that <c>holdfast</c> made. What is compiled ahead of time is tried by
/// <c>packaging/test</c>.</summary>
public sealed class RescueTests : IDisposable
{
    private readonly TempFolder _home = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string[] On => ["--repository", _home["repo"], "--key", _home["key"]];

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task A_backup_is_listed_checked_and_restored()
    {
        var volume = _home.File("a.img", [.. Enumerable.Repeat((byte)7, 1 << 20), 1, 2, 3]);
        Assert.Equal(ExitCode.Done, await CommandTree.InvokeAsync(["repo", "init", .. On], Cancel));
        Assert.Equal(ExitCode.Done, await CommandTree.InvokeAsync(["backup", "create", "--source", volume, .. On], Cancel));

        Assert.Equal(ExitCode.Done, await RescueAsync(["list", .. On]));
        Assert.Equal(ExitCode.Done, await RescueAsync(["check", "--read", .. On]));
        Assert.Equal(ExitCode.Done, await RescueAsync(["restore", "latest", "--volume", volume, "--to", _home["b.img"], .. On]));

        Assert.Equal(await File.ReadAllBytesAsync(volume, Cancel), await File.ReadAllBytesAsync(_home["b.img"], Cancel));

        foreach (var pack in Directory.EnumerateFiles(_home["repo"], "*", SearchOption.AllDirectories).Where(IsOfPacks))
        {
            File.Delete(pack);
        }

        Assert.Equal(ExitCode.Failed, await RescueAsync(["check", .. On]));
    }

    [Theory]
    [InlineData("list")]
    [InlineData("restore", "latest", "--repository", "repo")]
    [InlineData("restore", "latest", "--to", "b.img")]
    [InlineData("prune", "--repository", "repo")]
    [InlineData()]
    public async Task What_cannot_be_meant_is_wrong_usage(params string[] args) =>
        Assert.Equal(ExitCode.WrongUsage, await RescueAsync(args));

    private static Task<int> RescueAsync(params string[] args) => RescueProgram.InvokeAsync(args, Cancel);

    private bool IsOfPacks(string file) =>
        Path.GetRelativePath(_home["repo"], file).StartsWith("data", StringComparison.Ordinal);
}
