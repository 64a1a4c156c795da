using Holdfast.Control.Loops;
using Holdfast.Control.Policies;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Holdfast.Control.Scheduling;

/// <summary>Fires the policies that are due.</summary>
public sealed class Scheduler(
    PolicyStore policies,
    PolicyFiring firing,
    IOptions<SchedulingOptions> options,
    TimeProvider clock,
    ILogger<Scheduler> log
) : LoopService(clock, log)
{
    protected override TimeSpan Interval { get; } = TimeSpan.FromSeconds(options.Value.TickSeconds);

    /// <summary>One policy that cannot be fired does not keep the others from their turn.</summary>
    public override async Task<bool> RunOnceAsync(DateTimeOffset now, CancellationToken cancel)
    {
        firing.LookAtClock(now);
        foreach (var policy in await policies.DueAsync(now, cancel))
        {
            try
            {
                await firing.FireDueAsync(policy, now, cancel);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                SchedulingLog.FiringFailed(log, e, policy);
            }
        }

        return false;
    }
}
