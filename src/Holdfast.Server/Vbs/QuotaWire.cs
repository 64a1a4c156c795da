using System.Text.Json;
using Holdfast.Control.Quotas;

namespace Holdfast.Server.Vbs;

/// <summary>What a project has and may have (contract, section 5.5). -1 is any number.</summary>
internal static class QuotaWire
{
    public static void Write(Utf8JsonWriter json, Quota quota, QuotaUsage usage)
    {
        json.WriteStartObject();
        json.WriteStartObject("quotas");
        json.WriteStartArray("resources");
        Write(json, "backups", usage.Backups, usage.BackupsReserved, quota.Backups);
        Write(json, "backup_gigabytes", usage.Gigabytes, usage.GigabytesReserved, quota.BackupGigabytes);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string type, long used, long reserved, long quota)
    {
        json.WriteStartObject();
        json.WriteString("type", type);
        json.WriteNumber("used", used);
        json.WriteNumber("reserved", reserved);
        json.WriteNumber("quota", quota);
        json.WriteEndObject();
    }
}
