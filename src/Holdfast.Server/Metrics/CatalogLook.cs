using System.Data.Common;
using Holdfast.Control.Figures;
using Holdfast.Control.Protection;
using Holdfast.Engine.Basics;
using Holdfast.Server.Health;
using Microsoft.Extensions.Logging;

namespace Holdfast.Server.Metrics;

/// <param name="At">By the service's clock; all ages are until then.</param>
internal sealed record CatalogFacts(DateTimeOffset At, ServiceFigures Service, IReadOnlyList<VolumeProtection> Volumes)
{
    /// <summary>Seconds; 0 for what is dated ahead.</summary>
    public double AgeOf(DateTimeOffset at) => Math.Max(0, (At - at).TotalSeconds);

    /// <summary>Null for what never was.</summary>
    public double? AgeOf(DateTimeOffset? at) => at is { } was ? AgeOf(was) : null;
}

/// <summary>Reads what the catalog knows, for whoever scrapes: many scrapers cost no more than one (<see cref="SharedLook{T}"/>).</summary>
internal sealed class CatalogLook
{
    /// <summary>Half of what Prometheus waits for a scrape, unless told otherwise.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly SharedLook<CatalogFacts> _look;
    private int _isAway;

    public CatalogLook(ServiceFigureStore figures, ProtectionStore protection, TimeProvider clock, ILogger<CatalogLook> log)
    {
        (_clock, _log) = (clock, log);
        _look = new SharedLook<CatalogFacts>(async () =>
        {
            var service = await figures.ReadAsync(CancellationToken.None);
            var volumes = await protection.ListAsync(project: null, CancellationToken.None);
            return new CatalogFacts(clock.GetUtcNow(), service, volumes);
        });
    }

    /// <summary>Null when the catalog does not answer in time, or not as one. Why is in the log, and in that of
    /// <c>/health/ready</c>.</summary>
    public async Task<CatalogFacts?> LookAsync(CancellationToken cancel)
    {
        try
        {
            var facts = await _look.JoinAsync().WaitAsync(Deadline, _clock, cancel);
            if (Interlocked.Exchange(ref _isAway, 0) == 1)
            {
                ServerLog.CatalogFiguresAgain(_log);
            }

            return facts;
        }
        catch (Exception e) when (e is HoldfastException or DbException or TimeoutException or IOException)
        {
            // Once, not at each scrape.
            if (Interlocked.Exchange(ref _isAway, 1) == 0)
            {
                ServerLog.NoCatalogFigures(_log, e);
            }

            return null;
        }
    }
}
