using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.OpenStack;

/// <summary>What clients ask for to learn what the service can do, and the images that it has none of.</summary>
internal sealed class FixedEndpoints : IEndpoints
{
    /// <summary>Minor microversion that lists tell their filters from.</summary>
    private const int LeastOfFilters = 33;

    /// <summary>The extensions of block storage services that are here, with the times that those give them.</summary>
    private static readonly ExtensionAnswer[] Extensions =
    [
        new("AdminActions", "os-admin-actions", "Actions on volumes and backups that admins have.", "2012-08-25T00:00:00+00:00"),
        new("AvailabilityZones", "os-availability-zone", "The list of availability zones.", "2013-06-27T00:00:00+00:00"),
        new("Backups", "backups", "Backups of volumes, their restores and their records.", "2012-12-12T00:00:00+00:00"),
        new("Quotas", "os-quota-sets", "Quotas of projects.", "2011-08-08T00:00:00+00:00"),
        new("TypesExtraSpecs", "os-types-extra-specs", "Specifications of volume types.", "2011-08-24T00:00:00+00:00"),
        new("UsedLimits", "os-used-limits", "What is used of the limits.", "2013-10-03T00:00:00+00:00"),
        new("VolumeActions", "os-volume-actions", "Actions on volumes.", "2012-05-31T00:00:00+00:00"),
        new("VolumeHostAttribute", "os-vol-host-attr", "The host of a volume.", "2011-11-03T00:00:00+00:00"),
        new("VolumeManage", "os-volume-manage", "Devices and files are registered as volumes.", "2014-02-10T00:00:00+00:00"),
        new("VolumeMigStatusAttribute", "os-vol-mig-status-attr", "The migration of a volume.", "2013-08-08T00:00:00+00:00"),
        new("VolumeTenantAttribute", "os-vol-tenant-attr", "The project of a volume.", "2011-11-03T00:00:00+00:00"),
        new("VolumeUnmanage", "os-volume-unmanage", "Volumes are forgotten and stay where they are.", "2012-05-31T00:00:00+00:00"),
    ];

    /// <summary>What lists filter by; see <see cref="VolumeFilter"/>, the lists of backups, and <see cref="AbsentKind"/>.</summary>
    private static readonly ResourceFilterAnswer[] Filters =
    [
        new("volume", ["name", "name~", "status", "status~", "metadata", "bootable", "availability_zone", "size", "volume_type"]),
        new("backup", ["name", "name~", "status", "volume_id", "volume_id~"]),
        .. AbsentKind.All.Where(kind => kind.Filters is not null).Select(kind => new ResourceFilterAnswer(kind.Single, kind.Filters ?? [])),
    ];

    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (var version in (string[])["v2", "v3"])
        {
            routes.MapGet($"/{version}/{{project}}/extensions", ListExtensionsAsync);
            routes.MapGet($"/{version}/{{project}}/extensions/{{alias}}", ShowExtensionAsync);
        }

        routes.MapGet("/v3/{project}/resource_filters", ListFiltersAsync);
        routes.MapGet("/image/v2/images", ListImagesAsync).OpenToAll();
        routes.MapGet("/image/v2/images/{image}", NoImageAsync).OpenToAll().ExcludeFromDescription();
    }

    private static Task ListExtensionsAsync(HttpContext context) =>
        JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new ExtensionListAnswer(Extensions),
            OpenStackListsJson.Default.ExtensionListAnswer
        );

    private static Task ShowExtensionAsync(HttpContext context)
    {
        var alias = (string?)context.GetRouteValue("alias") ?? "";
        var extension =
            Array.Find(Extensions, extension => extension.Alias == alias)
            ?? throw VbsErrors.Native(
                StatusCodes.Status404NotFound,
                $"there is no extension '{RequestMembers.Shortened(alias)}'; GET /extensions lists those there are"
            );
        return JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new ExtensionEnvelope(extension),
            OpenStackListsJson.Default.ExtensionEnvelope
        );
    }

    private static Task ListFiltersAsync(HttpContext context)
    {
        _ = MicroVersion.From(context, LeastOfFilters, "resource_filters");
        var wanted = ListQuery.ReadText(context.Request.Query, "resource");
        return JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new ResourceFiltersAnswer([.. Filters.Where(filter => wanted is null || filter.Resource == wanted)]),
            OpenStackListsJson.Default.ResourceFiltersAnswer
        );
    }

    private static Task ListImagesAsync(HttpContext context) =>
        JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, new ImageListAnswer([]), OpenStackListsJson.Default.ImageListAnswer);

    private static Task NoImageAsync(HttpContext context) =>
        throw VbsErrors.Native(
            StatusCodes.Status404NotFound,
            $"No image found with ID {RequestMembers.Shortened((string?)context.GetRouteValue("image") ?? "")}"
        );
}

/// <summary>An extension; <c>updated</c> is the time that Cinder gives it, as text.</summary>
internal sealed record ExtensionAnswer(string Name, string Alias, string Description, string Updated)
{
    public IReadOnlyList<LinkAnswer> Links { get; } = [];
}

internal sealed record ExtensionEnvelope(ExtensionAnswer Extension);

internal sealed record ExtensionListAnswer(IReadOnlyList<ExtensionAnswer> Extensions);

internal sealed record ResourceFilterAnswer(string Resource, IReadOnlyList<string> Filters);

internal sealed record ResourceFiltersAnswer(IReadOnlyList<ResourceFilterAnswer> ResourceFilters);

internal sealed record ImageListAnswer(IReadOnlyList<string> Images)
{
    public string First { get; } = "/v2/images";

    public string Schema { get; } = "/v2/schemas/images";
}
