using Holdfast.Engine.Index;
using Holdfast.Testing;

namespace Holdfast.Engine.Tests.Index;

public sealed class IndexNamesTests
{
    private readonly JumpingClock _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public void Each_name_stands_after_all_before_it_whatever_the_clock_says()
    {
        var names = new IndexNames(_clock);
        var made = new List<Guid>();
        foreach (var jump in (int[])[0, 0, 400, -9000, 0, 1, -1, 0])
        {
            _clock.Jump(TimeSpan.FromDays(jump));
            made.Add(names.Next());
        }

        Assert.Equal(made.Order(), made);
        Assert.Equal(made.Order(), made.OrderBy(name => name.ToString("N"), StringComparer.Ordinal));
        Assert.All(made, name => Assert.Equal(7, name.Version));
    }

    [Theory]
    [InlineData("0195a3b0-0000-7000-8000-000000000000")]
    [InlineData("1195a3b0-0000-7000-8000-000000000000")]
    [InlineData("f195a3b0-0000-7000-8000-000000000000")]
    [InlineData("fffffffe-ffff-7fff-bfff-ffffffffffff")]
    public void A_new_name_stands_after_those_that_were_seen(string seen)
    {
        var names = new IndexNames(_clock);
        names.Saw([Guid.Empty, Guid.Parse(seen)]);

        Assert.True(names.Next() > Guid.Parse(seen));
    }

    [Fact]
    public void A_name_like_another_stands_between_its_neighbours()
    {
        var names = new IndexNames(_clock);
        var (before, it, after) = (names.Next(), names.Next(), names.Next());

        var like = IndexNames.Like(it);

        Assert.NotEqual(it, like);
        Assert.Equal([before, like, after], new[] { after, like, before }.Order());
    }
}
