using Holdfast.Control.Quotas;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Volumes;

/// <summary>What may be done with a volume. The numbers are in the catalog and only grow; 2 was never given.</summary>
public enum VolumeStatus
{
    Available = 1,

    BackingUp = 3,

    /// <summary>A backup is being written into it.</summary>
    Restoring = 4,

    /// <summary>A restore into it failed: its content is neither the old nor the new.</summary>
    Error = 5,
}

/// <summary>A device that a project protects.</summary>
public sealed record Volume
{
    private const long Gib = 1024L * 1024 * 1024;

    public required VolumeId Id { get; init; }

    public required ProjectId Project { get; init; }

    public required string Name { get; init; }

    /// <summary>The canonical address of the device, e.g. <c>file:///srv/disk.img</c>.</summary>
    public required string Source { get; init; }

    /// <summary>Bytes, as of the registration or the last backup.</summary>
    public required long SizeBytes { get; init; }

    public required VolumeStatus Status { get; init; }

    /// <summary>What identified the device when it was registered or last accepted (<c>DeviceIdentity</c>, as text). Null when its device
    /// was not seen since an earlier version.</summary>
    public string? Identity { get; init; }

    public string? Description { get; init; }

    /// <summary>What clients keep with it; means nothing to the service.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>The type that was asked for, or null: the service's own.</summary>
    public string? Type { get; init; }

    /// <summary>The availability zone that was asked for, or null: the service's own.</summary>
    public string? Zone { get; init; }

    /// <summary>Id of the user whose request made it; null for what is older than this member.</summary>
    public string? User { get; init; }

    /// <summary>Whether the service made its file, which then goes with it.</summary>
    public bool IsOwned { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>When a drill last proved that it can be restored; null for never.</summary>
    public DateTimeOffset? ProvenAt { get; init; }

    /// <summary>The backup that was restored then. May have been removed since.</summary>
    public BackupId? ProvenBackup { get; init; }

    /// <summary>The size in GiB as block storage services tell it: rounded up, at least 1.</summary>
    public int SizeGib => (int)GibOf(SizeBytes);

    /// <summary>GiB that so many bytes are told and counted as: rounded up, at least 1.</summary>
    public static long GibOf(long bytes) => Math.Max(1, ((bytes - 1) / Gib) + 1);
}

public enum RegisterRefusal
{
    InvalidName = 1,
    InvalidSource = 2,
    NotFound = 3,
    NotReadable = 4,

    /// <summary>A folder, a socket, something empty: nothing that holds a volume.</summary>
    NotADevice = 5,
    AlreadyRegistered = 6,
}

public abstract record RegisterOutcome
{
    private RegisterOutcome() { }

    public sealed record Registered(Volume Volume) : RegisterOutcome;

    public sealed record Refused(RegisterRefusal Why, string Message) : RegisterOutcome;

    public sealed record QuotaExceeded(QuotaBreach Breach) : RegisterOutcome;
}

/// <summary>What became of an order for a new volume.</summary>
public abstract record CreateVolumeOutcome
{
    private CreateVolumeOutcome() { }

    public sealed record Made(Volume Volume) : CreateVolumeOutcome;

    public sealed record QuotaExceeded(QuotaBreach Breach) : CreateVolumeOutcome;

    /// <summary>What was to be done with it was refused, so it was not made either.</summary>
    public sealed record Undone : CreateVolumeOutcome;
}

public enum RemoveVolumeOutcome
{
    Removed = 1,
    NoSuchVolume = 2,

    /// <summary>A job that has not ended uses it.</summary>
    Busy = 3,

    /// <summary>To be deleted, but the service did not make its device: it can only be forgotten.</summary>
    NotOwned = 4,
}

/// <summary>What whoever registers a device says of it.</summary>
public sealed record VolumeWords
{
    public required string Name { get; init; }

    public string? Description { get; init; }

    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>As of <see cref="NewVolume"/>.</summary>
    public string? Type { get; init; }

    /// <summary>As of <see cref="NewVolume"/>.</summary>
    public string? Zone { get; init; }

    /// <summary>Id of the user who asks.</summary>
    public string? User { get; init; }
}

/// <summary>A volume that the service is to make: a file that reads as zeros and takes no space yet.</summary>
public sealed record NewVolume
{
    public required string Name { get; init; }

    public string? Description { get; init; }

    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>A name of 1 to 255 characters, or null for the service's own type.</summary>
    public string? Type { get; init; }

    /// <summary>A name of 1 to 255 characters, or null for the service's own zone.</summary>
    public string? Zone { get; init; }

    /// <summary>Id of the user who asks.</summary>
    public string? User { get; init; }

    /// <summary>1 to <see cref="OwnedVolumes.MaxSizeBytes"/>.</summary>
    public required long SizeBytes { get; init; }
}

/// <summary>What is to change of a volume; null stays as it is.</summary>
/// <param name="Metadata">What becomes of the metadata that it has, so that two who change different keys do not undo each other.</param>
public sealed record VolumeChange(
    string? Name = null,
    string? Description = null,
    Func<IReadOnlyDictionary<string, string>, IReadOnlyDictionary<string, string>>? Metadata = null
);
