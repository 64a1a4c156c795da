using Holdfast.Control.Backups;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Shares;

/// <summary>The right of another project to see a backup and to make volumes from it; not to restore over a volume, change, delete or share
/// it.</summary>
public sealed record Share(Guid Id, BackupId Backup, ProjectId From, ProjectId To, DateTimeOffset CreatedAt);

public abstract record ShareOutcome
{
    private ShareOutcome() { }

    /// <summary>One a recipient, in the request's order; those that were there already among them.</summary>
    public sealed record Granted(IReadOnlyList<Share> Shares) : ShareOutcome;

    public sealed record NoSuchBackup : ShareOutcome;

    /// <summary>Only an available backup is shared.</summary>
    public sealed record WrongState(BackupStatus Status) : ShareOutcome;
}

/// <summary>Which shares to list; null members do not restrict.</summary>
public sealed record ShareFilter
{
    /// <summary>Those that others share with the project, rather than those that it shares.</summary>
    public bool ToMe { get; init; }

    public BackupId? Backup { get; init; }

    public VolumeId? Volume { get; init; }

    public IReadOnlyCollection<BackupStatus>? Statuses { get; init; }

    /// <summary>A part of the backup's name.</summary>
    public string? NamePart { get; init; }

    /// <summary>The backup's zone, by the name that it shows.</summary>
    public string? Zone { get; init; }

    public string? From { get; init; }

    public string? To { get; init; }
}
