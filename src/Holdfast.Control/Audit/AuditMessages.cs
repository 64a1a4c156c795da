using Microsoft.Extensions.Logging;

namespace Holdfast.Control.Audit;

/// <summary>What the service's own log is told of the audit log: 4700 to 4799.</summary>
internal static partial class AuditMessages
{
    [LoggerMessage(4700, LogLevel.Information, "The audit log has {Number} events; the hash of the last is {Hash}")]
    public static partial void Head(ILogger log, long number, string hash);

    [LoggerMessage(
        4701,
        LogLevel.Error,
        "The audit log does not hold event {Number} as export {Export} tells of it: events were taken out or changed. Exports go on "
            + "telling of that one; 'holdfast audit verify' says more"
    )]
    public static partial void NotHeld(ILogger log, long number, string export);
}
