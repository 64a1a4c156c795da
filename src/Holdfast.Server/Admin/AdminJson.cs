using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Holdfast.Server.Http;

namespace Holdfast.Server.Admin;

/// <summary>How the answers of this folder are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(NativeTimeConverter)])]
[JsonSerializable(typeof(JobListAnswer))]
[JsonSerializable(typeof(JobEnvelope))]
[JsonSerializable(typeof(JobLogAnswer))]
[JsonSerializable(typeof(AuditListAnswer))]
[JsonSerializable(typeof(AuditVerifyAnswer))]
[JsonSerializable(typeof(DeletedBackupListAnswer))]
[JsonSerializable(typeof(BackupIdEnvelope))]
[JsonSerializable(typeof(JobIdAnswer))]
internal sealed partial class AdminJson : JsonSerializerContext;

internal sealed record JobListAnswer(IReadOnlyList<JobAnswer> Jobs);

internal sealed record JobEnvelope(JobAnswer Job);

/// <param name="Status">As jobs are told in the contract: INIT, RUNNING, SUCCESS, FAIL.</param>
/// <param name="Figures">What it did, by its kind; null where that tells nothing.</param>
/// <param name="StoreRequests">What it has sent to stores that are reached by requests; null where that is nothing.</param>
internal sealed record JobAnswer(
    string Id,
    string Kind,
    string Status,
    string? VolumeId,
    string? BackupId,
    DateTimeOffset CreatedAt,
    DateTimeOffset? BeginAt,
    DateTimeOffset? FinishedAt,
    int Attempt,
    string? ErrorCode,
    string? FailReason,
    JsonElement? Figures,
    JsonElement? StoreRequests,
    long? BytesDone,
    long? BytesTotal,
    long? BytesPerSecond,
    string? CancelBy
);

/// <param name="Ended">Whether the job has ended and no more of what it did follows.</param>
internal sealed record JobLogAnswer(IReadOnlyList<JobLogLineAnswer> Lines, bool Ended);

/// <param name="Level">info, warning or error.</param>
/// <param name="Fields">Numbers, words and truths; null where there are none.</param>
internal sealed record JobLogLineAnswer(long Number, DateTimeOffset Time, string Level, int Attempt, string Message, JsonObject? Fields);

internal sealed record DeletedBackupListAnswer(IReadOnlyList<DeletedBackupAnswer> Backups);

internal sealed record DeletedBackupAnswer(
    string Id,
    string? Name,
    string VolumeId,
    long VolumeBytes,
    string? PolicyId,
    DateTimeOffset CreatedAt,
    DateTimeOffset? KeptUntil
);

internal sealed record BackupIdEnvelope(BackupIdAnswer Backup);

internal sealed record BackupIdAnswer(string Id);

internal sealed record JobIdAnswer(string JobId);

internal sealed record AuditListAnswer(IReadOnlyList<AuditEventAnswer> Events);

/// <param name="Kind">begun: nobody knows yet, or ever, what came of it; done: that is told.</param>
/// <param name="Began">Number of the row that was written before it was carried out; null where there was none.</param>
/// <param name="From">The address that it came from; null for what the service does by itself.</param>
internal sealed record AuditEventAnswer(
    long Number,
    DateTimeOffset Time,
    string Kind,
    long? Began,
    AuditActorAnswer Actor,
    string? From,
    string? ProjectId,
    string Action,
    string? Object,
    int? Status,
    string? Code,
    string? Details,
    string Hash
);

internal sealed record AuditActorAnswer(string? Id, string Name);

/// <param name="FirstBroken">Number of the first event that is not as it was written, or not where it was; null where all are.</param>
/// <param name="ComparedNumber">Which event the newest export of the catalog has the hash of; null where nothing was compared.</param>
internal sealed record AuditVerifyAnswer(
    bool Sound,
    long Events,
    long? FirstBroken,
    string? Why,
    string Head,
    long HeadNumber,
    long? ComparedNumber
);
