using Holdfast.Engine.Basics;

namespace Holdfast.Control.Backups;

/// <summary>Where a backup is. The numbers are stored: they are never changed, only added to. 6 was "a restore
/// found it damaged", which is a <see cref="BackupVerdict"/> now.</summary>
public enum BackupStatus
{
    Creating = 1,
    Available = 2,

    /// <summary>Deleted, and can be brought back until <c>kept_until</c>: nobody is shown it, its manifest and its bytes
    /// stay.</summary>
    Removed = 3,

    Deleting = 4,

    /// <summary>Could not be made; <see cref="Backup.FailReason"/> says why.</summary>
    Error = 5,
    ErrorDeleting = 7,

    /// <summary>Never recorded: as this is shown an available backup while a restore of it that its own project ordered has not
    /// ended.</summary>
    Restoring = 8,
}

/// <summary>The law of a backup's recorded states. See docs/job-states.md. The end of a deletion is the row's end.</summary>
public static class BackupStatuses
{
    public static bool CanMoveTo(this BackupStatus from, BackupStatus to) =>
        (from, to) switch
        {
            (BackupStatus.Creating, BackupStatus.Available or BackupStatus.Error) => true,
            (BackupStatus.Available or BackupStatus.Error or BackupStatus.ErrorDeleting, BackupStatus.Deleting) => true,
            (BackupStatus.Deleting, BackupStatus.ErrorDeleting) => true,
            // Kept for a while; brought back; its time is over (BackupRemoval).
            (BackupStatus.Deleting, BackupStatus.Removed) or (BackupStatus.Removed, BackupStatus.Available or BackupStatus.Deleting) =>
                true,
            // Said by an admin (BackupReset).
            (BackupStatus.Available or BackupStatus.ErrorDeleting, BackupStatus.Error) => true,
            (BackupStatus.Error or BackupStatus.ErrorDeleting, BackupStatus.Available) => true,
            _ => false,
        };

    /// <summary>The states that anybody is shown, as the contract lists them.</summary>
    public static readonly IReadOnlyList<BackupStatus> Shown =
    [
        BackupStatus.Creating,
        BackupStatus.Available,
        BackupStatus.Restoring,
        BackupStatus.Deleting,
        BackupStatus.Error,
        BackupStatus.ErrorDeleting,
    ];

    /// <summary>What the API calls a state.</summary>
    /// <exception cref="InvalidOperationException">It is none that is shown.</exception>
    public static string WireName(this BackupStatus status) =>
        status switch
        {
            BackupStatus.Creating => "creating",
            BackupStatus.Available => "available",
            BackupStatus.Restoring => "restoring",
            BackupStatus.Deleting => "deleting",
            BackupStatus.Error => "error",
            BackupStatus.ErrorDeleting => "error_deleting",
            _ => throw new InvalidOperationException($"A backup that is {status} is shown to nobody."),
        };
}

/// <summary>What looked at a backup's stored bytes. The numbers are stored.</summary>
public enum VerdictBy
{
    /// <summary>A later backup that was compared with it.</summary>
    Backup = 1,
    Restore = 2,

    /// <summary>A check of the repository.</summary>
    Check = 3,

    /// <summary>A restore drill, which read all of it.</summary>
    Drill = 4,

    /// <summary>A look whether the backup's manifest is in the repository. It is taken back by itself when the manifest is there
    /// again.</summary>
    Presence = 5,
}

/// <summary>What was found out about a backup's stored bytes. It forbids nothing: what could not be read once may be tried again.</summary>
/// <param name="Reason">What is damaged and where; null exactly when all that was read was whole.</param>
public sealed record BackupVerdict(DateTimeOffset At, VerdictBy By, string? Reason)
{
    public bool IsOk => Reason is null;
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

    /// <summary>What clients keep with it; means nothing to the service.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>What the order called the container; nothing is put into one.</summary>
    public string? Container { get; init; }

    /// <summary>Whether it was ordered as an incremental one; null where the order did not say.</summary>
    public bool? OrderedIncremental { get; init; }

    /// <summary>The volume's type when the backup was ordered, or null: the service's own.</summary>
    public string? VolumeType { get; init; }

    /// <summary>The volume's zone when the backup was ordered, or null: the service's own.</summary>
    public string? Zone { get; init; }

    /// <summary>The volume's metadata when the backup was ordered.</summary>
    public IReadOnlyDictionary<string, string> VolumeMetadata { get; init; } = new Dictionary<string, string>();

    /// <summary>The policy that made it, or null for one made by hand. May have been removed since.</summary>
    public PolicyId? Policy { get; init; }

    /// <summary>The backup it was compared with; null for a full one.</summary>
    public BackupId? Parent { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public DateTimeOffset? AvailableAt { get; init; }

    /// <summary>Until when it can be brought back; set exactly when it is <see cref="BackupStatus.Removed"/>.</summary>
    public DateTimeOffset? KeptUntil { get; init; }

    /// <summary>Bytes of the volume that were read.</summary>
    public long? BytesRead { get; init; }

    /// <summary>Plain bytes that the repository did not have.</summary>
    public long? BytesNew { get; init; }

    /// <summary>Bytes that the repository grew by.</summary>
    public long? BytesStored { get; init; }

    /// <summary>Its place among the volume's backups: rises from each to the next, whatever the clock says. From 1.</summary>
    public required long Number { get; init; }

    /// <summary>As its manifest says: <c>at-rest</c> or <c>live</c>. Null until it is available, and for one of an earlier
    /// version.</summary>
    public string? Consistency { get; init; }

    /// <summary>What was last found out about its stored bytes; null when nobody has looked since they were stored.</summary>
    public BackupVerdict? LastVerdict { get; init; }

    public string? FailCode { get; init; }

    public string? FailReason { get; init; }
}
