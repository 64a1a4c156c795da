using Holdfast.Control.Jobs;
using Microsoft.Extensions.Logging;

namespace Holdfast.Control.Work;

/// <summary>Renews a lease by a timer for as long as the job runs, and says when it is lost.</summary>
internal sealed class LeaseKeeper : IAsyncDisposable
{
    private readonly JobStore _jobs;
    private readonly JobLease _held;
    private readonly TimeSpan _lease;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _renewing;

    public LeaseKeeper(JobStore jobs, JobLease held, TimeSpan lease, TimeProvider clock, ILogger log)
    {
        (_jobs, _held, _lease, _clock, _log) = (jobs, held, lease, clock, log);
        _renewing = RenewAsync(new PeriodicTimer(lease / 3, clock));
    }

    /// <summary>Cancelled when the lease was lost, or ended because it could not be renewed.</summary>
    public CancellationToken Lost => _lost.Token;

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _renewing;
        _ended.Dispose();
        _lost.Dispose();
    }

    private async Task RenewAsync(PeriodicTimer timer)
    {
        using (timer)
        {
            var renewedAt = _clock.GetTimestamp();
            while (await TickAsync(timer))
            {
                var asked = _clock.GetTimestamp();
                switch (await TryRenewAsync())
                {
                    case true:
                        renewedAt = asked;
                        break;
                    case null when _clock.GetElapsedTime(renewedAt) < _lease:
                        break;
                    default:
                        await _lost.CancelAsync();
                        return;
                }
            }
        }
    }

    private async Task<bool> TickAsync(PeriodicTimer timer)
    {
        try
        {
            return await timer.WaitForNextTickAsync(_ended.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Null when the catalog did not answer.</summary>
    private async Task<bool?> TryRenewAsync()
    {
        try
        {
            return await _jobs.RenewAsync(_held, _lease, _ended.Token);
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            return true;
        }
        catch (Exception e)
        {
            JobMessages.RenewalFailed(_log, e, _held.Job);
            return null;
        }
    }
}
