using Holdfast.Terminal;

namespace Holdfast.Tests.Terminal;

public sealed class PagerTests
{
    [Theory]
    [InlineData("most", "more", "most")]
    [InlineData(null, "more -d", "more -d")]
    [InlineData(null, null, "less -FRX")]
    [InlineData("", "more", null)] // set to nothing: none is wanted
    [InlineData(null, "cat", null)]
    [InlineData("gone", "more", null)]
    [InlineData(null, "gone -R", null)]
    [InlineData("LESS=F gone", null, "LESS=F gone")] // the shell knows what that is
    public void Ours_comes_before_everybodys_and_that_before_the_usual_one(string? ours, string? everybodys, string? chosen) =>
        Assert.Equal(chosen, Choose(ours, everybodys, "xterm", "most", "more", "less"));

    [Fact]
    public void Without_a_pager_on_the_machine_there_is_none() => Assert.Null(Choose(null, null, "xterm"));

    [Theory]
    [InlineData("dumb")]
    [InlineData("")]
    [InlineData(null)]
    public void A_terminal_that_can_do_nothing_gets_none(string? terminal) => Assert.Null(Choose("most", null, terminal, "most"));

    [Theory]
    [InlineData("", 80, 1)]
    [InlineData("a\nb\n", 80, 2)]
    [InlineData("a\n\nb", 80, 3)]
    [InlineData("12345678901", 10, 2)]
    [InlineData("1234567890", 10, 1)]
    [InlineData("1234567890     ", 10, 1)]
    [InlineData("\e[1m1234567890\e[0m", 10, 1)]
    [InlineData("12345678901", 0, 1)]
    public void A_line_that_is_wider_than_the_terminal_takes_several_rows(string text, int width, long rows) =>
        Assert.Equal(rows, Pager.Rows(text, width));

    private static string? Choose(string? ours, string? everybodys, string? terminal, params string[] programs)
    {
        var environment = new Dictionary<string, string?>
        {
            ["HOLDFAST_PAGER"] = ours,
            ["PAGER"] = everybodys,
            ["TERM"] = terminal,
        };
        return Pager.Choose(name => environment[name], programs.Contains);
    }
}
