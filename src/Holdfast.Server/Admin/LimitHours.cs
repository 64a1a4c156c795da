using Holdfast.Control.Loops;
using Microsoft.Extensions.Logging;

namespace Holdfast.Server.Admin;

/// <summary>Lets limits that have hours begin and end, and takes over what was set through another process, within seconds.</summary>
internal sealed class LimitHours(ServiceLimits limits, TimeProvider clock, ILogger<LimitHours> log) : LoopService(clock, log)
{
    protected override TimeSpan Interval => TimeSpan.FromSeconds(3);

    public override async Task<bool> RunOnceAsync(DateTimeOffset now, CancellationToken cancel)
    {
        // Hours begin and end though the catalog is away.
        limits.Apply();
        await limits.RefreshAsync(cancel);
        return false;
    }
}
