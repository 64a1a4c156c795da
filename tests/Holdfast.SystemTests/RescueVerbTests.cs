using Holdfast.Testing;

namespace Holdfast.SystemTests;

/// <summary>The program that restores, kept in a repository by the command line.</summary>
public sealed class RescueVerbTests : IDisposable
{
    private readonly TempFolder _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task A_file_is_put_listed_and_got_as_a_program()
    {
        await InitAsync();
        _home.File("holdfast-rescue", "#!/bin/sh\necho restores\n"u8.ToArray());

        var put = (await RescueAsync("put", _home["holdfast-rescue"])).Succeeds();
        var listed = (await RescueAsync("list", "--json")).Succeeds().Json[0];
        var got = (await RescueAsync("get", "--to", _home["got"])).Succeeds();

        Assert.Equal(("holdfast-rescue", 24), (listed.GetProperty("name").GetString(), listed.GetProperty("bytes").GetInt32()));
        Assert.Contains(listed.GetProperty("sha256").GetString()!, put.Output, StringComparison.Ordinal);
        Assert.Contains("as it was put", got.Output, StringComparison.Ordinal);
        Assert.Equal(await File.ReadAllBytesAsync(_home["holdfast-rescue"], Cancel), await File.ReadAllBytesAsync(_home["got"], Cancel));
        Assert.True(File.GetUnixFileMode(_home["got"]).HasFlag(UnixFileMode.UserExecute));
    }

    [Fact]
    public async Task What_somebody_else_put_there_is_not_given()
    {
        await InitAsync();
        _home.File("holdfast-rescue", "#!/bin/sh\necho restores\n"u8.ToArray());
        (await RescueAsync("put", _home["holdfast-rescue"])).Succeeds();
        await File.WriteAllTextAsync(_home["repo/rescue/holdfast-rescue"], "#!/bin/sh\necho formats!\n", Cancel);

        var got = await RescueAsync("get", "--to", _home["got"]);

        Assert.Equal(1, got.ExitCode);
        Assert.Contains("is not the file that was put", got.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_home["got"]));
    }

    [Fact]
    public async Task A_file_that_is_there_is_not_written_over_and_one_that_is_not_kept_is_told()
    {
        await InitAsync();
        _home.File("tool", "tool"u8.ToArray());
        _home.File("mine", "mine"u8.ToArray());
        var none = await RescueAsync("get");
        (await RescueAsync("put", _home["tool"])).Succeeds();

        var over = await RescueAsync("get", "--to", _home["mine"]);
        var other = await RescueAsync("get", "another");

        Assert.Equal((1, 1, 1), (none.ExitCode, over.ExitCode, other.ExitCode));
        Assert.Contains("repo rescue put", none.Error, StringComparison.Ordinal);
        Assert.Equal("mine", await File.ReadAllTextAsync(_home["mine"], Cancel));
        Assert.Contains("'another'", other.Error, StringComparison.Ordinal);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private async Task InitAsync() =>
        (
            await HoldfastProcess.RunAsync(_home.FullPath, null, "repo", "init", "--repository", _home["repo"], "--key", _home["key"])
        ).Succeeds();

    private Task<HoldfastProcess.Ended> RescueAsync(params string[] words) =>
        HoldfastProcess.RunAsync(_home.FullPath, null, ["repo", "rescue", .. words, "--repository", _home["repo"], "--key", _home["key"]]);
}
