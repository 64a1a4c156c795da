using System.Text;
using Holdfast.Testing;

namespace Holdfast.SystemTests;

/// <summary>Lists as values for programs, and as tables that are longer than the screen of a terminal.</summary>
public sealed class OutputTests : IDisposable
{
    private const string On = "--repository r --key k";

    private readonly TempFolder _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task Values_are_bytes_of_utf8_without_a_mark_and_not_paged()
    {
        var ended = await HoldfastProcess.ShellAsync(
            _home.FullPath,
            $"$H repo init {On} && $H repo key add {On} --new-key second --label '=größer, \"oder\"' && "
                + $"HOLDFAST_PAGER='tee paged' $H repo key list {On} --output csv >list.csv"
        );

        ended.Succeeds();
        var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(await ReadAsync("list.csv"));
        var lines = text.Split("\r\n");
        Assert.Equal("id,kind,label,created_at,used", lines[0]);
        Assert.Matches("^[0-9a-f]+,key-file,first,[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z,true$", lines[1]);
        Assert.Contains(",\"'=größer, \"\"oder\"\"\",", lines[2], StringComparison.Ordinal);
        Assert.Equal(["", lines[0], lines[1], lines[2]], [lines[^1], .. lines[..^1]]);
        Assert.False(File.Exists(_home["paged"]));
    }

    [Fact]
    public async Task A_table_that_is_longer_than_the_screen_goes_through_the_pager_in_its_colours()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "There is no 'script' here, which makes terminals.");
        var ended = await HoldfastProcess.ShellAsync(
            _home.FullPath,
            $"""
            $H repo init {On}
            screen() {"{"} TERM=xterm-256color script -qec "stty rows $1 cols 100; $2; echo exit \$?" /dev/null </dev/null; {"}"}
            screen 4 "HOLDFAST_PAGER='tee long' $H repo key list {On}" >told
            screen 40 "HOLDFAST_PAGER='tee short' $H repo key list {On}" >>told
            screen 4 "HOLDFAST_PAGER='tee whole' $H repo key list {On} --no-pager" >>told
            screen 4 "HOLDFAST_PAGER='head -1' $H repo key list {On}" >>told
            screen 4 "PAGER=no-such-pager $H repo key list {On}" >plain
            PAGER='tee redirected' TERM=xterm-256color $H repo key list {On} >/dev/null
            """
        );

        ended.Succeeds();
        Assert.Contains("\e[1mLabel\e[0m", Encoding.UTF8.GetString(await ReadAsync("long")), StringComparison.Ordinal);
        Assert.All(["short", "whole", "redirected"], name => Assert.False(File.Exists(_home[name]), name));
        Assert.Equal(4, Encoding.UTF8.GetString(await ReadAsync("told")).Split("exit 0").Length - 1);
        var plain = Encoding.UTF8.GetString(await ReadAsync("plain"));
        Assert.Contains("Label", plain, StringComparison.Ordinal);
        Assert.Contains("exit 0", plain, StringComparison.Ordinal);
    }

    private Task<byte[]> ReadAsync(string name) => File.ReadAllBytesAsync(_home[name], TestContext.Current.CancellationToken);
}
