using System.Data.Common;
using Holdfast.Control.Figures;
using Holdfast.Control.Protection;
using Holdfast.Engine.Basics;
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

/// <summary>Reads what the catalog knows, for whoever scrapes. One look at a time, whose facts all get who ask meanwhile: many scrapers
/// cost no more than one, and a catalog that hangs costs one thread.</summary>
internal sealed class CatalogLook(ServiceFigureStore figures, ProtectionStore protection, TimeProvider clock, ILogger<CatalogLook> log)
{
    /// <summary>Half of what Prometheus waits for a scrape, unless told otherwise.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private Task<CatalogFacts>? _looking;
    private int _isAway;

    /// <summary>Null when the catalog does not answer in time, or not as one. Why is in the log, and in that of
    /// <c>/health/ready</c>.</summary>
    public async Task<CatalogFacts?> LookAsync(CancellationToken cancel)
    {
        Task<CatalogFacts> looking;
        lock (_gate)
        {
            if (_looking is not { IsCompleted: false })
            {
                // Not by the thread of the request: SQLite reads in the caller's.
                _looking = Task.Run(ReadAsync, CancellationToken.None);
            }

            looking = _looking;
        }

        try
        {
            var facts = await looking.WaitAsync(Deadline, clock, cancel);
            if (Interlocked.Exchange(ref _isAway, 0) == 1)
            {
                ServerLog.CatalogFiguresAgain(log);
            }

            return facts;
        }
        catch (Exception e) when (e is HoldfastException or DbException or TimeoutException or IOException)
        {
            // Once, not at each scrape.
            if (Interlocked.Exchange(ref _isAway, 1) == 0)
            {
                ServerLog.NoCatalogFigures(log, e);
            }

            return null;
        }
    }

    private async Task<CatalogFacts> ReadAsync()
    {
        var service = await figures.ReadAsync(CancellationToken.None);
        var volumes = await protection.ListAsync(project: null, CancellationToken.None);
        return new CatalogFacts(clock.GetUtcNow(), service, volumes);
    }
}
