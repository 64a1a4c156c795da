using Holdfast.Control.Jobs;
using Holdfast.Control.Tasks;
using Holdfast.Control.Upkeep;

namespace Holdfast.Control.Figures;

/// <summary>How much there is of what, and how the service's own upkeep went, at one moment; of all projects together.</summary>
/// <param name="Tasks">Tasks that the catalog keeps, by status; all statuses are there.</param>
/// <param name="Queues">Jobs that have not ended, by kind; all kinds are there.</param>
/// <param name="Upkeep">How the last ended job of each kind of upkeep ended; kinds that never ran are not there.</param>
/// <param name="Prune">The last prune that came to its end, or null.</param>
/// <param name="Drills">The last drill of each volume that came to an end; volumes without one are not there.</param>
public sealed record ServiceFigures(
    IReadOnlyDictionary<BackupTaskStatus, long> Tasks,
    IReadOnlyList<QueueFigures> Queues,
    IReadOnlyList<UpkeepEnd> Upkeep,
    PruneEnd? Prune,
    IReadOnlyDictionary<VolumeId, bool> Drills
);

/// <param name="Queued">Jobs that no worker has, those that wait for another attempt among them.</param>
/// <param name="Running">Jobs that a worker has, dead or alive.</param>
/// <param name="OldestQueuedAt">When the oldest of the queued ones was ordered; null where none is.</param>
public sealed record QueueFigures(JobKind Kind, long Queued, long Running, DateTimeOffset? OldestQueuedAt);
