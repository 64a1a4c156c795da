using System.Text.Json;
using Holdfast.Control;

namespace Holdfast.Server.Identity;

/// <summary>Under which names clients find the service: they look for different ones (contract, clients.md section 1).</summary>
internal static class ServiceCatalog
{
    public const string Region = "RegionOne";
    public const string DomainId = "default";
    public const string DomainName = "Default";

    private static readonly (string Type, string Name, string Path)[] Services =
    [
        ("vbs", "vbs", "/v2/{0}"),
        ("vbsv2", "vbsv2", "/v2/{0}"),
        ("volume-backup", "vbs", "/v2/{0}"),
        ("volumev2", "cinderv2", "/v2/{0}"),
        ("volumev3", "cinderv3", "/v3/{0}"),
        ("identity", "keystone", "/identity/v3"),

        // There are no images here. But "openstack volume create" will not begin before it has found where they would be.
        ("image", "glance", "/image"),
    ];

    public static void Write(Utf8JsonWriter json, string address, ProjectId project)
    {
        json.WriteStartArray("catalog");
        foreach (var (type, name, path) in Services)
        {
            json.WriteStartObject();
            json.WriteString("id", type);
            json.WriteString("type", type);
            json.WriteString("name", name);
            json.WriteStartArray("endpoints");
            json.WriteStartObject();
            json.WriteString("id", $"{type}-public");
            json.WriteString("interface", "public");
            json.WriteString("region", Region);
            json.WriteString("region_id", Region);
            json.WriteString("url", address + path.Replace("{0}", project.Value, StringComparison.Ordinal));
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
