using System.Text.Json;
using Holdfast.Control.Backups;
using Holdfast.Server.Http;

namespace Holdfast.Server.OpenStack;

/// <summary>A backup as contract section 6.5 shows it, with what is ours under a prefix of our own.</summary>
internal static class BackupWire
{
    private const long Gib = 1024L * 1024 * 1024;

    private static readonly Dictionary<string, BackupStatus> Statuses = new(StringComparer.Ordinal)
    {
        ["creating"] = BackupStatus.Creating,
        ["available"] = BackupStatus.Available,
        ["restoring"] = BackupStatus.Restoring,
        ["deleting"] = BackupStatus.Deleting,
        ["error"] = BackupStatus.Error,
        ["error_restoring"] = BackupStatus.ErrorRestoring,
        ["error_deleting"] = BackupStatus.ErrorDeleting,
    };

    public static BackupStatus? FindStatus(string name) => Statuses.TryGetValue(name, out var status) ? status : null;

    public static string NameOf(BackupStatus status) => Statuses.First(pair => pair.Value == status).Key;

    public static void Write(Utf8JsonWriter json, Backup backup, string address)
    {
        json.WriteStartObject();
        json.WriteString("id", backup.Id.Value);
        json.WriteString("name", backup.Name);
        json.WriteString("status", NameOf(backup.Status));
        json.WriteString("description", backup.Description);
        json.WriteString("volume_id", backup.Volume.Value);
        json.WriteNull("snapshot_id");
        json.WriteNumber("size", Math.Max(1, ((backup.VolumeBytes - 1) / Gib) + 1));
        json.WriteNull("object_count");
        json.WriteNull("container");
        json.WriteString("availability_zone", VolumeWire.Zone);
        json.WriteString("fail_reason", backup.FailReason);
        json.WriteNativeTime("created_at", backup.CreatedAt);
        json.WriteNativeTime("updated_at", backup.UpdatedAt);
        json.WriteNativeTime("data_timestamp", backup.CreatedAt);
        json.WriteBoolean("is_incremental", backup.Parent is not null);
        json.WriteBoolean("has_dependent_backups", false);
        json.WriteStartArray("links");
        WriteLink(json, "self", $"{address}/v3/{backup.Project}/backups/{backup.Id}");
        WriteLink(json, "bookmark", $"{address}/{backup.Project}/backups/{backup.Id}");
        json.WriteEndArray();
        json.WriteString("os-bak-tenant-attr:tenant_id", backup.Project.Value);
        json.WriteString("os-backup-project-attr:project_id", backup.Project.Value);
        WriteOurs(json, backup);
        json.WriteEndObject();
    }

    private static void WriteOurs(Utf8JsonWriter json, Backup backup)
    {
        json.WriteNumber("holdfast:volume_bytes", backup.VolumeBytes);
        WriteNumber(json, "holdfast:bytes_read", backup.BytesRead);
        WriteNumber(json, "holdfast:bytes_new", backup.BytesNew);
        WriteNumber(json, "holdfast:bytes_stored", backup.BytesStored);
        json.WriteString("holdfast:policy_id", backup.Policy?.ToString());
        json.WriteString("holdfast:fail_code", backup.FailCode);
    }

    private static void WriteLink(Utf8JsonWriter json, string relation, string address)
    {
        json.WriteStartObject();
        json.WriteString("rel", relation);
        json.WriteString("href", address);
        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
