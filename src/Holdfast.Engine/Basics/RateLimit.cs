namespace Holdfast.Engine.Basics;

/// <summary>
/// Bytes a second that all who share this may move together. They are served in the order in which they ask, each its whole number of
/// bytes, so nobody starves. The limit can be changed at any time; who waits then goes on by the new one. What was not used is not saved
/// up.
/// </summary>
public sealed class RateLimit(TimeProvider clock)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _bytesPerSecond;
    private double _asked;
    private double _served;
    private long _servedAt = clock.GetTimestamp();
    private int _waiting;

    /// <summary>0 or more; 0, the default, for no limit.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public long BytesPerSecond
    {
        get => Interlocked.Read(ref _bytesPerSecond);
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            TaskCompletionSource changed;
            lock (_lock)
            {
                Serve();
                Interlocked.Exchange(ref _bytesPerSecond, value);
                (changed, _changed) = (_changed, new(TaskCreationOptions.RunContinuationsAsynchronously));
            }

            changed.SetResult();
        }
    }

    /// <summary>Whether somebody waits for a turn.</summary>
    internal bool IsAwaited => Volatile.Read(ref _waiting) > 0;

    /// <summary>Returns when it is the caller's turn to move so many bytes: at once where nobody is before it.</summary>
    public async ValueTask WaitAsync(long bytes, CancellationToken cancel)
    {
        if (BytesPerSecond == 0)
            return;

        double turn;
        lock (_lock)
        {
            Serve();
            turn = _asked;
            _asked += bytes;
        }

        Interlocked.Increment(ref _waiting);
        try
        {
            while (Due(turn) is { } due)
            {
                // Whichever comes first; the other must not outlive this.
                using var waited = CancellationTokenSource.CreateLinkedTokenSource(cancel);
                await Task.WhenAny(Task.Delay(due.Wait, clock, waited.Token), due.Changed);
                await waited.CancelAsync();
                cancel.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>How long it is to be waited at the most before this is asked again; null when it is the caller's turn.</summary>
    private (TimeSpan Wait, Task Changed)? Due(double turn)
    {
        lock (_lock)
        {
            Serve();
            if (_served >= turn)
                return null;

            // Rounded up: a timer that is early by a fraction would go round and round.
            var seconds = Math.Min((turn - _served) / _bytesPerSecond, TimeSpan.FromHours(1).TotalSeconds);
            return (TimeSpan.FromMilliseconds(Math.Ceiling(seconds * 1000)), _changed.Task);
        }
    }

    /// <summary>What has been served up to now. To be called in the lock.</summary>
    private void Serve()
    {
        var now = clock.GetTimestamp();
        var elapsed = clock.GetElapsedTime(_servedAt, now).TotalSeconds;
        _served = _bytesPerSecond == 0 ? _asked : Math.Min(_asked, _served + (elapsed * _bytesPerSecond));
        _servedAt = now;
    }
}
