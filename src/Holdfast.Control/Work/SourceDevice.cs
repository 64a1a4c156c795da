using Holdfast.Control.Jobs;
using Holdfast.Control.Tasks;
using Holdfast.Control.Volumes;
using Holdfast.Engine.Basics;
using Holdfast.Engine.Devices;

namespace Holdfast.Control.Work;

/// <summary>
/// The device of a registered volume, opened to be backed up, or why it is not to be: it is gone, holds nothing any more, or is another one
/// than was registered. A backup of such a thing would be a success about something that is not the volume.
/// </summary>
internal sealed class SourceDevice : IAsyncDisposable
{
    private readonly IBlockDevice? _device;

    private SourceDevice(IBlockDevice? device, JobFailure? trouble)
    {
        _device = device;
        Trouble = trouble;
    }

    public JobFailure? Trouble { get; }

    /// <summary>Throws when there is <see cref="Trouble"/>.</summary>
    public IBlockDevice Device => _device ?? throw new InvalidOperationException("A device that is not to be read is read.");

    /// <summary>Size in bytes as it is now; null when there is <see cref="Trouble"/>.</summary>
    public long? Size => _device?.Size;

    /// <exception cref="HoldfastException">What opening throws for other reasons, e.g. a medium that cannot be read.</exception>
    public static async Task<SourceDevice> OpenAsync(Volume volume, TimeProvider clock, FileSystemCalls files, CancellationToken cancel)
    {
        try
        {
            return await files.AskAsync(
                volume.Source,
                () => OpenAsync(volume, clock),
                abandon: late => late.DisposeAsync(),
                cancel
            );
        }
        catch (HoldfastException e) when (e.Kind == FailureKind.Unavailable)
        {
            return new(null, new JobFailure(TaskCodes.VolumeGone, $"The device of volume '{volume.Name}' does not answer. {e.Message}"));
        }
    }

    private static async Task<SourceDevice> OpenAsync(Volume volume, TimeProvider clock)
    {
        IBlockDevice device;
        try
        {
            device = DeviceAddress.Parse(volume.Source).OpenForReading(clock);
        }
        catch (HoldfastException e) when (e.Kind is FailureKind.NotFound or FailureKind.DeviceChanged or FailureKind.Refused)
        {
            return new(null, JobFailure.Of(TaskCodes.VolumeGone, e));
        }

        if (TroubleOf(volume, device) is not { } trouble)
        {
            return new(device, null);
        }

        await device.DisposeAsync();
        return new(null, trouble);
    }

    public ValueTask DisposeAsync() => _device?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static JobFailure? TroubleOf(Volume volume, IBlockDevice device)
    {
        if (device.Size == 0)
        {
            return new(
                TaskCodes.VolumeGone,
                $"Volume '{volume.Name}' had {volume.SizeBytes} bytes and has none now: it was cut to nothing, or has lost its device. "
                    + " Bring its content back, or remove the volume; its backups stay."
            );
        }

        return
            DeviceIdentity.TryParse(volume.Identity) is { } registered
            && device.Identity()?.DifferencesFrom(registered) is { Count: > 0 } differences
            ? new(
                TaskCodes.AnotherDevice,
                $"The device of volume '{volume.Name}' is not the one that was registered. {string.Join(' ', differences)} If it "
                    + $"shall be the volume from now on, say so: holdfast volume set '{volume.Name}' --accept-device."
            )
            : null;
    }
}
