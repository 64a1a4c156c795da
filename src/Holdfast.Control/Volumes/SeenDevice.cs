using Holdfast.Engine.Devices;

namespace Holdfast.Control.Volumes;

/// <summary>What a device was found to be.</summary>
/// <param name="Size">Bytes.</param>
/// <param name="Identity"><see cref="DeviceIdentity"/>, as text.</param>
internal readonly record struct SeenDevice(long Size, string? Identity);
