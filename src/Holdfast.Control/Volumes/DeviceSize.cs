using Holdfast.Engine.Basics;
using Holdfast.Engine.Devices;

namespace Holdfast.Control.Volumes;

/// <summary>Asks a device for its size when it is used.</summary>
internal static class DeviceSize
{
    /// <summary>Bytes that the device has now; null when it cannot be opened, or does not answer in time. Asks the file system, so it is
    /// never called in a transaction.</summary>
    public static async Task<long?> OfAsync(string source, CancellationToken cancel)
    {
        try
        {
            return await FileSystemCalls.Asking.AskAsync(source, () => MeasureAsync(source), abandon: null, cancel);
        }
        catch (HoldfastException)
        {
            return null;
        }
    }

    private static async Task<long?> MeasureAsync(string source)
    {
        if (!DeviceAddress.TryParse(source, out var address))
        {
            return null;
        }

        await using var device = address.OpenForReading();
        return device.Size;
    }
}
