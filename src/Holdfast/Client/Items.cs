using System.Text.Json;

namespace Holdfast.Client;

/// <summary>A volume as the service tells it; <see cref="Raw"/> is the whole of it.</summary>
internal sealed record VolumeItem(
    string Id,
    string Name,
    string? Source,
    long? SizeBytes,
    string Status,
    DateTimeOffset? CreatedAt,
    JsonElement Raw
)
{
    /// <summary>What identifies the device, a name and a value each; none where the service does not tell.</summary>
    public IEnumerable<(string Name, string Value)> Identity =>
        Raw.Object("holdfast:identity") is { } identity
            ? identity.EnumerateObject().Where(member => member.Value.ValueKind != JsonValueKind.Null).Select(m => (m.Name, $"{m.Value}"))
            : Raw.Text("holdfast:identity") is { Length: > 0 } text ? [("identity", text)]
            : [];

    /// <summary>The service made it, and its file: it is deleted, not forgotten.</summary>
    public bool IsManaged => Raw.Flag("holdfast:managed") ?? false;

    /// <summary>When a drill last proved that it can be restored; null for never, and for services that do not tell.</summary>
    public DateTimeOffset? ProvenAt => Raw.Object("holdfast:last_proof")?.Time("at");

    public static VolumeItem Read(JsonElement json) =>
        new(
            json.Required("id"),
            json.Text("name") ?? "",
            json.Text("holdfast:source"),
            json.Number("holdfast:size_bytes") ?? (json.Number("size") << 30),
            json.Text("status") ?? "",
            json.Time("created_at"),
            json
        );
}

/// <summary>A backup policy.</summary>
internal sealed record PolicyItem(string Id, string Name, JsonElement Schedule, string? TimeZone, long Volumes, JsonElement Raw)
{
    public bool Enabled => Schedule.Text("status") == "ON";

    public static PolicyItem Read(JsonElement json) =>
        new(
            json.Required("backup_policy_id"),
            json.Text("backup_policy_name") ?? "",
            json.Object("scheduled_policy") ?? default,
            json.Text("time_zone"),
            json.Number("policy_resource_count") ?? 0,
            json
        );

    /// <summary>When it fires, in words.</summary>
    public string When()
    {
        var weekdays = string.Join(",", Schedule.Elements("week_frequency").Select(day => day.GetString()));
        var days =
            weekdays.Length > 0 ? weekdays
            : Schedule.Number("frequency") is { } n and > 1 ? $"every {n} days"
            : "every day";
        return $"{days} at {Schedule.Text("start_time")} UTC";
    }

    /// <summary>What it keeps, in words.</summary>
    public string Keeps()
    {
        var kept = Schedule.Number("rentention_num") is { } count ? $"{count} backups" : $"{Schedule.Number("rentention_day")} days";
        return Schedule.Text("remain_first_backup_of_curMonth") == "Y" ? $"{kept}, and the month's first" : kept;
    }
}

/// <summary>One volume's turn in one firing of a policy.</summary>
internal sealed record TaskItem(
    string Id,
    string Status,
    DateTimeOffset? CreatedAt,
    DateTimeOffset? FinishedAt,
    string? BackupName,
    string VolumeId,
    string? JobId,
    string? FailReason,
    JsonElement Raw
)
{
    public bool HasEnded => Status is not ("WAITING" or "RUNNING");

    public static TaskItem Read(JsonElement json) =>
        new(
            json.Required("job_id"),
            json.Text("status") ?? "",
            json.Time("created_at"),
            json.Time("finished_at"),
            json.Text("backup_name"),
            json.Text("resource_id") ?? "",
            json.Text("vbs_job_id"),
            json.Text("fail_reason") ?? json.Text("holdfast:reason"), // one that was skipped has not failed
            json
        );
}

/// <summary>A page of tasks. <paramref name="Count"/> is how many match on all pages.</summary>
internal sealed record TaskPage(long Count, IReadOnlyList<TaskItem> Tasks, JsonElement Raw);

/// <summary>What <c>task list</c> may ask for; null leaves it to the service.</summary>
internal sealed record TaskFilter(
    string? Status = null,
    int? Limit = null,
    long? Offset = null,
    string? Marker = null,
    string? SortDir = null,
    string? TaskId = null
);

internal sealed record BackupItem(
    string Id,
    string? Name,
    string VolumeId,
    string Status,
    DateTimeOffset? CreatedAt,
    long? VolumeBytes,
    long? BytesRead,
    long? BytesNew,
    long? BytesStored,
    string? FailReason,
    JsonElement Raw
)
{
    /// <summary><c>at-rest</c> or <c>live</c>; null as long as it is not known, and for services that do not tell.</summary>
    public string? Consistency => Raw.Text("holdfast:consistency");

    /// <summary>What was found out about its bytes last; null where nobody has looked, and for services that do not tell.</summary>
    public BackupVerdict? Verdict =>
        Raw.TryGetProperty("holdfast:last_verdict", out var verdict) && verdict.ValueKind == JsonValueKind.Object
            ? new BackupVerdict(
                verdict.TryGetProperty("ok", out var ok) && ok.ValueKind == JsonValueKind.True,
                verdict.Text("by") ?? "",
                verdict.Time("at"),
                verdict.Text("reason")
            )
            : null;

    public static BackupItem Read(JsonElement json) =>
        new(
            json.Required("id"),
            json.Text("name"),
            json.Text("volume_id") ?? "",
            json.Text("status") ?? "",
            json.Time("created_at"),
            json.Number("holdfast:volume_bytes") ?? (json.Number("size") << 30),
            json.Number("holdfast:bytes_read"),
            json.Number("holdfast:bytes_new"),
            json.Number("holdfast:bytes_stored"),
            json.Text("fail_reason"),
            json
        );
}

/// <param name="By">What has looked: a restore, a check, a drill.</param>
/// <param name="Reason">What is damaged; null where nothing is.</param>
internal sealed record BackupVerdict(bool IsOk, string By, DateTimeOffset? At, string? Reason);

internal sealed record JobItem(
    string Id,
    string Status,
    string? Kind,
    DateTimeOffset? BeginAt,
    DateTimeOffset? EndAt,
    string? ErrorCode,
    string? FailReason,
    JsonElement Raw
)
{
    public bool HasEnded => Status is "SUCCESS" or "FAIL";

    public static JobItem Read(JsonElement json) =>
        new(
            json.Required("job_id"),
            json.Text("status") ?? "",
            json.Text("job_type"),
            json.Time("begin_time"),
            json.Time("end_time"),
            json.Text("error_code"),
            json.Text("fail_reason"),
            json
        );

    /// <summary>As an operator is told it.</summary>
    public static JobItem ReadOperator(JsonElement json) =>
        new(
            json.Required("id"),
            json.Text("status") ?? "",
            json.Text("kind"),
            json.Time("begin_at"),
            json.Time("finished_at"),
            json.Text("error_code"),
            json.Text("fail_reason"),
            json
        );
}

/// <summary>What became of one volume in an association. <paramref name="Problem"/> is null where it went well.</summary>
internal sealed record LinkResult(string VolumeId, string? Problem)
{
    public static LinkResult Read(JsonElement json) =>
        new(json.Text("resource_id") ?? "", json.Text("code") is { } code ? $"{json.Text("message")} ({code})" : null);
}
