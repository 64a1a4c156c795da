using Holdfast.Testing;

namespace Holdfast.SystemTests;

/// <summary>What shells and scripts do to a program: streams that are full, closed or without a reader, and names that are no
/// text.</summary>
public sealed class ShellTests : IDisposable
{
    private readonly TempFolder _home = new();

    public void Dispose() => _home.Dispose();

    [Theory]
    [InlineData(1, "$H backup list --repository none --key none 2>/dev/full")]
    [InlineData(1, "$H backup list --repository none --key none 2>&-")]
    [InlineData(1, "$H backup list --repository none --key none 1>&-")]
    [InlineData(1, "$H backup list --repository none --key none >/dev/full 2>&1")]
    [InlineData(1, "$H backup list --repository none --key none <&- >&- 2>&-")]
    [InlineData(2, "$H nonsense 2>/dev/full")]
    [InlineData(2, "$H nonsense 2>&-")]
    [InlineData(2, "$H 2>/dev/full")]
    [InlineData(1, "$H --version >/dev/full")]
    [InlineData(1, "$H --version 1>&-")]
    [InlineData(0, "$H --version 2>&-")]
    [InlineData(1, "$H --help >/dev/full")]
    [InlineData(0, "$H --help | head -1")]
    public async Task The_exit_code_is_the_documented_one_whatever_the_streams_are(int code, string line)
    {
        var ended = await HoldfastProcess.ShellAsync(_home.FullPath, line);

        Assert.True(code == ended.ExitCode, $"exit {ended.ExitCode}: {ended.Error}");
        Assert.DoesNotContain("Unhandled", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Output_that_is_lost_is_told()
    {
        var ended = await HoldfastProcess.ShellAsync(_home.FullPath, "$H repo init --repository r --key k --json >/dev/full");

        Assert.Equal(1, ended.ExitCode);
        Assert.StartsWith("holdfast: standard output cannot be written (No space left on device", ended.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--source $'d\\xff.img' --repository r --key k", @"$'d\xff.img' is not UTF-8")]
    [InlineData("--source disk.img --repository $'r\\xe9' --key k", @"$'r\xe9' is not UTF-8")]
    [InlineData("--source file:///srv/d%ff.img --repository r --key k", "not UTF-8")]
    public async Task A_name_that_is_not_utf8_is_told_by_its_bytes(string options, string told)
    {
        var ended = await HoldfastProcess.ShellAsync(_home.FullPath, $"$H backup create {options}");

        Assert.Equal(2, ended.ExitCode);
        Assert.Contains(told, ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_to_a_file_whose_name_is_not_utf8_is_backed_up() =>
        (
            await HoldfastProcess.ShellAsync(
                _home.FullPath,
                "$H repo init --repository r --key k && truncate -s 1M $'d\\xff.img' && ln -s $'d\\xff.img' link.img"
                    + " && $H backup create --source link.img --repository r --key k && rm $'d\\xff.img'"
            )
        ).Succeeds();
}
