using Microsoft.Extensions.Logging;

namespace Holdfast.Control.Upkeep;

/// <summary>Log messages of upkeep and of the loops: 4300 to 4399.</summary>
internal static partial class UpkeepLog
{
    [LoggerMessage(4300, LogLevel.Error, "{Loop} failed; it runs again in {Interval}")]
    public static partial void PassFailed(ILogger log, Exception error, string loop, TimeSpan interval);

    [LoggerMessage(4301, LogLevel.Information, "Removed {Tasks} tasks and {Jobs} jobs that ended longer ago than history is kept, {Tokens} expired tokens, {Decisions} old retention decisions")]
    public static partial void Removed(ILogger log, long tasks, long jobs, long tokens, long decisions);

    [LoggerMessage(4302, LogLevel.Error, "The retention of policy {Policy} could not be applied; this is tried again")]
    public static partial void RetentionFailed(ILogger log, Exception error, PolicyId policy);
}
