using Holdfast.Control.Quotas;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Backups;

/// <summary>A restore point of the repository that is to become a backup of a project: what its manifest does not say of it.</summary>
public sealed record ImportOrder
{
    /// <summary>What the backup will be called; that of the manifest, or another.</summary>
    public required BackupId Id { get; init; }

    /// <summary>The restore point that is looked for.</summary>
    public required BackupId Manifest { get; init; }

    public string? Name { get; init; }

    public string? Description { get; init; }

    public string? Container { get; init; }

    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>What a volume that is made of the backup will be like; null is the service's own.</summary>
    public string? VolumeType { get; init; }

    public string? Zone { get; init; }

    public IReadOnlyDictionary<string, string> VolumeMetadata { get; init; } = new Dictionary<string, string>();
}

public abstract record ImportBackupOutcome
{
    private ImportBackupOutcome() { }

    public sealed record Imported(Backup Backup) : ImportBackupOutcome;

    /// <summary>A backup of that id is recorded, of whatever project, or the repository has other bytes under it.</summary>
    public sealed record AlreadyExists : ImportBackupOutcome;

    /// <summary>A backup of that id was deleted and can still be brought back.</summary>
    public sealed record Deleted : ImportBackupOutcome;

    /// <summary>The repository has no such restore point.</summary>
    public sealed record NoSuchManifest : ImportBackupOutcome;

    /// <summary>It was made without a service, of a volume whose name is no id.</summary>
    public sealed record NoVolumeId(string Volume) : ImportBackupOutcome;

    public sealed record QuotaExceeded(QuotaBreach Breach) : ImportBackupOutcome;
}
