namespace Holdfast.Control.Tasks;

/// <summary>A task as the catalog's row tells it, where speed does not matter.</summary>
internal sealed class TaskRow
{
    public const string Columns =
        "id AS Id, policy_id AS PolicyId, volume_id AS VolumeId, status AS Status, origin AS Origin, created_at AS CreatedAt, "
            + "finished_at AS FinishedAt, "
        + "backup_name AS BackupName, backup_id AS BackupId, job_id AS JobId, code AS Code, message AS Message, slot_at AS SlotAt";

    public string Id { get; set; } = "";

    public string PolicyId { get; set; } = "";

    public string VolumeId { get; set; } = "";

    public int Status { get; set; }

    public int Origin { get; set; }

    public long CreatedAt { get; set; }

    public long? FinishedAt { get; set; }

    public string? BackupName { get; set; }

    public string? BackupId { get; set; }

    public string? JobId { get; set; }

    public string? Code { get; set; }

    public string? Message { get; set; }

    public long? SlotAt { get; set; }

    public BackupTask ToTask() =>
        new()
        {
            Id = BackupTaskId.Parse(Id, null),
            Policy = Control.PolicyId.Parse(PolicyId, null),
            Volume = Control.VolumeId.Parse(VolumeId, null),
            Status = (BackupTaskStatus)Status,
            Origin = (TaskOrigin)Origin,
            CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(CreatedAt),
            FinishedAt = FinishedAt is { } finished ? DateTimeOffset.FromUnixTimeMilliseconds(finished) : null,
            BackupName = BackupName,
            Backup = BackupId is { } backup ? Engine.Basics.BackupId.Parse(backup, null) : null,
            Job = JobId is { } job ? new(job) : null,
            Code = Code,
            Message = Message,
            SlotAt = SlotAt is { } slot ? DateTimeOffset.FromUnixTimeMilliseconds(slot) : null,
        };
}
