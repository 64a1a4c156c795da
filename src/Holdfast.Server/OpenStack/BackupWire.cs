using System.Text.Json;
using Holdfast.Control.Backups;
using Holdfast.Server.Http;

namespace Holdfast.Server.OpenStack;

/// <summary>A backup as contract section 6.5 shows it, with what is ours under a prefix of our own.</summary>
internal static class BackupWire
{
    private const long Gib = 1024L * 1024 * 1024;

    private static readonly Dictionary<string, BackupStatus> Statuses = Enum.GetValues<BackupStatus>()
        .ToDictionary(status => status.WireName(), StringComparer.Ordinal);

    /// <summary>The states whose name passes: one, or none.</summary>
    public static IReadOnlyList<BackupStatus> StatusesNamed(string name) => Statuses.TryGetValue(name, out var status) ? [status] : [];

    public static IReadOnlyList<BackupStatus> StatusesWith(string part) =>
        [.. Statuses.Where(pair => pair.Key.Contains(part, StringComparison.Ordinal)).Select(pair => pair.Value)];

    /// <param name="version"><c>v2</c> or <c>v3</c>: they name the owner differently.</param>
    public static void Write(Utf8JsonWriter json, Backup backup, string address, string version)
    {
        json.WriteStartObject();
        WriteFacts(json, backup);
        WriteLinks(json, backup, address, version);
        json.WriteString(version == "v2" ? "os-bak-tenant-attr:tenant_id" : "os-backup-project-attr:project_id", backup.Project.Value);
        json.WriteNumber("holdfast:volume_bytes", backup.VolumeBytes);
        json.WriteNumberOrNull("holdfast:bytes_read", backup.BytesRead);
        json.WriteNumberOrNull("holdfast:bytes_new", backup.BytesNew);
        json.WriteNumberOrNull("holdfast:bytes_stored", backup.BytesStored);
        json.WriteString("holdfast:policy_id", backup.Policy?.ToString());
        json.WriteString("holdfast:fail_code", backup.FailCode);
        json.WriteNumber("holdfast:number", backup.Number);
        json.WriteString("holdfast:consistency", backup.Consistency);
        WriteVerdict(json, backup.LastVerdict);
        json.WriteEndObject();
    }

    public static void WriteSummary(Utf8JsonWriter json, Backup backup, string address, string version)
    {
        json.WriteStartObject();
        json.WriteString("id", backup.Id.Value);
        json.WriteString("name", backup.Name);
        WriteLinks(json, backup, address, version);
        json.WriteEndObject();
    }

    /// <summary>What everybody may see to whom the backup is shown: all but links and owner.</summary>
    public static void WriteFacts(Utf8JsonWriter json, Backup backup)
    {
        json.WriteString("id", backup.Id.Value);
        json.WriteString("name", backup.Name);
        json.WriteString("status", backup.Status.WireName());
        json.WriteString("description", backup.Description);
        json.WriteString("volume_id", backup.Volume.Value);
        json.WriteNull("snapshot_id");
        json.WriteNumber("size", SizeGib(backup));
        json.WriteNull("object_count");
        json.WriteNull("container");
        json.WriteString("availability_zone", VolumeWire.Zone);
        json.WriteString("fail_reason", backup.FailReason);
        json.WriteNativeTime("created_at", backup.CreatedAt);
        json.WriteNativeTime("updated_at", backup.UpdatedAt);
        json.WriteNativeTime("data_timestamp", backup.CreatedAt);
        json.WriteBoolean("is_incremental", backup.Parent is not null);
        json.WriteBoolean("has_dependent_backups", false);
        json.WriteString("service_metadata", ServiceMetadata(backup));
    }

    public static long SizeGib(Backup backup) => Math.Max(1, ((backup.VolumeBytes - 1) / Gib) + 1);

    private static void WriteVerdict(Utf8JsonWriter json, BackupVerdict? verdict)
    {
        if (verdict is null)
        {
            json.WriteNull("holdfast:last_verdict");
            return;
        }

        json.WriteStartObject("holdfast:last_verdict");
        json.WriteNativeTime("at", verdict.At);
        json.WriteString(
            "by",
            verdict.By switch
            {
                VerdictBy.Backup => "backup",
                VerdictBy.Restore => "restore",
                _ => "check",
            }
        );
        json.WriteBoolean("ok", verdict.IsOk);
        json.WriteString("reason", verdict.Reason);
        json.WriteEndObject();
    }

    private static void WriteLinks(Utf8JsonWriter json, Backup backup, string address, string version)
    {
        json.WriteStartArray("links");
        json.WriteLink("self", $"{address}/{version}/{backup.Project}/backups/{backup.Id}");
        json.WriteLink("bookmark", $"{address}/{backup.Project}/backups/{backup.Id}");
        json.WriteEndArray();
    }

    /// <summary>A JSON document as a string, as the service that this is compatible with sends it. BackupSize is what the repository grew
    /// by, in MiB.</summary>
    private static string ServiceMetadata(Backup backup)
    {
        var (progress, type) = (backup.AvailableAt is null ? 0 : 100, backup.Parent is null ? 0 : 1);
        var mib = ((backup.BytesStored ?? 0) + (1 << 20) - 1) >> 20;
        return $$"""{"bootable":false,"progress":{{progress}},"Type":{{type}},"ST":0,"BackupSize":{{mib}},"snap_id":""}""";
    }
}
