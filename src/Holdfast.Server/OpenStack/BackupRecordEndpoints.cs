using System.Text.Json;
using Holdfast.Control.Backups;
using Holdfast.Control.Users;
using Holdfast.Engine;
using Holdfast.Engine.Basics;
using Holdfast.Server.Http;
using Holdfast.Server.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Holdfast.Server.OpenStack;

/// <summary>Records of backups: what another service needs to know of a backup to have it, too. See docs/decisions/0017.</summary>
internal sealed class BackupRecordEndpoints(BackupStore backups, BackupImport import, Repository repository, PublicAddress address)
    : IEndpoints
{
    /// <summary>Named as Cinder names its drivers: clients hold it against that.</summary>
    public const string Service = "cinder.backup.drivers.holdfast.HoldfastBackupDriver";

    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (var version in (string[])["v2", "v3"])
        {
            routes.MapGet($"/{version}/{{project}}/backups/{{backup}}/export_record", ExportAsync).Needs(Role.Admin);
            routes.MapPost($"/{version}/{{project}}/backups/import_record", context => ImportAsync(context, version)).Needs(Role.Admin);
        }
    }

    private async Task ExportAsync(HttpContext context)
    {
        var id = BackupEndpoints.BackupOf(context);
        var backup =
            await backups.FindAsync(context.Caller().Project, id, context.RequestAborted)
            ?? throw BackupEndpoints.NoSuchBackup(id.ToString());
        if (backup.Status != BackupStatus.Available)
        {
            throw RequestMembers.Bad($"backup {id} is {backup.Status.WireName()}; only an available one has a record");
        }

        var record = new BackupRecord
        {
            Version = BackupRecord.Known,
            Id = id.ToString(),
            Manifest = id.ToString(),
            Repository = repository.Id,
            Size = BackupWire.SizeGib(backup),
            VolumeId = backup.Volume.ToString(),
            Name = backup.Name,
            Description = backup.Description,
            Container = backup.Container,
            Metadata = backup.Metadata,
            VolumeType = backup.VolumeType,
            AvailabilityZone = backup.Zone,
            VolumeMetadata = backup.VolumeMetadata,
        };
        var url = Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(record, OpenStackListsJson.Default.BackupRecord));
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status200OK,
            new BackupRecordEnvelope(new BackupRecordAnswer(Service, url)),
            OpenStackListsJson.Default.BackupRecordEnvelope
        );
    }

    private async Task ImportAsync(HttpContext context, string version)
    {
        using var body = await RequestBody.ReadObjectAsync(context, () => RequestMembers.Bad("the request has no body"));
        var given = body.RootElement.ReadHolder("backup-record");
        given.RefuseOthers("backup-record", "backup_service", "backup_url");
        var (service, url) = (Required(given, "backup_service"), Required(given, "backup_url"));
        if (service != Service)
        {
            throw RequestMembers.Bad(
                $"'backup_service' is '{RequestMembers.Shortened(service)}'; this service imports what '{Service}' exported"
            );
        }

        var order = ReadOrder(url);
        var backup = await import.ImportAsync(context.Caller().Project, order, context.RequestAborted) switch
        {
            ImportBackupOutcome.Imported imported => imported.Backup,
            ImportBackupOutcome.AlreadyExists => throw RequestMembers.Bad(
                $"backup {order.Id} already exists; delete it first, or give the record another 'id'"
            ),
            ImportBackupOutcome.Deleted => throw RequestMembers.Bad(
                $"backup {order.Id} was deleted and is still kept; bring it back with 'holdfast backup undelete {order.Id}'"
            ),
            ImportBackupOutcome.NoSuchManifest => throw RequestMembers.Bad(
                $"the repository does not hold backup {order.Manifest}; it was deleted since the record was exported"
            ),
            ImportBackupOutcome.NoVolumeId other => throw RequestMembers.Bad(
                $"backup {order.Manifest} is of '{RequestMembers.Shortened(other.Volume)}', which is no volume's id: it was made without a "
                    + "service; restore it with `holdfast restore`"
            ),
            ImportBackupOutcome.QuotaExceeded full => throw VbsErrors.QuotaExceededNative(full.Breach),
            var other => throw new InvalidOperationException($"Unknown outcome {other}."),
        };
        await JsonAnswer.WriteAsync(
            context,
            StatusCodes.Status201Created,
            new BackupSummaryEnvelope(BackupWire.Summary(backup, NativeView.Of(context, address, version))),
            OpenStackJson.Default.BackupSummaryEnvelope
        );
    }

    private static string Required(JsonElement given, string name) =>
        given.TextMember(name) is { Length: > 0 } text ? text : throw RequestMembers.Bad($"'{name}' is missing");

    /// <summary>A record may have been changed by hand on its way; what it says is held against the same rules as other requests.</summary>
    private ImportOrder ReadOrder(string url)
    {
        using var document = Decode(url);
        var record = document.RootElement;
        record.RefuseOthers("backup_url", BackupRecord.Members);
        if (!record.TryGetProperty("version", out var version) || version.GetRawText() != $"{BackupRecord.Known}")
        {
            throw RequestMembers.Bad($"'backup_url' is not a record of version {BackupRecord.Known}, which this service reads");
        }

        if (Required(record, "repository") != repository.Id)
        {
            throw RequestMembers.Bad(
                $"'backup_url' is of repository '{RequestMembers.Shortened(Required(record, "repository"))}'; this service has "
                    + $"'{repository.Id}', and imports only what that holds"
            );
        }

        var (name, description) = BackupEndpoints.ReadTexts(record);
        return new ImportOrder
        {
            Id = IdOf(record, "id"),
            Manifest = IdOf(record, "manifest"),
            Name = string.IsNullOrEmpty(name) ? null : name,
            Description = description,
            Container = record.ShortText("container"),
            Metadata = record.ReadTexts("metadata") ?? [],
            VolumeType = record.PrintableText("volume_type"),
            Zone = record.PrintableText("availability_zone"),
            VolumeMetadata = record.ReadTexts("volume_metadata") ?? [],
        };
    }

    private static BackupId IdOf(JsonElement record, string name) =>
        BackupId.TryParse(Required(record, name), null, out var id)
            ? id
            : throw RequestMembers.Bad($"'{name}' in 'backup_url' is no id of a backup");

    private static JsonDocument Decode(string url)
    {
        try
        {
            var document = JsonDocument.Parse(Convert.FromBase64String(url));
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document;
            }

            document.Dispose();
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            // Told below.
        }

        throw RequestMembers.Bad("'backup_url' is not the base64 of a JSON object, as an export of a record answers it");
    }
}
