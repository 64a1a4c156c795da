using Microsoft.Extensions.Logging;

namespace Holdfast.Control.Exports;

/// <summary>Log messages of exports and of catalogs that are made anew: 4500 to 4599.</summary>
internal static partial class ExportLog
{
    [LoggerMessage(4500, LogLevel.Information, "The catalog is in the repository as export {Export}: {Parts} parts, {Bytes} bytes")]
    public static partial void Exported(ILogger log, string export, int parts, long bytes);

    [LoggerMessage(
        4501,
        LogLevel.Warning,
        "The catalog could not be written to the repository before the service ends; the repository has an older export of it"
    )]
    public static partial void NotExportedAtEnd(ILogger log, Exception reason);

    [LoggerMessage(4502, LogLevel.Warning, "The newest export of the catalog, {Export}, cannot be read; another one is made")]
    public static partial void NewestUnreadable(ILogger log, Exception reason, string export);
}
