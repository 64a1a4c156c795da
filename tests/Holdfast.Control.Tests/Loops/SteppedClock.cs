using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Control.Tests.Loops;

/// <summary>A clock that stands still until somebody waits by it: whoever moves it knows that nobody misses that.</summary>
internal sealed class SteppedClock : FakeTimeProvider
{
    private readonly Channel<TimeSpan> _waits = Channel.CreateUnbounded<TimeSpan>();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            _waits.Writer.TryWrite(dueTime);
        }

        return timer;
    }

    /// <summary>Lets time pass once for the next that waits.</summary>
    public async Task StepAsync(TimeSpan by)
    {
        await _waits.Reader.ReadAsync(TestContext.Current.CancellationToken);
        Advance(by);
    }
}
