using Holdfast.Control.Volumes;
using Holdfast.Engine.Basics;

namespace Holdfast.Control.Backups;

/// <summary>A backup as the catalog has it. Not read straight into the record: the last verdict is four columns and one value.</summary>
internal sealed class BackupRow
{
    private const string OtherColumns =
        "id AS Id, project_id AS ProjectId, volume_id AS VolumeId, name AS Name, description AS Description, volume_bytes AS VolumeBytes, "
        + "policy_id AS PolicyId, parent_id AS ParentId, created_at AS CreatedAt, updated_at AS UpdatedAt, available_at AS AvailableAt, "
        + "kept_until AS KeptUntil, "
        + "bytes_read AS BytesRead, bytes_new AS BytesNew, "
        + "metadata AS Metadata, container AS Container, incremental AS Incremental, volume_type AS VolumeType, zone AS Zone, "
        + "volume_metadata AS VolumeMetadata, "
        + "bytes_stored AS BytesStored, fail_code AS FailCode, fail_reason AS FailReason, "
        + "number AS Number, consistency AS Consistency, verdict_at AS VerdictAt, verdict_by AS VerdictBy, verdict_ok AS VerdictOk, "
        + "verdict_reason AS VerdictReason";

    /// <summary>As it is recorded.</summary>
    public const string Columns = $"{OtherColumns}, status AS Status";

    /// <summary>The state as it is told: an available backup is being restored while a restore that its own project ordered has not ended.
    /// Somebody else's restore, through a share, shows to nobody. {0} is what the table is called, with its point. The plus keeps SQLite
    /// from looking through all restores there ever were for each backup, instead of the open jobs of that backup.</summary>
    public const string ShownStatus =
        "(CASE WHEN {0}status = 2 AND EXISTS (SELECT 1 FROM job held WHERE held.backup_id = {0}id AND held.state IN (1, 2) "
        + "AND +held.kind = 3 AND held.project_id = {0}project_id) THEN 8 ELSE {0}status END)";

    /// <summary>As it is told; of the table <c>backup</c> under its own name.</summary>
    public static readonly string ShownColumns =
        $"{OtherColumns}, {ShownStatus.Replace("{0}", "backup.", StringComparison.Ordinal)} AS Status";

    public string Id { get; set; } = "";

    public string ProjectId { get; set; } = "";

    public string VolumeId { get; set; } = "";

    public string? Name { get; set; }

    public string? Description { get; set; }

    public string Metadata { get; set; } = "{}";

    public string? Container { get; set; }

    public int? Incremental { get; set; }

    public string? VolumeType { get; set; }

    public string? Zone { get; set; }

    public string VolumeMetadata { get; set; } = "{}";

    public BackupStatus Status { get; set; }

    public long VolumeBytes { get; set; }

    public string? PolicyId { get; set; }

    public string? ParentId { get; set; }

    public long CreatedAt { get; set; }

    public long UpdatedAt { get; set; }

    public long? AvailableAt { get; set; }

    public long? KeptUntil { get; set; }

    public long? BytesRead { get; set; }

    public long? BytesNew { get; set; }

    public long? BytesStored { get; set; }

    public string? FailCode { get; set; }

    public string? FailReason { get; set; }

    public long Number { get; set; }

    public string? Consistency { get; set; }

    public long? VerdictAt { get; set; }

    public int? VerdictBy { get; set; }

    public int? VerdictOk { get; set; }

    public string? VerdictReason { get; set; }

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
            Metadata = VolumeJson.Read(Metadata),
            Container = Container,
            OrderedIncremental = Incremental is { } ordered ? ordered == 1 : null,
            VolumeType = VolumeType,
            Zone = Zone,
            VolumeMetadata = VolumeJson.Read(VolumeMetadata),
            Policy = PolicyId is { } policy ? Control.PolicyId.Parse(policy, null) : null,
            Parent = ParentId is { } parent ? BackupId.Parse(parent, null) : null,
            CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(CreatedAt),
            UpdatedAt = DateTimeOffset.FromUnixTimeMilliseconds(UpdatedAt),
            AvailableAt = AvailableAt is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null,
            KeptUntil = KeptUntil is { } until ? DateTimeOffset.FromUnixTimeMilliseconds(until) : null,
            BytesRead = BytesRead,
            BytesNew = BytesNew,
            BytesStored = BytesStored,
            FailCode = FailCode,
            FailReason = FailReason,
            Number = Number,
            Consistency = Consistency,
            LastVerdict = VerdictAt is { } looked
                ? new BackupVerdict(
                    DateTimeOffset.FromUnixTimeMilliseconds(looked),
                    (VerdictBy)(VerdictBy ?? 0),
                    VerdictOk == 1 ? null : VerdictReason ?? "Damaged."
                )
                : null,
        };
}
