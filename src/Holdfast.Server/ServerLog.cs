using Microsoft.Extensions.Logging;

namespace Holdfast.Server;

/// <summary>The server's messages: ids 5000 to 5999, never renumbered.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(5001, LogLevel.Error, "{Method} {Path} failed")]
    public static partial void Failed(ILogger log, Exception error, string method, string path);

    [LoggerMessage(5002, LogLevel.Warning, "{Method} {Path} could not be answered")]
    public static partial void Unavailable(ILogger log, Exception error, string method, string path);

    [LoggerMessage(5003, LogLevel.Warning, "Listening on {Address}, which others can reach, without TLS: put a proxy with TLS before it")]
    public static partial void OpenToOthers(ILogger log, string address);
}
