using Holdfast.Control.Loops;
using Microsoft.Extensions.Logging;

namespace Holdfast.Server.Admin;

/// <summary>Lets limits that have hours begin and end, within half a minute.</summary>
internal sealed class LimitHours(ServiceLimits limits, TimeProvider clock, ILogger<LimitHours> log) : LoopService(clock, log)
{
    protected override TimeSpan Interval => TimeSpan.FromSeconds(30);

    public override Task<bool> RunOnceAsync(DateTimeOffset now, CancellationToken cancel)
    {
        limits.Apply();
        return Task.FromResult(false);
    }
}
