using System.Text.Json;
using Holdfast.Server.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.Identity;

/// <summary>What is fixed and can only be looked at: the one domain, the region, the services and their endpoints.</summary>
internal sealed class DirectoryEndpoints(PublicAddress address, IdentityDoor door) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        door.Map(
            routes,
            "GET",
            "/domains",
            (context, _) =>
                IdentityWire.ListAsync(
                    context,
                    "domains",
                    DomainsNamed(context),
                    door.AddressOf(context, "/domains"),
                    door.AddressOf(context, "/domains"),
                    IdentityWire.WriteDomain
                )
        );
        door.Map(routes, "GET", "/domains/{id}", ShowDomainAsync);
        door.Map(
            routes,
            "GET",
            "/regions",
            (context, _) =>
                IdentityWire.ListAsync(
                    context,
                    "regions",
                    [ServiceCatalog.Region],
                    door.AddressOf(context, "/regions"),
                    door.AddressOf(context, "/regions"),
                    WriteRegion
                )
        );
        door.Map(
            routes,
            "GET",
            "/services",
            (context, _) =>
                IdentityWire.ListAsync(
                    context,
                    "services",
                    ServiceCatalog.All,
                    door.AddressOf(context, "/services"),
                    door.AddressOf(context, "/services"),
                    ServiceCatalog.WriteService
                )
        );
        door.Map(
            routes,
            "GET",
            "/endpoints",
            (context, caller) =>
                IdentityWire.ListAsync(
                    context,
                    "endpoints",
                    ServiceCatalog.All,
                    door.AddressOf(context, "/endpoints"),
                    address.Of(context),
                    (json, service, root) => ServiceCatalog.WriteEndpoint(json, service, root, caller.Token?.Project?.Id)
                )
        );
    }

    /// <summary>The domain, unless the query asks for another.</summary>
    public static IEnumerable<string> DomainsNamed(HttpContext context) =>
        ListQuery.ReadText(context.Request.Query, "name") is not { } name
        || name.Equals(ServiceCatalog.DomainName, StringComparison.OrdinalIgnoreCase)
            ? [ServiceCatalog.DomainId]
            : [];

    private Task ShowDomainAsync(HttpContext context, IdentityCaller caller)
    {
        var id = (string?)context.GetRouteValue("id") ?? "";
        return id == ServiceCatalog.DomainId
            ? IdentityWire.AnswerAsync(
                context,
                StatusCodes.Status200OK,
                "domain",
                id,
                door.AddressOf(context, "/domains"),
                IdentityWire.WriteDomain
            )
            : throw new ApiException(StatusCodes.Status404NotFound, "", $"there is no domain '{id}'");
    }

    private static void WriteRegion(Utf8JsonWriter json, string region, string collection)
    {
        json.WriteStartObject();
        json.WriteString("id", region);
        json.WriteString("description", "");
        json.WriteNull("parent_region_id");
        json.WriteStartObject("links");
        json.WriteString("self", $"{collection}/{region}");
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
