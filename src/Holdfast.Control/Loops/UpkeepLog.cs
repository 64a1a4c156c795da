using Holdfast.Engine.Basics;
using Microsoft.Extensions.Logging;

namespace Holdfast.Control.Loops;

/// <summary>Log messages of upkeep and of the loops: 4300 to 4399.</summary>
internal static partial class UpkeepLog
{
    [LoggerMessage(4300, LogLevel.Error, "{Loop} failed; it runs again in {Interval}")]
    public static partial void PassFailed(ILogger log, Exception error, string loop, TimeSpan interval);

    [LoggerMessage(
        4301,
        LogLevel.Information,
        "Removed {Tasks} tasks and {Jobs} jobs that ended longer ago than history is kept, {Tokens} expired tokens"
    )]
    public static partial void Removed(ILogger log, long tasks, long jobs, long tokens);

    [LoggerMessage(4302, LogLevel.Error, "The retention of policy {Policy} could not be applied; this is tried again")]
    public static partial void RetentionFailed(ILogger log, Exception error, PolicyId policy);

    [LoggerMessage(4303, LogLevel.Information, "Removed the file {File}, which no volume names")]
    public static partial void VolumeFileRemoved(ILogger log, string file);

    [LoggerMessage(
        4304,
        LogLevel.Warning,
        "No volume names the file {File}, and it holds data: it is left alone. Is the catalog an older copy? If nobody misses it, delete "
            + "it by hand"
    )]
    public static partial void VolumeFileUnknown(ILogger log, string file);

    [LoggerMessage(4305, LogLevel.Warning, "The file {File} of a volume that was deleted cannot be removed; this is tried again")]
    public static partial void VolumeFileStays(ILogger log, Exception error, string file);

    [LoggerMessage(4306, LogLevel.Warning, "The deletion of the volume of {File} was not finished: the volume has its file again")]
    public static partial void VolumeFileBack(ILogger log, string file);

    [LoggerMessage(
        4307,
        LogLevel.Warning,
        "The clock was ahead and is not any more: taken back were {Policies} policies' next runs, {Jobs} jobs, {Tokens} tokens"
    )]
    public static partial void ClockWasAhead(ILogger log, int policies, int jobs, int tokens);

    [LoggerMessage(
        4308,
        LogLevel.Error,
        "The repository's store keeps writers apart less well than it did. It was of class {Best}; it is of class {Now}. Prune deletes "
            + "nothing until it is as it was"
    )]
    public static partial void StoreClassWorsened(ILogger log, string best, string now);

    [LoggerMessage(
        4309,
        LogLevel.Error,
        "The repository does not hold {Count} backups that the catalog has, {Newest} of volume {Volume} among them: files of it were lost, "
            + "or an older copy of it is in its place. They count as damaged from now on. Put the newest copy back, or fetch them with "
            + "'holdfast repo repair --from COPY --backup BACKUP'"
    )]
    public static partial void BackupsLost(ILogger log, int count, BackupId newest, string volume);

    [LoggerMessage(4310, LogLevel.Information, "The repository holds {Count} backups again that it did not hold, {Newest} among them")]
    public static partial void BackupsBack(ILogger log, int count, BackupId newest);
}
