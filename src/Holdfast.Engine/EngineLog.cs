using Microsoft.Extensions.Logging;

namespace Holdfast.Engine;

/// <summary>The engine's messages: ids 2000 to 2999, never renumbered.</summary>
internal static partial class EngineLog
{
    [LoggerMessage(2001, LogLevel.Warning, "The parent backup {Parent} cannot be read; the backup goes on without comparing")]
    public static partial void ParentUnreadable(ILogger log, Exception error, string parent);
}
