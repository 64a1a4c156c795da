using Holdfast.Engine.Basics;

namespace Holdfast.Control.Jobs;

/// <summary>A durable unit of work; the API's <c>vbs_job_id</c>.</summary>
public sealed record Job
{
    public required JobId Id { get; init; }

    public required ProjectId Project { get; init; }

    public required JobKind Kind { get; init; }

    public required JobState State { get; init; }

    /// <summary>The volume that the job reads or writes; two jobs of one volume never run at once. Null for a deletion and for a restore to
    /// a bare device.</summary>
    public VolumeId? Volume { get; init; }

    public BackupId? Backup { get; init; }

    public BackupTaskId? Task { get; init; }

    /// <summary>JSON, by kind.</summary>
    public required string Arguments { get; init; }

    /// <summary>What its bytes touch, as its handler wrote it down before the first of them; null before.</summary>
    public string? Mark { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>What it did, JSON by kind; null where its kind tells nothing, or nothing yet.</summary>
    public string? Figures { get; init; }

    /// <summary>JSON of a <see cref="Engine.Objects.StoreRequests"/>: what it has sent to stores that are reached by requests, in
    /// all attempts whose end was written; null where that is nothing.</summary>
    public string? Requests { get; init; }

    /// <summary>Bytes that the last attempt has been through, of <see cref="BytesTotal"/>; null where nothing was told.</summary>
    public long? BytesDone { get; init; }

    public long? BytesTotal { get; init; }

    /// <summary>How fast it was lately.</summary>
    public long? BytesPerSecond { get; init; }

    /// <summary>Name of who wants it stopped; null where nobody does.</summary>
    public string? CancelBy { get; init; }

    /// <summary>What its spans belong to, a W3C <c>traceparent</c>; null where nobody traced the order.</summary>
    public string? Trace { get; init; }

    /// <summary>Not claimed before.</summary>
    public required DateTimeOffset RunAfter { get; init; }

    /// <summary>When its first attempt began.</summary>
    public DateTimeOffset? BeginAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Attempts begun, the present one included; one that shutdown interrupted is not counted.</summary>
    public required int Attempt { get; init; }

    public string? LeaseOwner { get; init; }

    public DateTimeOffset? LeaseUntil { get; init; }

    /// <summary>Set, with <see cref="FailReason"/>, exactly when <see cref="State"/> is <see cref="JobState.Failed"/>.</summary>
    public string? ErrorCode { get; init; }

    public string? FailReason { get; init; }
}

/// <summary>How far an attempt is.</summary>
/// <param name="PerSecond">Bytes, lately; null where that is not known.</param>
internal sealed record JobProgressFigures(long Done, long Total, long? PerSecond);

/// <summary>A job to be queued.</summary>
public sealed record NewJob
{
    /// <summary>What stands for a project in jobs of the service's own upkeep.</summary>
    public static readonly ProjectId OfService = new("");

    public required JobId Id { get; init; }

    public required ProjectId Project { get; init; }

    public required JobKind Kind { get; init; }

    public VolumeId? Volume { get; init; }

    public BackupId? Backup { get; init; }

    public BackupTaskId? Task { get; init; }

    public string Arguments { get; init; } = "{}";
}

/// <summary>Why a job did not succeed.</summary>
/// <param name="TimedOut">Whether it was stopped at the execution limit.</param>
/// <param name="Reason">For whoever may see the backup: it names no host, no process and no path of the service's own.</param>
/// <param name="Damaged">Whether stored bytes of the backup were found damaged.</param>
/// <param name="Error">What went wrong, for the log; where it is given, the reason is made from its kind.</param>
public sealed record JobFailure(string Code, string Reason, bool TimedOut = false, bool Damaged = false, Exception? Error = null)
{
    /// <summary>A failure whose reason is made from the kind of the error when it is written down.</summary>
    public static JobFailure Of(string code, Exception error, bool damaged = false) => new(code, "", Damaged: damaged, Error: error);
}
