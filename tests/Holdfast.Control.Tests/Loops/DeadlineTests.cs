using Holdfast.Control.Loops;
using Holdfast.Testing;

namespace Holdfast.Control.Tests.Loops;

public sealed class DeadlineTests
{
    [Fact]
    public void A_year_is_waited_for_whatever_the_clock_says_meanwhile()
    {
        var clock = new JumpingClock(DateTimeOffset.UnixEpoch);
        using var deadline = new Deadline(TimeSpan.FromMinutes(525_600), clock);
        clock.Jump(TimeSpan.FromDays(1000));
        Assert.False(deadline.Token.IsCancellationRequested);
        clock.Advance(TimeSpan.FromDays(365) - TimeSpan.FromSeconds(1));
        Assert.False(deadline.Token.IsCancellationRequested);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(deadline.Token.IsCancellationRequested);
    }

    [Fact]
    public void One_that_is_disposed_does_nothing_any_more()
    {
        var clock = new JumpingClock(DateTimeOffset.UnixEpoch);
        var deadline = new Deadline(TimeSpan.FromMinutes(1), clock);
        var token = deadline.Token;
        deadline.Dispose();
        clock.Advance(TimeSpan.FromMinutes(2));
        Assert.False(token.IsCancellationRequested);
    }
}
