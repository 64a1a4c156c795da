using Holdfast.Control.Loops;
using Microsoft.Extensions.Logging;

namespace Holdfast.Control.Processes;

/// <summary>Says again and again that this process lives, and at a clean stop that it ends.</summary>
public sealed class ProcessSigns(ProcessStore processes, TimeProvider clock, ILogger<ProcessSigns> log) : LoopService(clock, log)
{
    protected override TimeSpan Interval => ProcessStore.Silence / 3;

    private volatile Exception? _trouble;

    /// <summary>Why the last sign was not written; null where it was. A catalog on a full disk, or on one that has become read-only, still
    /// answers every question: that it takes nothing any more is seen by who writes to it.</summary>
    public Exception? Trouble => _trouble;

    public override async Task<bool> RunOnceAsync(DateTimeOffset now, CancellationToken cancel)
    {
        try
        {
            await processes.SignAsync(cancel);
            _trouble = null;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _trouble = e;
            throw;
        }

        return false;
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await processes.LeaveAsync(cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A catalog that is away keeps nobody from stopping: the process is said to be down, and forgotten after a day.
            UpkeepLog.PassFailed(log, e, nameof(ProcessSigns), Interval);
        }
    }
}
