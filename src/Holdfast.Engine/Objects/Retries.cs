using Holdfast.Engine.Basics;

namespace Holdfast.Engine.Objects;

/// <summary>How long and how often what failed is tried again.</summary>
internal sealed record RetryOptions
{
    public static readonly RetryOptions Standard = new();

    /// <summary>From the first attempt of a call to its last. A server that is begun anew, or a network that is mended, is back by
    /// then.</summary>
    public TimeSpan Longest { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>The same where the store has never answered: more likely its address is wrong than that it will come.</summary>
    public TimeSpan LongestBeforeAnyAnswer { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>Before the second attempt; doubled before each further one. The wait is between half of it and all of it.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Attempts beyond the first that all calls together have in stock. Each call that succeeds adds a fifth of one: a store that
    /// fails one call in six for long is not given yet more to do.</summary>
    public int Stock { get; init; } = 1000;
}

/// <summary>Tries calls again whose failure says that this may help, each for a bounded time, all together from one stock.</summary>
internal sealed class Retries(RetryOptions options, TimeProvider clock)
{
    private const int FifthsAnAttempt = 5;

    private readonly Random _jitter = new(Environment.TickCount);
    private readonly Lock _lock = new();
    private int _fifths = options.Stock * FifthsAnAttempt;
    private volatile bool _hasAnswered;

    /// <param name="act">Called with the number of the attempt, from 1.</param>
    /// <param name="cancel">Ends the waiting, too.</param>
    public async ValueTask<T> RunAsync<T>(Func<int, ValueTask<T>> act, CancellationToken cancel)
    {
        var began = clock.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var result = await act(attempt);
                _hasAnswered = true;
                Earn();
                return result;
            }
            catch (HoldfastException e) when (e.Kind == FailureKind.Unavailable)
            {
                var delay = DelayAfter(attempt);
                var longest = _hasAnswered ? options.Longest : options.LongestBeforeAnyAnswer;
                if (clock.GetElapsedTime(began) + delay > longest || !Spend())
                    throw;

                StoreRequestScope.CountRetry();
                await Task.Delay(delay, clock, cancel);
            }
            catch (HoldfastException)
            {
                _hasAnswered = true;
                throw;
            }
        }
    }

    private TimeSpan DelayAfter(int attempt)
    {
        var most = Math.Min(options.LongestDelay.TotalMilliseconds, options.FirstDelay.TotalMilliseconds * Math.Pow(2, attempt - 1));
        lock (_lock)
            return TimeSpan.FromMilliseconds(most * (0.5 + (_jitter.NextDouble() / 2)));
    }

    private void Earn()
    {
        lock (_lock)
            _fifths = Math.Min(_fifths + 1, options.Stock * FifthsAnAttempt);
    }

    private bool Spend()
    {
        lock (_lock)
        {
            if (_fifths < FifthsAnAttempt)
                return false;

            _fifths -= FifthsAnAttempt;
            return true;
        }
    }
}
