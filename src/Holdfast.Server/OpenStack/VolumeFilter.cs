using System.Globalization;
using Holdfast.Control.Volumes;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.OpenStack;

/// <summary>Which volumes a list is to show. Filters that a volume has no member for are passed over, as clients send many.</summary>
internal sealed class VolumeFilter
{
    /// <summary>Members that no volume here has a value of: whoever asks for one asks for none.</summary>
    private static readonly string[] Empty =
    [
        "snapshot_id",
        "source_volid",
        "replication_status",
        "consistencygroup_id",
        "group_id",
    ];

    /// <summary>Members that are false of every volume.</summary>
    private static readonly string[] False = ["bootable", "encrypted", "multiattach"];

    private readonly List<Func<Volume, bool>> _conditions = [];

    private VolumeFilter() { }

    public static VolumeFilter Read(IQueryCollection query, ListScope scope, MicroVersion version)
    {
        var filter = new VolumeFilter();
        if (
            scope.IsEmpty
            || Empty.Any(name => ListQuery.ReadText(query, name) is not null)
            || False.Any(name => ListQuery.ReadSwitch(query, name))
        )
        {
            filter._conditions.Add(_ => false);
        }

        filter.Equal(query, "name", volume => volume.Name);
        filter.Equal(query, "status", volume => VolumeWire.NameOf(volume.Status));
        filter.Equal(query, "user_id", volume => volume.User);
        filter.Type(query);
        filter.Equal(query, "id", volume => volume.Id.ToString());
        filter.Equal(query, "availability_zone", volume => volume.Zone ?? VolumeWire.Zone);
        filter.Equal(query, "host", _ => VolumeWire.Pool);
        filter.Equal(query, "description", volume => volume.Description);
        filter.Equal(query, "size", volume => volume.SizeGib.ToString(CultureInfo.InvariantCulture));
        if (version.HasPartFilters)
        {
            filter.Part(query, "name~", volume => volume.Name);
            filter.Part(query, "status~", volume => VolumeWire.NameOf(volume.Status));
        }

        if (ListQuery.ReadText(query, "metadata") is { } metadata)
        {
            var wanted = TextDictionary.Parse(metadata);
            filter._conditions.Add(volume =>
                wanted is not null && wanted.All(pair => volume.Metadata.TryGetValue(pair.Key, out var value) && value == pair.Value)
            );
        }

        return filter;
    }

    public bool Passes(Volume volume) => _conditions.All(condition => condition(volume));

    private void Equal(IQueryCollection query, string name, Func<Volume, string?> member)
    {
        if (ListQuery.ReadText(query, name) is { } wanted)
        {
            _conditions.Add(volume => member(volume) == wanted);
        }
    }

    /// <summary>By name, or by the id that the list of types gives.</summary>
    private void Type(IQueryCollection query)
    {
        if (ListQuery.ReadText(query, "volume_type") is { } wanted)
        {
            _conditions.Add(volume =>
                (volume.Type ?? VolumeWire.DefaultType) is var type
                && (type == wanted || TypeEndpoints.IdOf(type).Equals(wanted, StringComparison.OrdinalIgnoreCase))
            );
        }
    }

    private void Part(IQueryCollection query, string name, Func<Volume, string> member)
    {
        if (ListQuery.ReadText(query, name) is { } part)
        {
            _conditions.Add(volume => member(volume).Contains(part, StringComparison.Ordinal));
        }
    }
}
