using Holdfast.Engine.Basics;
using Microsoft.Extensions.Logging;

namespace Holdfast.Control.Drills;

/// <summary>Log messages of restore drills: 4380 to 4389.</summary>
internal static partial class DrillLog
{
    [LoggerMessage(
        4380,
        LogLevel.Information,
        "Drill {Drill}: volume {Volume} is proven to be restorable from backup {Backup}: {Bytes} bytes"
    )]
    public static partial void Proven(ILogger log, DrillId drill, VolumeId volume, BackupId? backup, long bytes);

    [LoggerMessage(4381, LogLevel.Error, "Drill {Drill}: volume {Volume} is not proven to be restorable from backup {Backup}: {Reason}")]
    public static partial void NotProven(ILogger log, DrillId drill, VolumeId volume, BackupId? backup, string reason);

    [LoggerMessage(4382, LogLevel.Warning, "Drill {Drill}: backup {Backup} seems to be damaged; it is read once more: {Reason}")]
    public static partial void LookedAgain(ILogger log, DrillId drill, BackupId backup, string reason);

    [LoggerMessage(4383, LogLevel.Warning, "The file {File}, which a drill left, cannot be removed; this is tried again")]
    public static partial void FileStays(ILogger log, Exception error, string file);
}
