using Holdfast.Control;

namespace Holdfast.Server.Identity;

/// <summary>One of the names under which the service is found.</summary>
/// <param name="Path">Under the service's address; <c>{0}</c> stands for the project.</param>
internal sealed record CatalogService(string Type, string Name, string Path)
{
    public bool NeedsProject => Path.Contains("{0}", StringComparison.Ordinal);
}

/// <summary>Under which names clients find the service: they look for different ones (contract, clients.md, section 1).</summary>
internal static class ServiceCatalog
{
    public const string Region = "RegionOne";
    public const string DomainId = "default";
    public const string DomainName = "Default";

    public static readonly IReadOnlyList<CatalogService> All =
    [
        new("vbs", "vbs", "/v2/{0}"),
        new("vbsv2", "vbsv2", "/v2/{0}"),
        new("volume-backup", "vbs", "/v2/{0}"),
        new("volumev2", "cinderv2", "/v2/{0}"),
        new("volumev3", "cinderv3", "/v3/{0}"),
        new("block-storage", "cinder", "/v3/{0}"),
        new("identity", "keystone", "/identity/v3"),
        // There are no images here. But "openstack volume create" will not begin before it has found where they would be.
        new("image", "glance", "/image"),
    ];

    /// <summary>All at the same address: a client that is told which one to take must find it.</summary>
    private static readonly string[] Interfaces = ["public", "internal", "admin"];

    /// <summary>What a token tells.</summary>
    /// <param name="project">Null leaves out what is only there for a project.</param>
    public static IReadOnlyList<CatalogEntry> Of(string address, ProjectId? project) =>
        [
            .. from service in All
            where project is not null || !service.NeedsProject
            select new CatalogEntry(
                service.Type,
                service.Type,
                service.Name,
                [
                    .. Interfaces.Select(one => new CatalogEndpoint(
                        IdOf(service, one),
                        one,
                        Region,
                        Region,
                        UrlOf(service, address, project)
                    )),
                ]
            ),
        ];

    /// <param name="root">Address of the identity service.</param>
    public static IEnumerable<ServiceBody> Services(string root) =>
        All.Select(service => new ServiceBody(
            service.Type,
            service.Type,
            service.Name,
            true,
            new SelfLink($"{root}/services/{service.Type}")
        ));

    /// <param name="root">Address of the identity service.</param>
    /// <param name="project">Null leaves a place for it in addresses.</param>
    public static IEnumerable<EndpointBody> Endpoints(string address, string root, ProjectId? project) =>
        from service in All
        from one in Interfaces
        let id = IdOf(service, one)
        select new EndpointBody(
            id,
            one,
            Region,
            Region,
            UrlOf(service, address, project),
            service.Type,
            true,
            new SelfLink($"{root}/endpoints/{id}")
        );

    private static string IdOf(CatalogService service, string one) => $"{service.Type}-{one}";

    private static string UrlOf(CatalogService service, string address, ProjectId? project) =>
        address + service.Path.Replace("{0}", project?.Value ?? "%(project_id)s", StringComparison.Ordinal);
}
