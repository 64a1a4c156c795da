using Holdfast.Engine.Basics;

namespace Holdfast.Control.Tasks;

/// <summary>One volume's turn in one firing of a policy: what the API lists as a backup job of the policy.</summary>
public sealed record BackupTask
{
    public required BackupTaskId Id { get; init; }

    public required PolicyId Policy { get; init; }

    /// <summary>May have been removed since.</summary>
    public required VolumeId Volume { get; init; }

    public required BackupTaskStatus Status { get; init; }

    public required TaskOrigin Origin { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Set exactly when <see cref="Status"/> is an end.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary><c>autobk_</c> and four hex digits; null for a skipped task.</summary>
    public string? BackupName { get; init; }

    /// <summary>Set once the backup has begun.</summary>
    public BackupId? Backup { get; init; }

    /// <summary>Null for a skipped task that never had one. May have been removed since by upkeep.</summary>
    public JobId? Job { get; init; }

    /// <summary>Set, with <see cref="Message"/>, exactly on failed, timed-out and skipped tasks, e.g. <c>VolumeBackup.0021</c>.</summary>
    public string? Code { get; init; }

    public string? Message { get; init; }

    /// <summary>When it was due; null for "execute now".</summary>
    public DateTimeOffset? SlotAt { get; init; }
}
