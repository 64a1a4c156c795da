using System.Text.Json;
using Holdfast.Control.Volumes;
using Holdfast.Server.Http;

namespace Holdfast.Server.OpenStack;

/// <summary>A volume as block storage services show it, with what is ours under a prefix of our own.</summary>
internal static class VolumeWire
{
    public const string Zone = "nova";
    public const string Host = "holdfast";

    public static void Write(Utf8JsonWriter json, Volume volume, string address, string version)
    {
        json.WriteStartObject();
        json.WriteString("id", volume.Id.Value);
        json.WriteString("name", volume.Name);
        json.WriteNumber("size", volume.SizeGib);
        json.WriteString("status", NameOf(volume.Status));
        json.WriteString("description", volume.Description);
        json.WriteString("availability_zone", Zone);
        json.WriteNativeTime("created_at", volume.CreatedAt);
        json.WriteNativeTime("updated_at", volume.UpdatedAt);
        json.WriteNull("volume_type");
        json.WriteNull("snapshot_id");
        json.WriteNull("source_volid");
        json.WriteNull("replication_status");
        json.WriteNull("consistencygroup_id");
        json.WriteString("user_id", "");
        json.WriteString("bootable", "false");
        json.WriteBoolean("encrypted", false);
        json.WriteBoolean("multiattach", false);
        WriteMetadata(json, volume);
        json.WriteStartArray("attachments");
        json.WriteEndArray();
        WriteLinks(json, volume, address, version);
        json.WriteString("os-vol-host-attr:host", Host);
        json.WriteString("os-vol-tenant-attr:tenant_id", volume.Project.Value);
        json.WriteString("holdfast:source", volume.Source);
        json.WriteNumber("holdfast:size_bytes", volume.SizeBytes);
        json.WriteBoolean("holdfast:managed", volume.IsManaged);
        json.WriteEndObject();
    }

    public static void WriteSummary(Utf8JsonWriter json, Volume volume, string address, string version)
    {
        json.WriteStartObject();
        json.WriteString("id", volume.Id.Value);
        json.WriteString("name", volume.Name);
        WriteLinks(json, volume, address, version);
        json.WriteEndObject();
    }

    public static string NameOf(VolumeStatus status) => status switch
    {
        VolumeStatus.Available => "available",
        VolumeStatus.InUse => "in-use",
        VolumeStatus.BackingUp => "backing-up",
        VolumeStatus.Restoring => "restoring-backup",
        _ => "error",
    };

    private static void WriteMetadata(Utf8JsonWriter json, Volume volume)
    {
        json.WriteStartObject("metadata");
        foreach (var (key, value) in volume.Metadata)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }

    private static void WriteLinks(Utf8JsonWriter json, Volume volume, string address, string version)
    {
        json.WriteStartArray("links");
        json.WriteLink("self", $"{address}/{version}/{volume.Project}/volumes/{volume.Id}");
        json.WriteLink("bookmark", $"{address}/{volume.Project}/volumes/{volume.Id}");
        json.WriteEndArray();
    }
}
