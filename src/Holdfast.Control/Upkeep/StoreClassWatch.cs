using Holdfast.Control.Loops;
using Holdfast.Engine;
using Holdfast.Engine.Objects;
using Microsoft.Extensions.Logging;

namespace Holdfast.Control.Upkeep;

/// <summary>Asks an object store anew whether it keeps writers apart: when the service starts, and once a day. A server that is exchanged
/// or set otherwise tells nobody. Nothing is asked of a folder.</summary>
internal sealed class StoreClassWatch(Repository repository, TimeProvider clock, ILogger<StoreClassWatch> log) : LoopService(clock, log)
{
    private bool _isAsked;

    /// <summary>A day; where the store did not answer, an hour.</summary>
    protected override TimeSpan Interval => _isAsked ? TimeSpan.FromDays(1) : TimeSpan.FromHours(1);

    public override async Task<bool> RunOnceAsync(DateTimeOffset now, CancellationToken cancel)
    {
        _isAsked = false;
        var known = await repository.AskStoreClassAsync(cancel);
        _isAsked = true;
        if (known is { HasWorsened: true })
        {
            UpkeepLog.StoreClassWorsened(log, known.Best.InWords(), known.Class.InWords());
        }

        return false;
    }
}
