using Microsoft.Extensions.Logging;

namespace Holdfast.Control.Jobs;

/// <summary>What the service's own log is told of jobs: 4100 to 4199. A job's log is another thing: <see cref="JobLogStore"/>.</summary>
internal static partial class JobMessages
{
    [LoggerMessage(4100, LogLevel.Information, "{Kind} job {Job} begins, attempt {Attempt} of {MaxAttempts}")]
    public static partial void Begins(ILogger log, JobKind kind, JobId job, int attempt, int maxAttempts);

    [LoggerMessage(4101, LogLevel.Information, "{Kind} job {Job} is done")]
    public static partial void Done(ILogger log, JobKind kind, JobId job);

    [LoggerMessage(4102, LogLevel.Error, "{Kind} job {Job} failed: {Code} {Reason}")]
    public static partial void Failed(ILogger log, Exception? error, JobKind kind, JobId job, string code, string reason);

    [LoggerMessage(
        4103,
        LogLevel.Warning,
        "{Kind} job {Job} failed for a passing reason at attempt {Attempt} of {MaxAttempts}; it is tried again after {After}"
    )]
    public static partial void PutOff(
        ILogger log,
        Exception error,
        JobKind kind,
        JobId job,
        int attempt,
        int maxAttempts,
        DateTimeOffset after
    );

    [LoggerMessage(4104, LogLevel.Information, "{Kind} job {Job} went back to the queue because the service ends")]
    public static partial void HandedBack(ILogger log, JobKind kind, JobId job);

    [LoggerMessage(
        4105,
        LogLevel.Warning,
        "{Kind} job {Job} was stopped: its lease was lost to another worker, or could not be renewed in time"
    )]
    public static partial void LeaseLost(ILogger log, JobKind kind, JobId job);

    [LoggerMessage(4106, LogLevel.Warning, "The lease of job {Job} could not be renewed; this is tried again")]
    public static partial void RenewalFailed(ILogger log, Exception error, JobId job);

    [LoggerMessage(4107, LogLevel.Warning, "{Kind} job {Job}: its worker {Owner} gave no sign of life; the job is back in the queue")]
    public static partial void Rescued(ILogger log, JobKind kind, JobId job, string? owner);

    [LoggerMessage(4108, LogLevel.Error, "The end of {Kind} job {Job} could not be written; it is run again when its lease has ended")]
    public static partial void EndNotWritten(ILogger log, Exception error, JobKind kind, JobId job);

    [LoggerMessage(4110, LogLevel.Error, "{Kind} job {Job} of worker {Owner} failed: {Reason}")]
    public static partial void GivenUp(ILogger log, JobKind kind, JobId job, string? owner, string reason);

    [LoggerMessage(
        4112,
        LogLevel.Information,
        "{Kind} job {Job} sent the store {Puts} puts, {Gets} reads, {Heads} questions, {Lists} pages of listings, {Deletes} deletions "
            + "and {Others} others"
    )]
    public static partial void StoreRequests(
        ILogger log,
        JobKind kind,
        JobId job,
        long puts,
        long gets,
        long heads,
        long lists,
        long deletes,
        long others
    );

    [LoggerMessage(4113, LogLevel.Warning, "The log of job {Job} could not be written; the job goes on without")]
    public static partial void LogNotWritten(ILogger log, Exception error, JobId job);

    [LoggerMessage(
        4114,
        LogLevel.Debug,
        "How far job {Job} is could not be told, nor whether somebody wants it stopped; it is tried again"
    )]
    public static partial void NotWatched(ILogger log, Exception error, JobId job);
}
