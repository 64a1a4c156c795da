using System.Text.Json;
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

    /// <param name="project">Null leaves out what is only there for a project.</param>
    public static void Write(Utf8JsonWriter json, string address, ProjectId? project)
    {
        json.WriteStartArray("catalog");
        foreach (var service in All.Where(service => project is not null || !service.NeedsProject))
        {
            json.WriteStartObject();
            json.WriteString("id", service.Type);
            json.WriteString("type", service.Type);
            json.WriteString("name", service.Name);
            json.WriteStartArray("endpoints");
            json.WriteStartObject();
            WriteFacts(json, service, address, project);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public static void WriteService(Utf8JsonWriter json, CatalogService service, string collection)
    {
        json.WriteStartObject();
        json.WriteString("id", service.Type);
        json.WriteString("type", service.Type);
        json.WriteString("name", service.Name);
        json.WriteBoolean("enabled", true);
        WriteSelf(json, $"{collection}/{service.Type}");
    }

    public static void WriteEndpoint(Utf8JsonWriter json, CatalogService service, string address, ProjectId? project)
    {
        json.WriteStartObject();
        WriteFacts(json, service, address, project);
        json.WriteString("service_id", service.Type);
        json.WriteBoolean("enabled", true);
        WriteSelf(json, $"{address}/identity/v3/endpoints/{service.Type}-public");
    }

    private static void WriteFacts(Utf8JsonWriter json, CatalogService service, string address, ProjectId? project)
    {
        json.WriteString("id", $"{service.Type}-public");
        json.WriteString("interface", "public");
        json.WriteString("region", Region);
        json.WriteString("region_id", Region);
        json.WriteString("url", address + service.Path.Replace("{0}", project?.Value ?? "%(project_id)s", StringComparison.Ordinal));
    }

    private static void WriteSelf(Utf8JsonWriter json, string self)
    {
        json.WriteStartObject("links");
        json.WriteString("self", self);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
