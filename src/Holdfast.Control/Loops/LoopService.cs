using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Holdfast.Control.Loops;

/// <summary>
/// Something that is done again and again for as long as the service lives: <see cref="RunOnceAsync"/> does it once, this class waits and
/// survives a pass that failed. No other class of the control plane waits for time to pass, but <see cref="Pulse"/> beside a job.
/// </summary>
public abstract class LoopService(TimeProvider clock, ILogger log) : BackgroundService
{
    /// <summary>What fails again and again for the same reason is logged no more often than this: some loops pass each second, and a disk
    /// that is full stays so, and has the log.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(10);

    private readonly TaskCompletionSource _firstPass = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _told;
    private long _toldAt;

    /// <summary>Ends after the first pass, however that went: what the loop does at a start is then done.</summary>
    public Task FirstPass => _firstPass.Task;

    /// <summary>Time between the end of a pass that found no more to do and the next one.</summary>
    protected abstract TimeSpan Interval { get; }

    /// <summary>Ends the wait early, or null.</summary>
    protected virtual WakeSignal? Signal => null;

    /// <summary>One pass. Tests call it; so does the ticker.</summary>
    /// <returns>Whether there may be more to do at once.</returns>
    public abstract Task<bool> RunOnceAsync(DateTimeOffset now, CancellationToken cancel);

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var woken = Signal?.Next;
            var isMore = await TryRunOnceAsync(stoppingToken);
            _firstPass.TrySetResult();
            if (!isMore)
            {
                await WaitAsync(woken, stoppingToken);
            }
        }
    }

    private async Task<bool> TryRunOnceAsync(CancellationToken cancel)
    {
        try
        {
            var isMore = await RunOnceAsync(clock.GetUtcNow(), cancel);
            _told = null;
            return isMore;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception e)
        {
            if (e.Message != _told || clock.GetElapsedTime(_toldAt) >= Quiet)
            {
                UpkeepLog.PassFailed(log, e, GetType().Name, Interval);
                (_told, _toldAt) = (e.Message, clock.GetTimestamp());
            }

            return false;
        }
    }

    private async Task WaitAsync(Task? woken, CancellationToken cancel)
    {
        using var waited = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var interval = Task.Delay(Interval, clock, waited.Token);
        await (woken is null ? Task.WhenAny(interval) : Task.WhenAny(interval, woken));
        await waited.CancelAsync();
    }
}
