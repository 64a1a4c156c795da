namespace Holdfast.Control.Jobs;

/// <summary>A job as the catalog's row tells it.</summary>
internal sealed class JobRow
{
    public const string Columns =
        "id AS Id, project_id AS ProjectId, kind AS Kind, state AS State, volume_id AS VolumeId, backup_id AS BackupId, task_id AS "
            + "TaskId, arguments AS Arguments, "
        + "created_at AS CreatedAt, run_after AS RunAfter, begin_at AS BeginAt, finished_at AS FinishedAt, attempt AS Attempt, "
        + "lease_owner AS LeaseOwner, lease_until AS LeaseUntil, "
        + "error_code AS ErrorCode, fail_reason AS FailReason, mark AS Mark";

    public string Id { get; set; } = "";

    public string ProjectId { get; set; } = "";

    public JobKind Kind { get; set; }

    public JobState State { get; set; }

    public string? VolumeId { get; set; }

    public string? BackupId { get; set; }

    public string? TaskId { get; set; }

    public string Arguments { get; set; } = "";

    public string? Mark { get; set; }

    public long CreatedAt { get; set; }

    public long RunAfter { get; set; }

    public long? BeginAt { get; set; }

    public long? FinishedAt { get; set; }

    public int Attempt { get; set; }

    public string? LeaseOwner { get; set; }

    public long? LeaseUntil { get; set; }

    public string? ErrorCode { get; set; }

    public string? FailReason { get; set; }

    public Job ToJob() =>
        new()
        {
            Id = new(Id),
            Project = new(ProjectId),
            Kind = Kind,
            State = State,
            Volume = VolumeId is { } volume ? Control.VolumeId.Parse(volume, null) : null,
            Backup = BackupId is { } backup ? Engine.Basics.BackupId.Parse(backup, null) : null,
            Task = TaskId is { } task ? BackupTaskId.Parse(task, null) : null,
            Arguments = Arguments,
            Mark = Mark,
            CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(CreatedAt),
            RunAfter = DateTimeOffset.FromUnixTimeMilliseconds(RunAfter),
            BeginAt = Time(BeginAt),
            FinishedAt = Time(FinishedAt),
            Attempt = Attempt,
            LeaseOwner = LeaseOwner,
            LeaseUntil = Time(LeaseUntil),
            ErrorCode = ErrorCode,
            FailReason = FailReason,
        };

    private static DateTimeOffset? Time(long? at) => at is { } ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : null;
}
