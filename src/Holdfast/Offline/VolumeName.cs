using Holdfast.Engine.Devices;
using Holdfast.Engine.Manifests;
using Holdfast.Terminal;

namespace Holdfast.Offline;

/// <summary>A volume as it is named to an offline verb: its path, its address, or the id that a service knows it by.</summary>
internal sealed class VolumeName
{
    private readonly string _given;
    private readonly DeviceAddress? _address;

    public VolumeName(string given)
    {
        _given = given;
        _ = DeviceAddress.TryParse(GivenPath.Address(given), out _address);
    }

    public bool IsOf(Manifest backup) =>
        backup.Volume == _given
        || backup.Source == _given
        || (_address is { } address && (backup.Volume == address.ToString() || backup.Source == address.FilePath));

    public override string ToString() => _given;
}
