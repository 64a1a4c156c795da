using Holdfast.Control.Jobs;
using Holdfast.Control.Loops;
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
    private readonly Pulse _renewing;
    private long _renewedAt;

    public LeaseKeeper(JobStore jobs, JobLease held, TimeSpan lease, TimeProvider clock, ILogger log)
    {
        (_jobs, _held, _lease, _clock, _log) = (jobs, held, lease, clock, log);
        _renewedAt = clock.GetTimestamp();
        _renewing = new Pulse(lease / 3, clock, RenewAsync);
    }

    /// <summary>Cancelled when the lease was lost, or ended because it could not be renewed.</summary>
    public CancellationToken Lost => _lost.Token;

    public async ValueTask DisposeAsync()
    {
        await _renewing.DisposeAsync();
        _lost.Dispose();
    }

    private async Task<bool> RenewAsync(CancellationToken ended)
    {
        var asked = _clock.GetTimestamp();
        switch (await TryRenewAsync(ended))
        {
            case true:
                _renewedAt = asked;
                return true;
            case null when _clock.GetElapsedTime(_renewedAt) < _lease:
                return true;
            default:
                await _lost.CancelAsync();
                return false;
        }
    }

    /// <summary>Null when the catalog did not answer.</summary>
    private async Task<bool?> TryRenewAsync(CancellationToken ended)
    {
        try
        {
            return await _jobs.RenewAsync(_held, _lease, ended);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e)
        {
            JobMessages.RenewalFailed(_log, e, _held.Job);
            return null;
        }
    }
}
