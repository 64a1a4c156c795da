using Microsoft.Extensions.Logging;

namespace Holdfast.Control.Audit;

/// <summary>What the service's own log is told of the audit log: 4700 to 4799.</summary>
internal static partial class AuditMessages
{
    [LoggerMessage(4700, LogLevel.Information, "The audit log has {Number} events; the hash of the last is {Hash}")]
    public static partial void Head(ILogger log, long number, string hash);
}
