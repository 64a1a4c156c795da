using System.Text.Json;
using Holdfast.Control.Volumes;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Server.OpenStack;

/// <summary>To whom a volume is shown, and where.</summary>
/// <param name="Version"><c>v2</c> or <c>v3</c>.</param>
/// <param name="IsAdmin">Where a device is on the service's machine is for admins, who name devices by it; others get null.</param>
internal readonly record struct VolumeView(string Address, string Version, bool IsAdmin)
{
    public static VolumeView Of(HttpContext context, PublicAddress address, string version) =>
        new(address.Of(context), version, context.Caller().IsAdmin);
}

/// <summary>A volume as block storage services show it, with what is ours under a prefix of our own.</summary>
internal static class VolumeWire
{
    public const string Zone = "nova";
    public const string Host = "holdfast";

    public static void Write(Utf8JsonWriter json, Volume volume, VolumeView view)
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
        WriteLinks(json, volume, view);
        json.WriteString("os-vol-host-attr:host", Host);
        json.WriteString("os-vol-tenant-attr:tenant_id", volume.Project.Value);
        json.WriteString("holdfast:source", view.IsAdmin ? volume.Source : null);
        json.WriteNumber("holdfast:size_bytes", volume.SizeBytes);
        json.WriteBoolean("holdfast:managed", volume.IsOwned);
        json.WriteEndObject();
    }

    public static void WriteSummary(Utf8JsonWriter json, Volume volume, VolumeView view)
    {
        json.WriteStartObject();
        json.WriteString("id", volume.Id.Value);
        json.WriteString("name", volume.Name);
        WriteLinks(json, volume, view);
        json.WriteEndObject();
    }

    public static string NameOf(VolumeStatus status) =>
        status switch
        {
            VolumeStatus.Available => "available",
            VolumeStatus.InUse => "in-use",
            VolumeStatus.BackingUp => "backing-up",
            VolumeStatus.Restoring => "restoring-backup",
            _ => "error",
        };

    public static void WriteMetadata(Utf8JsonWriter json, Volume volume)
    {
        json.WriteStartObject("metadata");
        foreach (var (key, value) in volume.Metadata)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }

    private static void WriteLinks(Utf8JsonWriter json, Volume volume, VolumeView view)
    {
        json.WriteStartArray("links");
        json.WriteLink("self", $"{view.Address}/{view.Version}/{volume.Project}/volumes/{volume.Id}");
        json.WriteLink("bookmark", $"{view.Address}/{volume.Project}/volumes/{volume.Id}");
        json.WriteEndArray();
    }
}
