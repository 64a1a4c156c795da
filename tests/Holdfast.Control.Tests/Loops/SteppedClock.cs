using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Control.Tests.Loops;

/// <summary>A clock that stands still until somebody waits by it: whoever moves it knows that nobody misses that.</summary>
internal sealed class SteppedClock : FakeTimeProvider
{
    /// <summary>Only ends a test for whose clock nobody waits who should.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

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
        var cancel = TestContext.Current.CancellationToken;
        await _waits.Reader.ReadAsync(cancel).AsTask().WaitAsync(Patience, TimeProvider.System, cancel);
        Advance(by);
    }
}
