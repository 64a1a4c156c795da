using Holdfast.Control.Quotas;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Backups;

/// <summary>A backup that somebody asks for by hand.</summary>
public sealed record BackupOrder
{
    public required VolumeId Volume { get; init; }

    public string? Name { get; init; }

    public string? Description { get; init; }

    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>What is kept with the backup; means nothing to the service.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>Kept and shown; nothing is put into a container.</summary>
    public string? Container { get; init; }

    /// <summary>True: refused unless there is an available backup to go on from. Null where nobody said.</summary>
    public bool? Incremental { get; init; }

    /// <summary>Reads and verifies everything again and compares with no earlier backup.</summary>
    public bool Full { get; init; }
}

public abstract record CreateBackupOutcome
{
    private CreateBackupOutcome() { }

    public sealed record Queued(JobId Job, BackupId Backup) : CreateBackupOutcome;

    public sealed record NoSuchVolume : CreateBackupOutcome;

    /// <summary>An earlier backup of this volume has not ended.</summary>
    public sealed record Busy(string Message) : CreateBackupOutcome;

    /// <summary>The volume's state does not allow a backup.</summary>
    public sealed record WrongState(string Message) : CreateBackupOutcome;

    public sealed record QuotaExceeded(QuotaBreach Breach) : CreateBackupOutcome;
}

public abstract record DeleteBackupOutcome
{
    private DeleteBackupOutcome() { }

    public sealed record Queued(JobId Job) : DeleteBackupOutcome;

    public sealed record NoSuchBackup : DeleteBackupOutcome;

    public sealed record WrongState(BackupStatus Status) : DeleteBackupOutcome;
}

public abstract record RestoreBackupOutcome
{
    private RestoreBackupOutcome() { }

    public sealed record Queued(JobId Job) : RestoreBackupOutcome;

    public sealed record NoSuchBackup : RestoreBackupOutcome;

    public sealed record WrongState(BackupStatus Status) : RestoreBackupOutcome;

    /// <summary>Not a byte was written. The message names the target, what is wrong with it and the way out.</summary>
    public sealed record TargetRefused(RestoreRefusal Why, string Message) : RestoreBackupOutcome;
}

public enum RestoreRefusal
{
    /// <summary>The address is not one.</summary>
    InvalidTarget,

    /// <summary>The project has no such volume.</summary>
    NoSuchVolume,

    /// <summary>The volume is smaller than the backup.</summary>
    TooSmall,

    /// <summary>Too small, or neither a file nor a block device.</summary>
    Unsuitable,

    /// <summary>In use by somebody else, or by another restore.</summary>
    Busy,

    /// <summary>A backup of that volume has not ended.</summary>
    BackupRunning,

    /// <summary>It exists, and nobody said that it may be overwritten.</summary>
    NotConfirmed,

    /// <summary>It cannot be opened for writing.</summary>
    NotWritable,
}

/// <summary>Where a backup is restored to.</summary>
public abstract record RestoreTarget
{
    private RestoreTarget() { }

    /// <summary>A file (made when absent) or a block device: <c>file:///…</c>, <c>/dev/…</c>, or an absolute path.</summary>
    public sealed record Device(string Source) : RestoreTarget;

    /// <summary>A registered volume of the same project.</summary>
    public sealed record Volume(VolumeId Id) : RestoreTarget;
}
