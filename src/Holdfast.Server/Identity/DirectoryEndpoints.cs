using System.Text.Json.Serialization.Metadata;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Identity;

/// <summary>What is fixed and can only be looked at: the one domain, the region, the services and their endpoints.</summary>
internal sealed class DirectoryEndpoints(PublicAddress address, IdentityDoor door) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        door.MapRead(routes, "/domains", ListDomainsAsync);
        door.MapRead(
            routes,
            "/domains/{id}",
            (context, _) =>
                ShowAsync(context, "domain", Domains(context), it => it.Id, Wrap, IdentityJson.Default.DomainAnswer)
        );
        door.MapRead(routes, "/regions", ListRegionsAsync);
        door.MapRead(
            routes,
            "/regions/{id}",
            (context, _) =>
                ShowAsync(context, "region", Regions(context), it => it.Id, Wrap, IdentityJson.Default.RegionAnswer)
        );
        door.MapRead(routes, "/services", ListServicesAsync);
        door.MapRead(
            routes,
            "/services/{id}",
            (context, _) =>
                ShowAsync(context, "service", Services(context), it => it.Id, Wrap, IdentityJson.Default.ServiceAnswer)
        );
        door.MapRead(routes, "/endpoints", ListEndpointsAsync);
        door.MapRead(
            routes,
            "/endpoints/{id}",
            (context, caller) =>
                ShowAsync(context, "endpoint", Endpoints(context, caller), it => it.Id, Wrap, IdentityJson.Default.EndpointAnswer)
        );
    }

    /// <summary>The domain, unless the query asks for another. Its name is found in letters of either case, as at logins.</summary>
    public static IEnumerable<DomainBody> DomainsAsked(HttpContext context, string root) =>
        new[] { DomainBody.Only(root) }
            .Where(domain =>
                !context.Request.Query.TryGetValue("name", out var names)
                || names.All(name => domain.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            )
            .Filter(context.Request.Query, ("enabled", it => it.Enabled));

    private Task ListDomainsAsync(HttpContext context, IdentityCaller caller) =>
        JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new DomainsAnswer(DomainsAsked(context, Root(context)), LinksOf(context, "/domains")),
            IdentityJson.Default.DomainsAnswer
        );

    private Task ListRegionsAsync(HttpContext context, IdentityCaller caller) =>
        JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new RegionsAnswer(
                Regions(context).Filter(context.Request.Query, ("parent_region_id", it => it.ParentRegionId)),
                LinksOf(context, "/regions")
            ),
            IdentityJson.Default.RegionsAnswer
        );

    private Task ListServicesAsync(HttpContext context, IdentityCaller caller) =>
        JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new ServicesAnswer(
                Services(context).Filter(context.Request.Query, ("type", it => it.Type), ("name", it => it.Name)),
                LinksOf(context, "/services")
            ),
            IdentityJson.Default.ServicesAnswer
        );

    private Task ListEndpointsAsync(HttpContext context, IdentityCaller caller) =>
        JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new EndpointsAnswer(
                Endpoints(context, caller)
                    .Filter(
                        context.Request.Query,
                        ("interface", it => it.Interface),
                        ("service_id", it => it.ServiceId),
                        ("region_id", it => it.RegionId)
                    ),
                LinksOf(context, "/endpoints")
            ),
            IdentityJson.Default.EndpointsAnswer
        );

    private string Root(HttpContext context) => door.AddressOf(context, "");

    private ListLinks LinksOf(HttpContext context, string path) => new(door.AddressOf(context, path));

    private IEnumerable<DomainBody> Domains(HttpContext context) => [DomainBody.Only(Root(context))];

    private IEnumerable<RegionBody> Regions(HttpContext context) =>
        [new(ServiceCatalog.Region, "", null, new SelfLink($"{Root(context)}/regions/{ServiceCatalog.Region}"))];

    private IEnumerable<ServiceBody> Services(HttpContext context) => ServiceCatalog.Services(Root(context));

    private IEnumerable<EndpointBody> Endpoints(HttpContext context, IdentityCaller caller) =>
        ServiceCatalog.Endpoints(address.Of(context), Root(context), caller.Token?.Project?.Id);

    private static DomainAnswer Wrap(DomainBody domain) => new(domain);

    private static RegionAnswer Wrap(RegionBody region) => new(region);

    private static ServiceAnswer Wrap(ServiceBody service) => new(service);

    private static EndpointAnswer Wrap(EndpointBody endpoint) => new(endpoint);

    private static Task ShowAsync<T, TAnswer>(
        HttpContext context,
        string what,
        IEnumerable<T> all,
        Func<T, string> idOf,
        Func<T, TAnswer> wrap,
        JsonTypeInfo<TAnswer> type
    )
        where T : class
    {
        var id = (string?)context.GetRouteValue("id") ?? "";
        return all.FirstOrDefault(it => idOf(it) == id) is { } found
            ? JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, wrap(found), type)
            : throw new ApiException(StatusCodes.Status404NotFound, "", $"there is no {what} '{id}'");
    }
}
