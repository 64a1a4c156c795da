using Microsoft.Extensions.Logging;

namespace Holdfast.Control.Scheduling;

/// <summary>Log messages of firing and scheduling: 4000 to 4099.</summary>
internal static partial class SchedulingLog
{
    [LoggerMessage(4000, LogLevel.Information, "Policy {Policy} fired for its slot {Slot}: {Tasks} tasks")]
    public static partial void Fired(ILogger log, PolicyId policy, DateTimeOffset slot, int tasks);

    [LoggerMessage(4001, LogLevel.Information, "Policy {Policy} executed now: {Tasks} tasks")]
    public static partial void FiredNow(ILogger log, PolicyId policy, int tasks);

    [LoggerMessage(4002, LogLevel.Warning, "Policy {Policy} missed {Slots} slots, the newest at {Newest}; they are not made up for")]
    public static partial void Missed(ILogger log, PolicyId policy, int slots, DateTimeOffset newest);

    [LoggerMessage(4003, LogLevel.Error, "Policy {Policy} could not be fired; this is tried again")]
    public static partial void FiringFailed(ILogger log, Exception error, PolicyId policy);
}
