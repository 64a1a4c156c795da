using System.Runtime.CompilerServices;

namespace Holdfast.Engine.Basics;

/// <summary>
/// Bytes a second that all who share this may move together. While more than one job asks, each moves as many bytes as the others, however
/// many requests it has under way; what one does not use, the others have. A request is served whole, so jobs differ by a request's bytes.
/// The limit can be changed at any time; who waits then goes on by the new one. What was not used is not saved up.
/// </summary>
/// <remarks>Start-time fair queueing (Goyal, Vin and Cheng, 1996) with equal weights.</remarks>
public sealed class RateLimit(TimeProvider clock)
{
    private static readonly object Nobody = new();

    private readonly Lock _lock = new();
    private readonly SortedSet<Turn> _waiting = [];

    /// <summary>Where a job's next turn begins at the earliest, in bytes that were served; goes with the job.</summary>
    private readonly ConditionalWeakTable<object, StrongBox<long>> _ends = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _bytesPerSecond;
    private long _asked;
    private long _waitingBytes;

    /// <summary>Where the newest turn that was served began.</summary>
    private long _position;

    /// <summary>Bytes that were served and are not paid for by time that went by. Below 0 where whoever waits was woken late: that is made
    /// up for.</summary>
    private double _owed;
    private long _paidAt = clock.GetTimestamp();

    /// <summary>0 or more; 0, the default, for no limit.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public long BytesPerSecond
    {
        get => Interlocked.Read(ref _bytesPerSecond);
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            lock (_lock)
            {
                Pay();
                Interlocked.Exchange(ref _bytesPerSecond, value);
                TellThatItChanged();
            }
        }
    }

    /// <summary>How many wait for a turn.</summary>
    internal int Waiting
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Returns when it is the caller's turn to move so many bytes: at once where nobody is before it.</summary>
    /// <param name="job">Whose share it comes from; null for that of all who work for no job.</param>
    public async ValueTask WaitAsync(object? job, long bytes, CancellationToken cancel)
    {
        if (BytesPerSecond == 0)
            return;

        var turn = Ask(job ?? Nobody, bytes);
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
            GiveUp(turn);
        }
    }

    private Turn Ask(object job, long bytes)
    {
        lock (_lock)
        {
            Pay();
            var end = _ends.GetOrCreateValue(job);
            var begin = Math.Max(_position, end.Value);
            end.Value = begin + bytes;
            var turn = new Turn(begin, _asked++, bytes);
            _waiting.Add(turn);
            _waitingBytes += bytes;
            return turn;
        }
    }

    /// <summary>How long it is to be waited at the most before this is asked again; null when it is the caller's turn, which it has then
    /// had.</summary>
    private (TimeSpan Wait, Task Changed)? Due(Turn turn)
    {
        lock (_lock)
        {
            Pay();
            var isNext = _waiting.Min == turn;
            if (_owed <= 0 && (isNext || _bytesPerSecond == 0))
            {
                Remove(turn);
                _position = Math.Max(_position, turn.Begin);
                _owed += _bytesPerSecond == 0 ? 0 : turn.Bytes;
                return null;
            }

            // Rounded up: a timer that is early by a fraction would go round and round.
            var seconds = Math.Min(_owed / _bytesPerSecond, TimeSpan.FromHours(1).TotalSeconds);
            return (isNext ? TimeSpan.FromMilliseconds(Math.Ceiling(seconds * 1000)) : Timeout.InfiniteTimeSpan, _changed.Task);
        }
    }

    /// <summary>Nothing where the turn was had.</summary>
    private void GiveUp(Turn turn)
    {
        lock (_lock)
        {
            Pay();
            Remove(turn);
        }
    }

    /// <summary>To be called in the lock.</summary>
    private void Remove(Turn turn)
    {
        if (!_waiting.Remove(turn))
            return;

        _waitingBytes -= turn.Bytes;
        TellThatItChanged();
    }

    /// <summary>What time has paid up to now, which is never more than what is waited for. To be called in the lock.</summary>
    private void Pay()
    {
        var now = clock.GetTimestamp();
        var elapsed = clock.GetElapsedTime(_paidAt, now).TotalSeconds;
        _owed = _bytesPerSecond == 0 ? 0 : Math.Max(-_waitingBytes, _owed - (elapsed * _bytesPerSecond));
        _paidAt = now;
    }

    /// <summary>Whoever waits looks again. To be called in the lock.</summary>
    private void TellThatItChanged()
    {
        var changed = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.SetResult();
    }

    /// <summary>What waits, in the order in which it is served.</summary>
    private sealed record Turn(long Begin, long Number, long Bytes) : IComparable<Turn>
    {
        public int CompareTo(Turn? other) => other is null ? 1 : (Begin, Number).CompareTo((other.Begin, other.Number));
    }
}
