using Holdfast.Control;
using Holdfast.Control.Volumes;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.OpenStack;

/// <summary>Lists of volumes, short and in detail. A project has few enough of them to sort in memory.</summary>
internal sealed class VolumeListEndpoints(VolumeStore volumes, PublicAddress address) : IEndpoints
{
    private static readonly Dictionary<string, Func<Volume, object>> SortKeys = new(StringComparer.Ordinal)
    {
        ["created_at"] = volume => volume.CreatedAt,
        ["updated_at"] = volume => volume.UpdatedAt,
        ["name"] = volume => new OrdinalText(volume.Name),
        ["display_name"] = volume => new OrdinalText(volume.Name), // what the cinder command line makes of "name"
        ["status"] = volume => new OrdinalText(VolumeWire.NameOf(volume.Status)),
        ["size"] = volume => volume.SizeBytes,
        ["id"] = volume => volume.Id.Value,

        ["availability_zone"] = volume => new OrdinalText(volume.Zone ?? VolumeWire.Zone),

        // What all volumes have the same of, or none has.
        ["bootable"] = _ => 0,
        ["reference"] = _ => 0,
    };

    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (var version in (string[])["v2", "v3"])
        {
            routes.MapGet($"/{version}/{{project}}/volumes", context => ListAsync(context, version, isDetail: false));
            routes.MapGet($"/{version}/{{project}}/volumes/detail", context => ListAsync(context, version, isDetail: true));
        }

        routes.MapGet("/v3/{project}/volumes/summary", SumUpAsync);

        // The cloud's names of the same, in detail, with tags and the count of all.
        routes.MapGet("/v2/{project}/cloudvolumes", context => ListAsync(context, "v2", isDetail: true, isCloud: true));
        routes.MapGet("/v2/{project}/cloudvolumes/detail", context => ListAsync(context, "v2", isDetail: true, isCloud: true));
    }

    private async Task ListAsync(HttpContext context, string version, bool isDetail, bool isCloud = false)
    {
        var (scope, microversion) = (ListScope.Of(context), MicroVersion.Of(context));
        var (query, filter) = (ListQuery.Read(context.Request.Query), VolumeFilter.Read(context.Request.Query, scope, microversion));
        var sorted = Sorted(await volumes.ListAsync(scope.Project, context.RequestAborted), query);
        var start = query.Marker is { } marker ? PlaceOf(sorted, marker) + 1 : 0;
        var matching = sorted.Skip(start).Where(filter.Passes).ToList();
        var page = matching.Skip((int)Math.Min(query.Offset, int.MaxValue)).Take(query.Limit).ToList();
        var isCounted = isCloud || (microversion.HasCount && ListQuery.ReadSwitch(context.Request.Query, "with_count"));
        long? count = isCounted ? sorted.Count(filter.Passes) : null;
        var next = query.IsFull(page.Count, count) ? query.NextLink(context, address.Of(context), page[^1].Id.ToString()) : null;
        var (view, links) = (NativeView.Of(context, address, version), LinkAnswer.Next(next));
        await (
            isDetail
                ? JsonAnswer.WriteAsync(
                    context,
                    StatusCodes.Status200OK,
                    new VolumeListAnswer([
                        .. page.Select(volume => isCloud ? CloudVolumeEndpoints.Tagged(volume, view) : VolumeWire.Shown(volume, view)),
                    ])
                    {
                        VolumesLinks = links,
                        Count = count,
                    },
                    OpenStackJson.Default.VolumeListAnswer
                )
                : JsonAnswer.WriteAsync(
                    context,
                    StatusCodes.Status200OK,
                    new VolumeSummariesAnswer([.. page.Select(volume => VolumeWire.Summary(volume, view))])
                    {
                        VolumesLinks = links,
                        Count = count,
                    },
                    OpenStackJson.Default.VolumeSummariesAnswer
                )
        );
    }

    /// <summary>How many volumes there are, and how large together.</summary>
    private async Task SumUpAsync(HttpContext context)
    {
        var (scope, version) = (ListScope.Of(context), MicroVersion.Of(context));
        if (!version.HasVolumeTotals)
        {
            throw VolumeEndpoints.NoSuchVolume("summary");
        }

        var filter = VolumeFilter.Read(context.Request.Query, scope, version);
        var passing = (await volumes.ListAsync(scope.Project, context.RequestAborted)).Where(filter.Passes).ToList();
        var metadata = passing
            .SelectMany(volume => volume.Metadata)
            .GroupBy(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .ToDictionary(
                group => group.Key,
                IReadOnlyList<string> (group) => [.. group.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]
            );
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new VolumeTotalsEnvelope(
                new(passing.Count, passing.Sum(volume => (long)volume.SizeGib)) { Metadata = version.HasMetadataInTotals ? metadata : null }
            ),
            OpenStackJson.Default.VolumeTotalsEnvelope
        );
    }

    private static List<Volume> Sorted(IReadOnlyList<Volume> list, ListQuery query)
    {
        IOrderedEnumerable<Volume>? ordered = null;
        foreach (var (name, descending) in query.Sort.Count > 0 ? query.Sort : [("created_at", true), ("id", true)])
        {
            if (!SortKeys.TryGetValue(name, out var key))
            {
                throw ListQuery.Bad($"volumes are not sorted by '{name}'; there are {string.Join(", ", SortKeys.Keys)}");
            }

            ordered = (ordered, descending) switch
            {
                (null, true) => list.OrderByDescending(key),
                (null, false) => list.OrderBy(key),
                (_, true) => ordered.ThenByDescending(key),
                _ => ordered.ThenBy(key),
            };
        }

        // So that no two are equal, and paging is stable.
        return [.. ordered?.ThenBy(volume => volume.Id.Value) ?? list.AsEnumerable()];
    }

    private static int PlaceOf(List<Volume> sorted, string marker)
    {
        var place = VolumeId.TryParse(marker, null, out var id) ? sorted.FindIndex(volume => volume.Id == id) : -1;
        return place >= 0 ? place : throw VolumeEndpoints.NoSuchVolume(marker);
    }

    /// <summary>A text that is ordered by the numbers of its characters.</summary>
    private readonly record struct OrdinalText(string Text) : IComparable
    {
        public int CompareTo(object? obj) => string.CompareOrdinal(Text, obj is OrdinalText other ? other.Text : null);
    }
}
