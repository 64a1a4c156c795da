namespace Holdfast.Control.Loops;

/// <summary>Does something again and again beside other work, until it says that it is over, or this is disposed: then the last beat has
/// ended, too.</summary>
internal sealed class Pulse : IAsyncDisposable
{
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _beating;

    /// <param name="beat">Whether it goes on. Handles its own trouble; only the token's cancellation may come out of it.</param>
    /// <param name="atOnce">The first time now, and not when the first interval is over.</param>
    public Pulse(TimeSpan every, TimeProvider clock, Func<CancellationToken, Task<bool>> beat, bool atOnce = false) =>
        _beating = BeatAsync(new PeriodicTimer(every, clock), beat, atOnce);

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _beating;
        _ended.Dispose();
    }

    private async Task BeatAsync(PeriodicTimer timer, Func<CancellationToken, Task<bool>> beat, bool atOnce)
    {
        using (timer)
        {
            try
            {
                var goesOn = !atOnce || await beat(_ended.Token);
                while (goesOn && await timer.WaitForNextTickAsync(_ended.Token))
                {
                    goesOn = await beat(_ended.Token);
                }
            }
            catch (OperationCanceledException) when (_ended.IsCancellationRequested)
            {
                // It ends.
            }
        }
    }
}
