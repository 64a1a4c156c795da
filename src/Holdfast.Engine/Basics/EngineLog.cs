using Microsoft.Extensions.Logging;

namespace Holdfast.Engine.Basics;

/// <summary>What the engine tells a log. Event ids 2xxx; never renumbered.</summary>
internal static partial class EngineLog
{
    [LoggerMessage(
        2101,
        LogLevel.Warning,
        "Pack {Pack}, which index object {Index} names, is not in the store or has another length; what was in it is stored again when "
            + "it is seen again"
    )]
    public static partial void PackAbsent(ILogger log, Guid pack, Guid index);

    [LoggerMessage(
        2102,
        LogLevel.Warning,
        "Pack {Pack} is not in the store or has another length than {Length}; what was in it is stored again"
    )]
    public static partial void PackVanished(ILogger log, Guid pack, long length);

    [LoggerMessage(
        2103,
        LogLevel.Warning,
        "The map of parent {Parent} cannot be used; backup {Backup} reads and compares everything by content"
    )]
    public static partial void ParentUnusable(ILogger log, Exception? reason, BackupId parent, BackupId backup);

    [LoggerMessage(
        2104,
        LogLevel.Information,
        "Backup {Backup} of {Volume} is stored: {BytesRead} bytes read, {BytesNew} new, {BytesStored} stored"
    )]
    public static partial void Stored(ILogger log, BackupId backup, string volume, long bytesRead, long bytesNew, long bytesStored);

    [LoggerMessage(2105, LogLevel.Information, "Backup {Backup} of {Volume}: the device says that nothing changed since {Parent}")]
    public static partial void Unchanged(ILogger log, BackupId backup, string volume, BackupId parent);

    [LoggerMessage(2107, LogLevel.Warning, "The frame at byte {Offset} of pack {Pack} is damaged; what is needed of it is stored again")]
    public static partial void FrameDamaged(ILogger log, Guid pack, uint offset);

    [LoggerMessage(2108, LogLevel.Warning, "The index cache is dropped and made anew")]
    public static partial void CacheDropped(ILogger log, Exception reason);

    [LoggerMessage(2109, LogLevel.Information, "The index cache cannot lie in '{Folder}' ({Reason}); it lies {Instead} until the end")]
    public static partial void CacheElsewhere(ILogger log, string folder, string reason, string instead);

    [LoggerMessage(2110, LogLevel.Debug, "What was seen of the store is not noted")]
    public static partial void NotNoted(ILogger log, Exception reason);

    [LoggerMessage(2130, LogLevel.Warning, "Space ran out: {Packs} packs of {Bytes} bytes that this backup had stored are given back")]
    public static partial void GivenBack(ILogger log, int packs, long bytes);

    [LoggerMessage(2106, LogLevel.Warning, "Manifest {Manifest} cannot be read and is passed over in the search for a parent")]
    public static partial void ManifestPassedOver(ILogger log, Exception reason, string manifest);

    [LoggerMessage(2111, LogLevel.Warning, "The roll of the repository's era cannot be read: manifests of earlier eras all count")]
    public static partial void RollPassedOver(ILogger log, Exception reason);

    [LoggerMessage(2120, LogLevel.Warning, "Backup {Backup} of {Volume}: {Note}")]
    public static partial void DeviceNotSettled(ILogger log, BackupId backup, string volume, string note);
}
