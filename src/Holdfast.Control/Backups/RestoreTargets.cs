using Holdfast.Control.Volumes;
using Holdfast.Engine;
using Holdfast.Engine.Devices;

namespace Holdfast.Control.Backups;

/// <summary>Whether a backup can be restored to a target, told without changing a byte of it.</summary>
internal static class RestoreTargets
{
    /// <summary>Null when it can.</summary>
    public static async Task<RestoreBackupOutcome.TargetRefused?> CheckAsync(DeviceAddress address, Volume? volume, Backup backup, bool overwrite)
    {
        if (volume is not null && volume.SizeBytes < backup.VolumeBytes)
        {
            return new(RestoreRefusal.TooSmall, $"Volume '{volume.Name}' has {volume.SizeBytes} bytes and the backup {backup.VolumeBytes}: it does not fit. Name a larger one.");
        }

        if (await TryAsync(address, backup, overwrite) is not { } refusal)
        {
            return null;
        }

        var why = refusal.Kind switch
        {
            FailureKind.Busy => RestoreRefusal.Busy,
            FailureKind.Refused when !overwrite && await TryAsync(address, backup, overwrite: true) is null => RestoreRefusal.NotConfirmed,
            FailureKind.Refused => RestoreRefusal.Unsuitable,
            FailureKind.NotFound => RestoreRefusal.InvalidTarget,
            _ => RestoreRefusal.NotWritable,
        };
        return new(why, refusal.Message);
    }

    private static async Task<HoldfastException?> TryAsync(DeviceAddress address, Backup backup, bool overwrite)
    {
        try
        {
            await Engine.Devices.RestoreTarget.CheckAsync(address, backup.VolumeBytes, overwrite);
            return null;
        }
        catch (HoldfastException e)
        {
            return e;
        }
    }
}
