namespace Holdfast.Control.Loops;

/// <summary>Cancels its token once a time of any length has passed, however the clock is set meanwhile. A timer of the framework holds 49
/// days at most.</summary>
public sealed class Deadline : IDisposable
{
    /// <summary>How long it sleeps at most before it looks how much time is left.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _source = new();
    private readonly TimeSpan _after;
    private readonly TimeProvider _clock;
    private readonly long _began;
    private readonly ITimer _timer;
    private bool _isDisposed;

    public Deadline(TimeSpan after, TimeProvider clock)
    {
        (_after, _clock, _began) = (after, clock, clock.GetTimestamp());
        _timer = clock.CreateTimer(_ => Look(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Look();
    }

    /// <summary>Cancelled when the time is over. Not before, and not by <see cref="Dispose"/>.</summary>
    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
        }

        _timer.Dispose();
        _source.Dispose();
    }

    private void Look()
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            var left = _after - _clock.GetElapsedTime(_began);
            if (left > TimeSpan.Zero)
            {
                // A timer counts whole milliseconds.
                _timer.Change(
                    TimeSpan.FromMilliseconds(Math.Ceiling(Math.Min(left.TotalMilliseconds, LongestSleep.TotalMilliseconds))),
                    Timeout.InfiniteTimeSpan
                );
                return;
            }
        }

        _source.Cancel();
    }
}
