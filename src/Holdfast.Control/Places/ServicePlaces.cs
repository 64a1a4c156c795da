using Holdfast.Engine.Devices;

namespace Holdfast.Control.Places;

/// <summary>A file or folder of the service's own.</summary>
/// <param name="Path">Absolute.</param>
/// <param name="Name">What it is called where its path is nobody's business, e.g. <c>the repository</c>.</param>
public sealed record ServicePlace(string Path, string Name);

/// <summary>
/// Where the service keeps what is its own: catalog, repository, key, the files of volumes that it made. None of it is ever registered as a
/// volume or restored over: one such restore would cost every backup.
/// </summary>
/// <param name="places">A file that lies in several belongs to the first.</param>
public sealed class ServicePlaces(IReadOnlyList<ServicePlace> places)
{
    private readonly List<(string Path, string Name)> _places =
    [
        .. places
            .SelectMany(place => new[] { (place.Path, place.Name), (DeviceAddress.Parse(place.Path).ResolvedPath, place.Name) })
            .Distinct(),
    ];

    /// <summary>What the address leads into, or null when it leads elsewhere. Links are followed.</summary>
    public string? NameOf(DeviceAddress address) => NameOf(address.ResolvedPath) ?? NameOf(address.FilePath);

    private string? NameOf(string path)
    {
        foreach (var place in _places)
        {
            if (path == place.Path || (path.StartsWith(place.Path, StringComparison.Ordinal) && path[place.Path.Length] == '/'))
            {
                return place.Name;
            }
        }

        return null;
    }
}
