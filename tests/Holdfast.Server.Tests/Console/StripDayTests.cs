using Holdfast.Control.Protection;
using Holdfast.Server.Console;

namespace Holdfast.Server.Tests.Console;

/// <summary>A day's worst outcome is what a strip shows of it, and its words tell all.</summary>
public sealed class StripDayTests
{
    [Theory]
    [InlineData(3, 0, 0, 0, "good", "✓")]
    [InlineData(0, 0, 0, 0, "idle", "·")]
    [InlineData(3, 0, 1, 0, "warn", "S")]
    [InlineData(3, 0, 1, 2, "bad", "O")]
    [InlineData(0, 0, 0, 2, "bad", "O")]
    [InlineData(3, 1, 1, 2, "bad", "F")]
    public void The_worst_is_shown(int succeeded, int failed, int skipped, int overdue, string mood, string letter)
    {
        var day = StripDay.Of([DayOf(succeeded, failed, skipped, overdue), DayOf()], overdue: 0)[0];

        Assert.Equal((mood, letter), (day.Mood, day.Letter));
        Assert.Equal(overdue > 0, day.Text.EndsWith(", 2 volumes overdue", StringComparison.Ordinal));
    }

    /// <summary>What is overdue now says nothing of yesterday; what was missed today may be made up for, and was missed.</summary>
    [Fact]
    public void What_is_overdue_now_is_shown_today_alone()
    {
        var days = StripDay.Of([DayOf(), DayOf(overdue: 1)], overdue: 5);

        Assert.Equal(["·", "O"], days.Select(day => day.Letter));
        Assert.EndsWith(", 5 volumes overdue", days[1].Text, StringComparison.Ordinal);
        Assert.Equal("O", StripDay.Of([DayOf(overdue: 1)], overdue: 0)[0].Letter);
    }

    private static DayFigures DayOf(long succeeded = 0, long failed = 0, long skipped = 0, long overdue = 0) =>
        new(new DateOnly(2026, 11, 23), succeeded, failed, skipped, overdue, BytesRead: 0, BytesNew: 0, BytesStored: 0);
}
