using Holdfast.Control.Volumes;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Devices;

namespace Holdfast.Control.Backups;

/// <summary>Whether a backup can be restored to a target, told without changing a byte of it.</summary>
internal static class RestoreTargets
{
    /// <summary>To try a target is to hold it for a moment, in which others find it in use. In this process they wait here; who comes from
    /// another one tries again. Targets that share a door only wait a little longer.</summary>
    private static readonly SemaphoreSlim[] Doors = [.. Enumerable.Range(0, 32).Select(_ => new SemaphoreSlim(1))];
    private const int Tries = 3;
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(50);

    /// <summary>Null when it can.</summary>
    public static async Task<RestoreBackupOutcome.TargetRefused?> CheckAsync(
        DeviceAddress address,
        Volume? volume,
        Backup backup,
        bool overwrite,
        CancellationToken cancel
    )
    {
        var door = Doors[(address.GetHashCode() & int.MaxValue) % Doors.Length];
        await door.WaitAsync(cancel);
        try
        {
            return await CheckHeldAsync(address, volume, backup, overwrite, cancel);
        }
        finally
        {
            door.Release();
        }
    }

    private static async Task<RestoreBackupOutcome.TargetRefused?> CheckHeldAsync(
        DeviceAddress address,
        Volume? volume,
        Backup backup,
        bool overwrite,
        CancellationToken cancel
    )
    {
        var registered = DeviceIdentity.TryParse(volume?.Identity);
        var refusal = await TryAsync(address, backup, overwrite, registered, cancel);
        for (var tried = 1; refusal is { Kind: FailureKind.Busy } && tried < Tries; tried++)
        {
            await Task.Delay(BetweenTries, TimeProvider.System, cancel); // the kernel lets go in its own time
            refusal = await TryAsync(address, backup, overwrite, registered, cancel);
        }

        if (refusal is null)
        {
            return null;
        }

        var why = refusal.Kind switch
        {
            FailureKind.Busy => RestoreRefusal.Busy,
            FailureKind.Refused when volume is not null && await DeviceSize.OfAsync(volume.Source, cancel) < backup.VolumeBytes =>
                RestoreRefusal.TooSmall,
            FailureKind.Refused when !overwrite && await TryAsync(address, backup, overwrite: true, registered, cancel) is null =>
                RestoreRefusal.NotConfirmed,
            FailureKind.Refused or FailureKind.DeviceChanged => RestoreRefusal.Unsuitable,
            FailureKind.NotFound => RestoreRefusal.InvalidTarget,
            _ => RestoreRefusal.NotWritable,
        };

        // How a device differs from the one that was registered is what whoever asked must hear, in its own words.
        var isAnother = refusal.Kind == FailureKind.DeviceChanged;
        return new(
            why,
            volume is null || isAnother ? refusal.Message : TextOf(why, volume.Name, await SizesAsync(why, volume, backup, cancel))
        );
    }

    private static async ValueTask<string> SizesAsync(
        RestoreRefusal why,
        Volume volume,
        Backup backup,
        CancellationToken cancel
    ) =>
        why == RestoreRefusal.TooSmall
            ? $"has {await DeviceSize.OfAsync(volume.Source, cancel)} bytes, and the backup {backup.VolumeBytes}"
            : "";

    /// <summary>Where its device is, is nothing to tell whoever may only name the volume.</summary>
    private static string TextOf(RestoreRefusal why, string volume, string sizes) =>
        why switch
        {
            RestoreRefusal.Busy => $"Volume '{volume}' is in use: something is mounted from it, or a program has it open. End that first.",
            RestoreRefusal.NotConfirmed =>
                $"Volume '{volume}' holds data, which a restore would overwrite. Say that it may be lost, or restore elsewhere.",
            RestoreRefusal.TooSmall => $"Volume '{volume}' {sizes}: it does not fit. Name a larger one.",
            RestoreRefusal.InvalidTarget => $"The device of volume '{volume}' is not there.",
            RestoreRefusal.Unsuitable =>
                $"Volume '{volume}' is nothing that this backup can be restored into: it is too small, no device, or not the one "
                    + "that was registered.",
            _ => $"Volume '{volume}' cannot be written: its device is read-only, or the service's user may not write to it.",
        };

    private static async Task<HoldfastException?> TryAsync(
        DeviceAddress address,
        Backup backup,
        bool overwrite,
        DeviceIdentity? registered,
        CancellationToken cancel
    )
    {
        try
        {
            return await FileSystemCalls.Asking.AskAsync<HoldfastException?>(
                address.ResolvedPath,
                async () =>
                {
                    await Engine.Devices.RestoreTarget.CheckAsync(address, backup.VolumeBytes, overwrite, registered);
                    return null;
                },
                abandon: null,
                cancel
            );
        }
        catch (HoldfastException e)
        {
            return e;
        }
    }
}
