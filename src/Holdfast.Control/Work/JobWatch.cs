using Holdfast.Control.Jobs;
using Holdfast.Control.Loops;
using Microsoft.Extensions.Logging;

namespace Holdfast.Control.Work;

/// <summary>
/// While an attempt runs: every two seconds tells the catalog how far it is, for those who wait, and looks whether somebody wants it
/// stopped. Trouble with the catalog is left to the lease, which tells it, too.
/// </summary>
internal sealed class JobWatch : IAsyncDisposable
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(2);

    /// <summary>Over how long the rate is told.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(20);

    private readonly JobStore _jobs;
    private readonly JobLease _held;
    private readonly JobLogWriter _lines;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly Queue<(long At, long Done)> _past = new();
    private readonly CancellationTokenSource _canceled = new();
    private readonly Pulse _watching;
    private (long Done, long Total)? _told;

    public JobWatch(JobStore jobs, JobLease held, JobLogWriter lines, TimeProvider clock, ILogger log)
    {
        (_jobs, _held, _lines, _clock, _log) = (jobs, held, lines, clock, log);

        // An attempt that follows another may be unwanted from the start.
        _watching = new Pulse(Between, clock, LookAsync, atOnce: true);
    }

    /// <summary>Cancelled when somebody wants the job stopped.</summary>
    public CancellationToken Canceled => _canceled.Token;

    /// <summary>Who wants it stopped; null while nobody does.</summary>
    public string? By { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _watching.DisposeAsync();
        _canceled.Dispose();
    }

    private async Task<bool> LookAsync(CancellationToken ended)
    {
        try
        {
            var reached = _lines.Reached;
            if (reached is { } now && reached != _told)
            {
                await _jobs.SetProgressAsync(_held, new JobProgressFigures(now.Done, now.Total, RateOf(now.Done)), ended);
                _told = reached;
            }

            if (await _jobs.FindCancelerAsync(_held.Job, ended) is { } by)
            {
                By = by;
                await _canceled.CancelAsync();
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e)
        {
            // Also where the attempt is just ending: else its end would not be written.
            JobMessages.NotWatched(_log, e, _held.Job);
        }

        return !_canceled.IsCancellationRequested;
    }

    /// <summary>Bytes a second over the last <see cref="Window"/>; null where there is no time to tell it by.</summary>
    private long? RateOf(long done)
    {
        var now = _clock.GetTimestamp();
        _past.Enqueue((now, done));
        while (_past.Count > 2 && _clock.GetElapsedTime(_past.Peek().At, now) > Window)
        {
            _past.Dequeue();
        }

        var (at, before) = _past.Peek();
        var took = _clock.GetElapsedTime(at, now).TotalSeconds;
        return took > 0 && done >= before ? (long)((done - before) / took) : null;
    }
}
