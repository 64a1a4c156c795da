using Holdfast.Engine.Restore;

namespace Holdfast.Control.Drills;

/// <summary>A drill as the catalog has it.</summary>
internal sealed class DrillRow
{
    public const string Columns =
        "id AS Id, project_id AS ProjectId, volume_id AS VolumeId, volume_name AS VolumeName, state AS State, by_hand AS ByHand, "
        + "job_id AS JobId, ordered_at AS OrderedAt, began_at AS BeganAt, ended_at AS EndedAt, backup_id AS BackupId, "
        + "backup_number AS BackupNumber, choice AS Choice, choices AS Choices, root AS Root, bytes_verified AS BytesVerified, "
        + "bytes_zero AS BytesZero, bytes_read AS BytesRead, packs AS Packs, took_ms AS TookMs, command AS Command, "
        + "exit_code AS ExitCode, output AS Output, reason AS Reason";

    public string Id { get; set; } = "";

    public string ProjectId { get; set; } = "";

    public string VolumeId { get; set; } = "";

    public string VolumeName { get; set; } = "";

    public DrillState State { get; set; }

    public int ByHand { get; set; }

    public string? JobId { get; set; }

    public long OrderedAt { get; set; }

    public long? BeganAt { get; set; }

    public long? EndedAt { get; set; }

    public string? BackupId { get; set; }

    public long? BackupNumber { get; set; }

    public DrillChoice? Choice { get; set; }

    public long? Choices { get; set; }

    public string? Root { get; set; }

    public long? BytesVerified { get; set; }

    public long? BytesZero { get; set; }

    public long? BytesRead { get; set; }

    public long? Packs { get; set; }

    public long? TookMs { get; set; }

    public string? Command { get; set; }

    public int? ExitCode { get; set; }

    public string? Output { get; set; }

    public string? Reason { get; set; }

    public Drill ToDrill() =>
        new()
        {
            Id = DrillId.Parse(Id, null),
            Project = new ProjectId(ProjectId),
            Volume = Control.VolumeId.Parse(VolumeId, null),
            VolumeName = VolumeName,
            State = State,
            IsByHand = ByHand != 0,
            Job = JobId is { } job ? new Control.JobId(job) : null,
            OrderedAt = At(OrderedAt),
            BeganAt = BeganAt is { } began ? At(began) : null,
            EndedAt = EndedAt is { } ended ? At(ended) : null,
            Backup = BackupId is { } backup ? Engine.Basics.BackupId.Parse(backup, null) : null,
            BackupNumber = BackupNumber,
            Choice = Choice,
            Choices = Choices,
            Verified = Root is { } root
                ? new VerifyFigures(
                    BytesVerified ?? 0,
                    BytesZero ?? 0,
                    BytesRead ?? 0,
                    (int)(Packs ?? 0),
                    root,
                    TimeSpan.FromMilliseconds(TookMs ?? 0)
                )
                : null,
            Command = Command is { } command ? new DrillCommandResult(command, ExitCode, Output ?? "") : null,
            Reason = Reason,
        };

    private static DateTimeOffset At(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);
}
