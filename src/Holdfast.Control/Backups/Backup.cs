using Holdfast.Engine.Basics;

namespace Holdfast.Control.Backups;

/// <summary>Where a backup is. The numbers are stored: they are never changed, only added to.</summary>
public enum BackupStatus
{
    Creating = 1,
    Available = 2,

    /// <summary>Source of a restore that is queued or runs.</summary>
    Restoring = 3,
    Deleting = 4,

    /// <summary>Could not be made; <see cref="Backup.FailReason"/> says why.</summary>
    Error = 5,

    /// <summary>A restore found its bytes damaged.</summary>
    ErrorRestoring = 6,
    ErrorDeleting = 7,
}

/// <summary>The law of a backup's states. See docs/job-states.md. The end of a deletion is the row's end.</summary>
public static class BackupStatuses
{
    public static bool CanMoveTo(this BackupStatus from, BackupStatus to) =>
        (from, to) switch
        {
            (BackupStatus.Creating, BackupStatus.Available or BackupStatus.Error) => true,
            (BackupStatus.Available, BackupStatus.Restoring or BackupStatus.Deleting) => true,
            (BackupStatus.Restoring, BackupStatus.Available or BackupStatus.ErrorRestoring) => true,
            (BackupStatus.Error or BackupStatus.ErrorRestoring or BackupStatus.ErrorDeleting, BackupStatus.Deleting) => true,
            (BackupStatus.Deleting, BackupStatus.ErrorDeleting) => true,
            _ => false,
        };

    /// <summary>What the API calls a state.</summary>
    public static string WireName(this BackupStatus status) =>
        status switch
        {
            BackupStatus.Creating => "creating",
            BackupStatus.Available => "available",
            BackupStatus.Restoring => "restoring",
            BackupStatus.Deleting => "deleting",
            BackupStatus.Error => "error",
            BackupStatus.ErrorRestoring => "error_restoring",
            _ => "error_deleting",
        };
}

/// <summary>The catalog's record of a restore point.</summary>
public sealed record Backup
{
    public required BackupId Id { get; init; }

    public required ProjectId Project { get; init; }

    /// <summary>May have been removed since.</summary>
    public required VolumeId Volume { get; init; }

    public string? Name { get; init; }

    public string? Description { get; init; }

    public required BackupStatus Status { get; init; }

    /// <summary>Size of the volume, in bytes, when it was backed up.</summary>
    public required long VolumeBytes { get; init; }

    /// <summary>The policy that made it, or null for one made by hand. May have been removed since.</summary>
    public PolicyId? Policy { get; init; }

    /// <summary>The backup it was compared with; null for a full one.</summary>
    public BackupId? Parent { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public DateTimeOffset? AvailableAt { get; init; }

    /// <summary>Bytes of the volume that were read.</summary>
    public long? BytesRead { get; init; }

    /// <summary>Plain bytes that the repository did not have.</summary>
    public long? BytesNew { get; init; }

    /// <summary>Bytes that the repository grew by.</summary>
    public long? BytesStored { get; init; }

    public string? FailCode { get; init; }

    public string? FailReason { get; init; }
}
