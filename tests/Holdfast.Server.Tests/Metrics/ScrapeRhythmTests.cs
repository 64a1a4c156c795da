using Holdfast.Server.Metrics;

namespace Holdfast.Server.Tests.Metrics;

/// <summary>When the next scrape is expected.</summary>
public sealed class ScrapeRhythmTests
{
    [Fact]
    public void One_who_scrapes_is_foretold_from_the_third_scrape_on() =>
        Assert.Equal([null, null, 30, 30, 30], Foretold(0, 30, 60, 90, 120));

    [Fact]
    public void Two_who_take_turns_are_foretold_too() =>
        Assert.Equal([null, null, 12, 18, 12, 18], Foretold(0, 12, 30, 42, 60, 72));

    /// <summary>The two that come at once share a look as it is.</summary>
    [Fact]
    public void Of_two_who_come_nearly_at_once_the_first_is_foretold() =>
        Assert.Equal([null, null, null, 29, null, 29], Foretold(0, 1, 30, 31, 60, 61));

    [Fact]
    public void Who_asks_again_and_again_or_hardly_ever_is_not_waited_for()
    {
        Assert.All(Foretold(0, 1, 2, 3, 4), Assert.Null);
        Assert.All(Foretold(0, 1000, 2000, 3000), Assert.Null);
    }

    [Fact]
    public void One_who_stays_away_and_comes_again_is_foretold_again() =>
        Assert.Equal([null, null, 30, 30, null, 30], Foretold(0, 30, 60, 5000, 5030, 5060));

    private static double?[] Foretold(params int[] seconds)
    {
        var rhythm = new ScrapeRhythm();
        return [.. seconds.Select(at => rhythm.Note(TimeSpan.FromSeconds(at))?.TotalSeconds)];
    }
}
