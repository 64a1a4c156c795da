using Holdfast.Engine.Basics;
using Microsoft.Extensions.Logging;

namespace Holdfast.Control.Backups;

/// <summary>Log messages of backups: 4200 to 4299.</summary>
internal static partial class BackupLog
{
    [LoggerMessage(
        4200,
        LogLevel.Information,
        "Backup {Backup} of volume {Volume} is available: {BytesRead} bytes read, {BytesNew} new, {BytesStored} stored"
    )]
    public static partial void Made(ILogger log, BackupId backup, VolumeId volume, long bytesRead, long bytesNew, long bytesStored);

    [LoggerMessage(
        4201,
        LogLevel.Warning,
        "Backup {Backup} cannot be compared with {Parent}, which cannot be read; it is compared with another, or with none"
    )]
    public static partial void ParentUnusable(ILogger log, Exception error, BackupId backup, BackupId parent);

    [LoggerMessage(4202, LogLevel.Information, "Backup {Backup} was already in the repository; its row is completed")]
    public static partial void FoundMade(ILogger log, BackupId backup);

    [LoggerMessage(4203, LogLevel.Information, "Backup {Backup} was restored to {Target}")]
    public static partial void Restored(ILogger log, BackupId backup, string target);

    [LoggerMessage(4204, LogLevel.Information, "Retention of policy {Policy} drops backup {Backup} of volume {Volume}: {Reason}")]
    public static partial void Dropped(ILogger log, PolicyId policy, BackupId backup, VolumeId volume, string reason);

    [LoggerMessage(4205, LogLevel.Information, "Backup {Backup} was committed by an earlier attempt; its manifest is put")]
    public static partial void FoundCommitted(ILogger log, BackupId backup);

    [LoggerMessage(4206, LogLevel.Information, "Backup {Backup} is deleted and can be brought back until {KeptUntil:u}")]
    public static partial void Kept(ILogger log, BackupId backup, DateTimeOffset keptUntil);
}
