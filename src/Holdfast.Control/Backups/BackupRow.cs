using Holdfast.Engine.Basics;
namespace Holdfast.Control.Backups;

/// <summary>A backup as the catalog's row tells it.</summary>
internal sealed class BackupRow
{
    public const string Columns =
        "id AS Id, project_id AS ProjectId, volume_id AS VolumeId, name AS Name, description AS Description, status AS Status, "
            + "volume_bytes AS VolumeBytes, "
        + "policy_id AS PolicyId, parent_id AS ParentId, created_at AS CreatedAt, updated_at AS UpdatedAt, available_at AS AvailableAt, "
        + "bytes_read AS BytesRead, bytes_new AS BytesNew, "
        + "bytes_stored AS BytesStored, fail_code AS FailCode, fail_reason AS FailReason";

    public string Id { get; set; } = "";

    public string ProjectId { get; set; } = "";

    public string VolumeId { get; set; } = "";

    public string? Name { get; set; }

    public string? Description { get; set; }

    public BackupStatus Status { get; set; }

    public long VolumeBytes { get; set; }

    public string? PolicyId { get; set; }

    public string? ParentId { get; set; }

    public long CreatedAt { get; set; }

    public long UpdatedAt { get; set; }

    public long? AvailableAt { get; set; }

    public long? BytesRead { get; set; }

    public long? BytesNew { get; set; }

    public long? BytesStored { get; set; }

    public string? FailCode { get; set; }

    public string? FailReason { get; set; }

    public Backup ToBackup() =>
        new()
        {
            Id = BackupId.Parse(Id, null),
            Project = new(ProjectId),
            Volume = Control.VolumeId.Parse(VolumeId, null),
            Name = Name,
            Description = Description,
            Status = Status,
            VolumeBytes = VolumeBytes,
            Policy = PolicyId is { } policy ? Control.PolicyId.Parse(policy, null) : null,
            Parent = ParentId is { } parent ? BackupId.Parse(parent, null) : null,
            CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(CreatedAt),
            UpdatedAt = DateTimeOffset.FromUnixTimeMilliseconds(UpdatedAt),
            AvailableAt = AvailableAt is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null,
            BytesRead = BytesRead,
            BytesNew = BytesNew,
            BytesStored = BytesStored,
            FailCode = FailCode,
            FailReason = FailReason,
        };
}
