using Holdfast.Engine.Basics;

namespace Holdfast.Control.Volumes;

/// <summary>A volume as the catalog has it. Not read straight into the record: properties are a JSON text there, and where the source leads
/// is the catalog's own.</summary>
internal sealed class VolumeRow
{
    private const string OtherColumns =
        "id AS Id, project_id AS ProjectId, name AS Name, source AS Source, size_bytes AS SizeBytes, description AS Description, "
            + "metadata AS Metadata, volume_type AS Type, zone AS Zone, user_id AS UserId, "
        + "owned AS Owned, identity AS Identity, resolved_path AS ResolvedPath, created_at AS CreatedAt, updated_at AS UpdatedAt, "
        + "proven_at AS ProvenAt, proven_backup_id AS ProvenBackupId";
    public const string Columns = $"{OtherColumns}, status AS Status";

    /// <summary>The status as it is told: what was ordered of a volume shows from the order on, not only once a worker begins with it.
    /// Clients wait for the end of what they ordered by asking for the status, and would take what it was before for the end.</summary>
    public const string ShownColumns = $"""
        {OtherColumns}, coalesce((
          SELECT CASE job.kind WHEN 3 THEN 4 ELSE 3 END FROM job
          WHERE job.volume_id = volume.id AND job.state IN (1, 2) AND job.kind IN (1, 3)
          ORDER BY job.state DESC, job.created_at, job.id LIMIT 1), status) AS Status
        """;

    public string Id { get; set; } = "";

    public string ProjectId { get; set; } = "";

    public string Name { get; set; } = "";

    public string Source { get; set; } = "";

    public long SizeBytes { get; set; }

    public VolumeStatus Status { get; set; }

    public string? Description { get; set; }

    public string Metadata { get; set; } = "{}";

    public string? Type { get; set; }

    public string? Zone { get; set; }

    public string? UserId { get; set; }

    public int Owned { get; set; }

    public string? Identity { get; set; }

    /// <summary>Where the source led when it was last asked; null for what is older than this column.</summary>
    public string? ResolvedPath { get; set; }

    public long CreatedAt { get; set; }

    public long UpdatedAt { get; set; }

    public long? ProvenAt { get; set; }

    public string? ProvenBackupId { get; set; }

    public Volume ToVolume() =>
        new()
        {
            Id = VolumeId.Parse(Id, null),
            Project = new ProjectId(ProjectId),
            Name = Name,
            Source = Source,
            SizeBytes = SizeBytes,
            Status = Status,
            Description = Description,
            Metadata = VolumeJson.Read(Metadata),
            Type = Type,
            Zone = Zone,
            User = UserId,
            IsOwned = Owned != 0,
            Identity = Identity,
            CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(CreatedAt),
            UpdatedAt = DateTimeOffset.FromUnixTimeMilliseconds(UpdatedAt),
            ProvenAt = ProvenAt is { } proven ? DateTimeOffset.FromUnixTimeMilliseconds(proven) : null,
            ProvenBackup = ProvenBackupId is { } backup ? BackupId.Parse(backup, null) : null,
        };
}
