using Holdfast.Terminal;

namespace Holdfast.Tests.Terminal;

public sealed class ProgressLineTests
{
    private const int Wide = 200;

    [Fact]
    public void A_line_shows_part_rate_time_left_and_detail() =>
        Assert.Equal(
            " 50 % [############............] 1 GiB of 2 GiB, 512 MiB/s, 2 s left, 3 MiB stored",
            ProgressLine.Render(1L << 30, 2L << 30, TimeSpan.FromSeconds(2), ", 3 MiB stored", Wide)
        );

    [Fact]
    public void A_line_of_an_empty_volume_is_full() =>
        Assert.StartsWith("100 % [########################]", ProgressLine.Render(0, 0, TimeSpan.Zero, "", Wide), StringComparison.Ordinal);

    [Theory]
    [InlineData(60, " 50 % [#########.........] 1 GiB of 2 GiB, 1 GiB/s, 1 s left")]
    [InlineData(40, " 50 % 1 GiB of 2 GiB, 1 GiB/s, 1 s left")]
    public void The_bar_takes_what_a_narrow_terminal_leaves(int width, string line) =>
        Assert.Equal(line, ProgressLine.Render(1L << 30, 2L << 30, TimeSpan.FromSeconds(1), "", width));

    [Theory]
    [InlineData(1, 100, 1, ", 1 min 39 s left")]
    [InlineData(50, 100, 7200, ", 2 h 00 min left")]
    [InlineData(99, 100, 10, ", 1 s left")]
    [InlineData(50, 100, 0.5, "")] // too early to say
    [InlineData(0, 100, 60, "")] // nothing yet
    [InlineData(100, 100, 60, "")] // nothing more
    [InlineData(120, 100, 60, "")] // it grew
    [InlineData(1, long.MaxValue, 60, "")] // no rate stays for ages
    public void Time_is_left_at_the_rate_so_far_where_that_can_be_said(long done, long total, double seconds, string text) =>
        Assert.Equal(text, ProgressLine.Left(done, total, TimeSpan.FromSeconds(seconds)));
}
