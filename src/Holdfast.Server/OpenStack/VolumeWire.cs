using System.Text.Json;
using Holdfast.Control.Volumes;
using Holdfast.Server.Http;

namespace Holdfast.Server.OpenStack;

/// <summary>A volume as block storage services show it, with what is ours under a prefix of our own.</summary>
internal static class VolumeWire
{
    public const string Zone = "nova";
    public const string Host = "holdfast";

    public static void Write(Utf8JsonWriter json, Volume volume)
    {
        json.WriteStartObject();
        json.WriteString("id", volume.Id.Value);
        json.WriteString("name", volume.Name);
        json.WriteNumber("size", volume.SizeGib);
        json.WriteString("status", NameOf(volume.Status));
        json.WriteNull("description");
        json.WriteString("availability_zone", Zone);
        json.WriteNativeTime("created_at", volume.CreatedAt);
        json.WriteNativeTime("updated_at", volume.UpdatedAt);
        json.WriteNull("volume_type");
        json.WriteNull("snapshot_id");
        json.WriteNull("source_volid");
        json.WriteString("bootable", "false");
        json.WriteBoolean("encrypted", false);
        json.WriteBoolean("multiattach", false);
        json.WriteStartObject("metadata");
        json.WriteEndObject();
        json.WriteStartArray("attachments");
        json.WriteEndArray();
        json.WriteString("os-vol-host-attr:host", Host);
        json.WriteString("os-vol-tenant-attr:tenant_id", volume.Project.Value);
        json.WriteString("holdfast:source", volume.Source);
        json.WriteNumber("holdfast:size_bytes", volume.SizeBytes);
        json.WriteEndObject();
    }

    private static string NameOf(VolumeStatus status) => status switch
    {
        VolumeStatus.Available => "available",
        VolumeStatus.InUse => "in-use",
        VolumeStatus.BackingUp => "backing-up",
        VolumeStatus.Restoring => "restoring-backup",
        _ => "error",
    };
}
