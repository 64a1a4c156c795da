using Holdfast.Control.Backups;
using Holdfast.Control.Loops;
using Holdfast.Engine;
using Microsoft.Extensions.Logging;

namespace Holdfast.Control.Upkeep;

/// <summary>
/// Removes deleted backups for good when their time is over. A clock that jumps ahead must not take what was to be kept for days: a backup
/// goes only when this process has seen its time to be over for a whole hour, by a clock that went as time did.
/// </summary>
internal sealed class RemovedBackupUpkeep(
    BackupRemoval removal,
    Repository repository,
    TimeProvider clock,
    ILogger<RemovedBackupUpkeep> log
) : LoopService(clock, log)
{
    private readonly TimeProvider _clock = clock;
    private (DateTimeOffset Now, long Stamp)? _first;

    /// <summary>How long a clock must have been believable.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    protected override TimeSpan Interval => TimeSpan.FromMinutes(20);

    public override async Task<bool> RunOnceAsync(DateTimeOffset now, CancellationToken cancel)
    {
        var stamp = _clock.GetTimestamp();
        if (_first is not { } first || (now - first.Now - _clock.GetElapsedTime(first.Stamp, stamp)).Duration() > TimeSpan.FromMinutes(1))
        {
            _first = (now, stamp);
            return false;
        }

        if (_clock.GetElapsedTime(first.Stamp, stamp) < Patience)
        {
            return false;
        }

        await repository.ThrowIfGoneAsync(cancel);
        return await removal.PurgeDueAsync(now - Patience, cancel) > 0;
    }
}
