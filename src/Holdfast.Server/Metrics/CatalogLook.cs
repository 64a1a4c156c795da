using System.Data.Common;
using Holdfast.Control.Catalog;
using Holdfast.Control.Figures;
using Holdfast.Control.Loops;
using Holdfast.Control.Protection;
using Holdfast.Engine.Basics;
using Holdfast.Server.Health;
using Microsoft.Extensions.Logging;

namespace Holdfast.Server.Metrics;

/// <summary>
/// Tells what the catalog knows, for whoever scrapes. It asks the catalog each time, but only whether it has changed; where it has not,
/// what was read is still true. Before a scrape that is expected (<see cref="ScrapeRhythm"/>) it reads what has changed, and so that
/// scrape finds it there. Many scrapers cost no more than one (<see cref="SharedLook{T}"/>), and where nobody scrapes nothing is read.
/// </summary>
internal sealed class CatalogLook : IAsyncDisposable
{
    /// <summary>Half of what Prometheus waits for a scrape, unless told otherwise.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    /// <summary>What was read for a scrape to come may be told for so long, though the catalog has changed since. docs/metrics.md promises
    /// it.</summary>
    public static readonly TimeSpan Told = TimeSpan.FromSeconds(3);

    /// <summary>So long before the expected scrape the catalog is read.</summary>
    public static readonly TimeSpan Ahead = TimeSpan.FromSeconds(1);

    /// <summary>Even what has not changed is read again after this: pauses of schedules were worked out for the days that follow.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(1);

    private readonly ServiceFigureStore _figures;
    private readonly ProtectionStore _protection;
    private readonly CatalogMarks _marks;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly SharedLook<CatalogSnapshot> _look;
    private readonly Lock _gate = new();
    private readonly ScrapeRhythm _rhythm = new();
    private readonly ITimer _timer;
    private readonly long _began;
    private CatalogSnapshot? _last;
    private int _isAway;

    public CatalogLook(
        CatalogDatabase catalog,
        ServiceFigureStore figures,
        ProtectionStore protection,
        TimeProvider clock,
        ILogger<CatalogLook> log
    )
    {
        (_figures, _protection, _clock, _log) = (figures, protection, clock, log);
        (_marks, _began) = (new CatalogMarks(catalog), clock.GetTimestamp());
        _look = new SharedLook<CatalogSnapshot>(SeeAsync);
        _timer = clock.CreateTimer(_ => LookingAhead = SeeAheadAsync(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The last look for a scrape that was still to come. Never fails.</summary>
    internal Task LookingAhead { get; private set; } = Task.CompletedTask;

    /// <summary>Null when the catalog does not answer in time, or not as one. Why is in the log, and in that of
    /// <c>/health/ready</c>.</summary>
    public async Task<CatalogFacts?> LookAsync(CancellationToken cancel)
    {
        Expect();
        try
        {
            var seen = await Answers.WaitAsync(_look.JoinAsync(), Deadline, _clock, cancel);
            if (Interlocked.Exchange(ref _isAway, 0) == 1)
            {
                ServerLog.CatalogFiguresAgain(_log);
            }

            return new CatalogFacts(_clock.GetUtcNow(), seen.Service, seen.Volumes, seen.Steady);
        }
        catch (Exception e) when (IsAway(e))
        {
            // Once, not at each scrape.
            if (Interlocked.Exchange(ref _isAway, 1) == 0)
            {
                ServerLog.NoCatalogFigures(_log, e);
            }

            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        await _marks.DisposeAsync();
    }

    private static bool IsAway(Exception error) => error is HoldfastException or DbException or TimeoutException or IOException;

    private void Expect()
    {
        lock (_gate)
        {
            if (_rhythm.Note(_clock.GetElapsedTime(_began)) is { } next)
            {
                _timer.Change(next - Ahead, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private async Task SeeAheadAsync()
    {
        try
        {
            (await _look.JoinAsync()).IsAhead = true;
        }
        catch (Exception)
        {
            // The scrape that comes looks for itself, and says so if it finds nothing.
        }
    }

    /// <summary>One at a time.</summary>
    private async Task<CatalogSnapshot> SeeAsync()
    {
        // The mark first: what is written meanwhile changes it.
        var at = _clock.GetTimestamp();
        var mark = await _marks.ReadAsync(CancellationToken.None);
        if (_last is { } last)
        {
            if (last.Mark == mark && _clock.GetElapsedTime(last.ReadAt, at) <= Kept)
            {
                last.TrueAt = at;
                return last;
            }

            if (last.IsAhead && _clock.GetElapsedTime(last.TrueAt, at) <= Told)
            {
                return last;
            }
        }

        var service = await _figures.ReadAsync(CancellationToken.None);
        var volumes = NamedVolume.Of(await _protection.FactsAsync(CancellationToken.None));
        var steady = await VolumeMetrics.WriteSteadyAsync(volumes, service, CancellationToken.None);
        return _last = new CatalogSnapshot(mark, at, service, volumes, steady);
    }
}
