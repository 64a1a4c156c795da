using System.Text.Json;
using Holdfast.Control.Backups;
using Holdfast.Server.Http;

namespace Holdfast.Server.OpenStack;

/// <summary>A backup as Cinder shows it, with what is ours under a prefix of our own where that is asked for.</summary>
internal static class BackupWire
{
    private const long Gib = 1024L * 1024 * 1024;

    private static readonly Dictionary<string, BackupStatus> Statuses = BackupStatuses.Shown.ToDictionary(
        status => status.WireName(),
        StringComparer.Ordinal
    );

    /// <summary>The states whose name passes: one, or none.</summary>
    public static IReadOnlyList<BackupStatus> StatusesNamed(string name) => Statuses.TryGetValue(name, out var status) ? [status] : [];

    public static IReadOnlyList<BackupStatus> StatusesWith(string part) =>
        [.. Statuses.Where(pair => pair.Key.Contains(part, StringComparison.Ordinal)).Select(pair => pair.Value)];

    public static BackupAnswer Shown(Backup backup, NativeView view)
    {
        var isV2 = view.Version == "v2";
        var answer = new BackupAnswer
        {
            Id = backup.Id.ToString(),
            Status = backup.Status.WireName(),
            Size = SizeGib(backup),
            AvailabilityZone = backup.Zone ?? VolumeWire.Zone,
            Container = backup.Container,
            CreatedAt = backup.CreatedAt,
            UpdatedAt = backup.UpdatedAt,
            Name = backup.Name,
            Description = backup.Description,
            FailReason = backup.FailReason,
            VolumeId = backup.Volume.ToString(),
            Links = LinksOf(backup, view),
            IsIncremental = IsIncremental(backup),
            DataTimestamp = backup.CreatedAt,
            Metadata = view.MicroVersion.HasBackupMetadata ? backup.Metadata : null,
            ServiceMetadata = isV2 ? ServiceMetadata(backup) : null,
            TenantId = isV2 ? backup.Project.Value : null,
            ProjectId = view.IsAdmin && view.MicroVersion.Minor >= 18 ? backup.Project.Value : null,
        };
        return view.HasOwn
            ? answer with
            {
                VolumeBytes = backup.VolumeBytes,
                BytesRead = new(backup.BytesRead),
                BytesNew = new(backup.BytesNew),
                BytesStored = new(backup.BytesStored),
                PolicyId = new(backup.Policy?.ToString()),
                FailCode = new(backup.FailCode),
                Number = backup.Number,
                Consistency = new(backup.Consistency),
                LastVerdict = new(VerdictOf(backup.LastVerdict)),
            }
            : answer;
    }

    public static SummaryAnswer Summary(Backup backup, NativeView view) => new(backup.Id.ToString(), backup.Name, LinksOf(backup, view));

    /// <summary>As it was ordered, where the order said: whoever asked for a whole backup has one that needs no other, as every backup
    /// here is. Else as it was made. See docs/decisions/0015-what-native-requests-ask-for.md.</summary>
    private static bool IsIncremental(Backup backup) => backup.OrderedIncremental ?? backup.Parent is not null;

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
        json.WriteNumber("object_count", 0);
        json.WriteString("container", backup.Container);
        json.WriteString("availability_zone", backup.Zone ?? VolumeWire.Zone);
        json.WriteString("fail_reason", backup.FailReason);
        json.WriteNativeTime("created_at", backup.CreatedAt);
        json.WriteNativeTime("updated_at", backup.UpdatedAt);
        json.WriteNativeTime("data_timestamp", backup.CreatedAt);
        json.WriteBoolean("is_incremental", IsIncremental(backup));
        json.WriteBoolean("has_dependent_backups", false);
        json.WriteString("service_metadata", ServiceMetadata(backup));
    }

    public static long SizeGib(Backup backup) => Math.Max(1, ((backup.VolumeBytes - 1) / Gib) + 1);

    private static VerdictAnswer? VerdictOf(BackupVerdict? verdict) =>
        verdict is null
            ? null
            : new(
                verdict.At,
                verdict.By switch
                {
                    VerdictBy.Backup => "backup",
                    VerdictBy.Restore => "restore",
                    VerdictBy.Drill => "drill",
                    _ => "check",
                },
                verdict.IsOk,
                verdict.Reason
            );

    private static IReadOnlyList<LinkAnswer> LinksOf(Backup backup, NativeView view) =>
        LinkAnswer.Of(view.Address, view.Version, $"/{view.Project}/backups/{backup.Id}");

    /// <summary>A JSON document as a string, as the service that this is compatible with sends it. BackupSize is what the repository grew
    /// by, in MiB.</summary>
    private static string ServiceMetadata(Backup backup)
    {
        var (progress, type) = (backup.AvailableAt is null ? 0 : 100, backup.Parent is null ? 0 : 1);
        var mib = ((backup.BytesStored ?? 0) + (1 << 20) - 1) >> 20;
        return $$"""{"bootable":false,"progress":{{progress}},"Type":{{type}},"ST":0,"BackupSize":{{mib}},"snap_id":""}""";
    }
}
